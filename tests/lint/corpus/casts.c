/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The context as the kernel has it, and what is at any address: both by functions that give what they are
 * given, as another type. */
#include "corpus.h"
#include <bpf/bpf_core_read.h>

struct net_device {
	int ifindex;
} KERNELS;
struct sk_buff {
	unsigned int len;
	struct net_device *dev;
	unsigned char *data;
} KERNELS;
struct xdp_rxq_info {
	struct net_device *dev;
	unsigned int queue_index;
} KERNELS;
struct xdp_buff {
	struct xdp_rxq_info *rxq;
} KERNELS;
struct pt_regs {
	unsigned long ip;
} KERNELS;
struct task_struct {
	int pid;
	struct task_struct *real_parent;
} KERNELS;
typedef unsigned int gfp_t;

KFUNC void *bpf_cast_to_kern_ctx(void *context);
KFUNC void *bpf_rdonly_cast(const void *p, __u32 type);
KFUNC struct task_struct *bpf_task_acquire(struct task_struct *task);
KFUNC void bpf_task_release(struct task_struct *task);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

#define IN(section, name) SEC(section) int name(void *ctx)
#define AS(p, type) ((type *)bpf_rdonly_cast(p, bpf_core_type_id_kernel(type)))

/* ---- the context ---- */

IN("tc", packet_of_the_kernel)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	return (int)READ(skb->len);
}
IN("xdp", queue_of_the_kernel)
{
	struct xdp_buff *xdp = bpf_cast_to_kern_ctx(ctx);
	return READ(xdp->rxq->dev->ifindex) > 1 ? 2 : 1;
}
IN("kprobe/do_nanosleep", registers_of_the_kernel)
{
	struct pt_regs *regs = bpf_cast_to_kern_ctx(ctx);
	return READ(regs->ip) & 1;
}
IN("tc", packet_is_written)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	WRITE(skb->len, 7);
	return 0;
}
IN("tc", packet_beyond_its_end)
{
	char *skb = bpf_cast_to_kern_ctx(ctx);
	return READ(skb[4000]);
}
IN("tc", packet_by_what_is_not_the_context)
{
	__u32 key = 0;
	void *v = bpf_map_lookup_elem(&numbers, &key);
	struct sk_buff *skb = v ? bpf_cast_to_kern_ctx(v) : 0;
	return skb ? 1 : 0;
}
IN("tc", packet_by_a_moved_context)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx + 8);
	return (int)READ(skb->len);
}
IN("tc", packet_as_the_context)
{
	void *skb = bpf_cast_to_kern_ctx(ctx);
	return (int)READ(((struct __sk_buff *)skb)->len) + (bpf_skb_pull_data(skb, 20) ? 1 : 0);
}
IN("tracepoint/sched/sched_switch", event_has_no_struct)
{
	return bpf_cast_to_kern_ctx(ctx) ? 1 : 0;
}
IN("syscall", arguments_have_no_struct)
{
	return bpf_cast_to_kern_ctx(ctx) ? 1 : 0;
}

/* ---- what is anywhere ---- */

IN("tc", task_by_a_number)
{
	struct task_struct *task = AS((void *)bpf_get_current_task(), struct task_struct);
	return READ(task->real_parent->real_parent->pid) & 1;
}
IN("tc", device_by_a_field)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	struct net_device *dev = AS(skb->data, struct net_device);
	return READ(dev->ifindex) & 1;
}
IN("tc", written)
{
	struct task_struct *task = AS((void *)bpf_get_current_task(), struct task_struct);
	WRITE(task->pid, 7);
	return 0;
}
IN("tc", beyond_its_end)
{
	struct xdp_buff *xdp = AS((void *)bpf_get_current_task(), struct xdp_buff);
	return READ(((char *)xdp)[1000]);
}
IN("tc", at_an_index)
{
	char *task = (char *)AS((void *)bpf_get_current_task(), struct task_struct);
	return READ(task[bpf_get_prandom_u32() & 7]);
}
IN("tc", acquired)
{
	struct task_struct *task = AS((void *)bpf_get_current_task(), struct task_struct);
	task = bpf_task_acquire(task);
	if (task)
		bpf_task_release(task);
	return 0;
}
IN("tc", as_memory_of_a_helper)
{
	struct task_struct *task = AS((void *)bpf_get_current_task(), struct task_struct);
	bpf_map_update_elem(&numbers, &task->pid, &task->pid, 0);
	return 0;
}
IN("tc", as_no_struct)
{
	void *p = bpf_rdonly_cast((void *)bpf_get_current_task(), bpf_core_type_id_kernel(gfp_t));
	return READ(*(char *)p);
}
IN("tc", as_what_is_not_known)
{
	void *p = bpf_rdonly_cast((void *)bpf_get_current_task(), bpf_get_prandom_u32());
	return p ? 1 : 0;
}
IN("tc", as_a_type_that_is_not_there)
{
	void *p = bpf_rdonly_cast((void *)bpf_get_current_task(), 0x7fffffff);
	return p ? 1 : 0;
}
/* Since Linux 6.17. */
IN("tc", as_bytes)
{
	char *p = bpf_rdonly_cast((void *)bpf_get_current_task(), 0);
	return READ(p[bpf_get_prandom_u32()]) & 1;
}
IN("tc", as_bytes_and_written)
{
	char *p = bpf_rdonly_cast((void *)bpf_get_current_task(), 0);
	WRITE(*p, 1);
	return 0;
}
IN("tc", as_bytes_of_a_helper)
{
	__u64 *p = bpf_rdonly_cast((void *)bpf_get_current_task(), 0);
	__u32 key = 0;
	return bpf_map_update_elem(&numbers, &key, p, 0) ? 1 : 0;
}
IN("tc", as_bytes_atomically)
{
	__u64 *p = bpf_rdonly_cast((void *)bpf_get_current_task(), 0);
	__sync_fetch_and_add(p, 1);
	return 0;
}
IN("tc", of_a_value)
{
	__u32 key = 0;
	void *v = bpf_map_lookup_elem(&numbers, &key);
	struct net_device *dev = AS(v, struct net_device); /* NULL or not */
	return READ(dev->ifindex) & 1;
}

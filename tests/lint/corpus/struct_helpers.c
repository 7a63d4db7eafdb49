/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Helpers that take the kernel's own structs, or give them; and those that depend on where a program is. */
#include "corpus.h"
#include <bpf/bpf_core_read.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

struct task_struct {
	int pid;
	struct task_struct *real_parent, *last_wakee;
} KERNELS;
struct pt_regs {
	unsigned long ip;
} KERNELS;
struct vm_area_struct {
	unsigned long vm_start;
} KERNELS;
struct path {
	void *mnt;
} KERNELS;
struct inode {
	unsigned long i_ino;
} KERNELS;
struct file {
	struct path f_path;
	struct inode *f_inode;
} KERNELS;
struct linux_binprm {
	struct file *file;
} KERNELS;
struct socket {
	int state;
} KERNELS;
struct sk_buff {
	unsigned int len;
} KERNELS;
struct tcp_sock {
	__u32 snd_cwnd;
} KERNELS;
struct bpf_iter_meta {
	void *seq;
} KERNELS;
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} KERNELS;

#define MAP(name, kind, flags, k, v)                                                                         \
	struct {                                                                                             \
		__uint(type, BPF_MAP_TYPE_##kind);                                                           \
		__uint(map_flags, flags);                                                                    \
		__type(key, k);                                                                              \
		__type(value, v);                                                                            \
	} name SEC(".maps")
MAP(of_inodes, INODE_STORAGE, BPF_F_NO_PREALLOC, int, __u64);
MAP(of_tasks, TASK_STORAGE, BPF_F_NO_PREALLOC, int, __u64);
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} from_user SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} to_user SEC(".maps");

#define IN(section, name) SEC(section) int name(__u64 *ctx)
#define CURRENT ((struct task_struct *)bpf_get_current_task_btf())

/* ---- tasks ---- */

IN("tp_btf/sched_process_exit", stack_of_a_task)
{
	__u64 stack[8];
	long n = bpf_get_task_stack((void *)ctx[0], stack, sizeof stack, 0);
	return n > 0 && n <= 64 ? (int)n & 1 : 0;
}
IN("tp_btf/sched_process_exit", stack_of_no_task)
{
	__u64 stack[8];
	return bpf_get_task_stack(0, stack, sizeof stack, 0) > 0;
}
IN("tp_btf/sched_process_exit", stack_by_its_length)
{
	static char stack[64];
	long n = bpf_get_task_stack((void *)ctx[0], stack, sizeof stack - 1, 0);
	return n >= 0 ? READ(stack[n]) & 1 : 0;
}
IN("kprobe/do_nanosleep", registers_of_a_task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(CURRENT);
	return READ(regs->ip) & 1;
}
IN("kprobe/do_nanosleep", registers_of_what_is_no_task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs((void *)bpf_get_current_task());
	return READ(regs->ip) & 1;
}
IN("syscall", memory_of_a_task)
{
	char text[8];
	return bpf_copy_from_user_task(text, sizeof text, (void *)8, CURRENT, 0) ? 0 : text[0] & 1;
}
IN("kprobe/do_nanosleep", memory_of_a_task_asleep)
{
	char text[8];
	return bpf_copy_from_user_task(text, sizeof text, (void *)8, CURRENT, 0) ? 0 : text[0] & 1;
}
IN("kprobe/do_nanosleep", task_in_words)
{
	struct btf_ptr p = {.ptr = CURRENT, .type_id = bpf_core_type_id_kernel(struct task_struct)};
	static char text[256];
	return bpf_snprintf_btf(text, sizeof text, &p, sizeof p, 0) > 0;
}
IN("kprobe/do_nanosleep", task_in_no_room)
{
	struct btf_ptr p = {.ptr = CURRENT};
	static char text[256];
	return bpf_snprintf_btf(text, 257, &p, sizeof p, 0) > 0;
}
IN("iter/task", task_in_words_of_an_iterator)
{
	struct bpf_iter__task *it = (void *)ctx;
	struct btf_ptr p = {.ptr = it->task, .type_id = bpf_core_type_id_kernel(struct task_struct)};
	bpf_seq_printf_btf(it->meta->seq, &p, sizeof p, 0);
	return 0;
}

/* ---- memory of a task, by a callback ---- */

struct found {
	__u64 start;
};
static long area(struct task_struct *task, struct vm_area_struct *vma, struct found *f)
{
	f->start = vma->vm_start + (__u64)task->pid;
	return 0;
}
static long area_and_more(struct task_struct *task, struct vm_area_struct *vma, struct found *f)
{
	f->start = vma->vm_start;
	return 2;
}
static long area_is_written(struct task_struct *task, struct vm_area_struct *vma, struct found *f)
{
	vma->vm_start = 0;
	return 0;
}
#define FINDS(name, task, callback)                                                                          \
	IN("kprobe/do_nanosleep", name)                                                                      \
	{                                                                                                    \
		struct found f = {0};                                                                        \
		bpf_find_vma(task, 4096, callback, &f, 0);                                                   \
		return f.start & 1;                                                                          \
	}
FINDS(area_is_found, CURRENT, area)
FINDS(area_with_a_wrong_result, CURRENT, area_and_more)
FINDS(area_is_found_and_written, CURRENT, area_is_written)
FINDS(area_of_no_task, 0, area)

/* ---- what came from a user ---- */

static long record(struct bpf_dynptr *p, void *context)
{
	__u64 n = 0;
	bpf_dynptr_read(&n, sizeof n, p, 0, 0);
	*(__u64 *)context += n;
	return 0;
}
static long record_and_more(struct bpf_dynptr *p, void *context)
{
	return 2;
}
static long record_is_submitted(struct bpf_dynptr *p, void *context)
{
	bpf_ringbuf_submit_dynptr(p, 0);
	return 0;
}
#define DRAINS(name, map, callback)                                                                          \
	IN("tc", name)                                                                                       \
	{                                                                                                    \
		__u64 sum = 0;                                                                               \
		bpf_user_ringbuf_drain(&map, callback, &sum, 0);                                             \
		return sum & 1;                                                                              \
	}
DRAINS(records_are_read, from_user, record)
DRAINS(records_of_the_wrong_map, to_user, record)
DRAINS(records_with_a_wrong_result, from_user, record_and_more)
DRAINS(records_are_submitted, from_user, record_is_submitted)

/* ---- by hooks and functions ---- */

IN("fentry/filp_close", path_where_it_may_be)
{
	struct file *file = (void *)ctx[0];
	static char text[64];
	bpf_d_path((void *)&file->f_path, text, sizeof text);
	return 0;
}
IN("fentry/wake_up_new_task", path_where_it_may_not_be)
{
	struct file *file = (void *)ctx[0];
	static char text[64];
	bpf_d_path((void *)&file->f_path, text, sizeof text);
	return 0;
}
IN("fentry/filp_close", path_of_what_is_none)
{
	struct file *file = (void *)ctx[0];
	static char text[64];
	bpf_d_path((void *)file->f_inode, text, sizeof text);
	return 0;
}
IN("fentry/filp_close", argument)
{
	__u64 n;
	return bpf_get_func_arg(ctx, 0, &n) ? 0 : (int)n & 0;
}
IN("fentry/filp_close", argument_into_half)
{
	__u32 n;
	bpf_get_func_arg(ctx, 0, (void *)&n);
	return 0;
}
IN("fexit/filp_close", result)
{
	__u64 n;
	return bpf_get_func_ret(ctx, &n) ? 0 : (int)n & 0;
}
IN("fentry/filp_close", number_of_arguments)
{
	return bpf_get_func_arg_cnt(ctx) > 9 ? 0 : 0;
}
/* Since Linux 7.0. */
IN("tp_btf/sched_process_exit", number_of_a_tracepoints_arguments)
{
	return bpf_get_func_arg_cnt(ctx) > 9;
}
IN("tp_btf/sched_process_exit", result_of_a_tracepoint)
{
	__u64 n;
	return bpf_get_func_ret(ctx, &n) ? 1 : 0;
}
IN("fentry/filp_close", socket_of_a_file)
{
	struct socket *socket = (void *)bpf_sock_from_file((void *)ctx[0]);
	return socket ? READ(socket->state) & 0 : 0;
}
IN("fentry/filp_close", socket_of_a_file_unchecked)
{
	struct socket *socket = (void *)bpf_sock_from_file((void *)ctx[0]);
	return READ(socket->state) & 0;
}
IN("lsm/file_open", of_an_inode)
{
	struct file *file = (void *)ctx[0];
	__u64 *n = bpf_inode_storage_get(&of_inodes, file->f_inode, 0, 1);
	if (n)
		++*n;
	return 0;
}
IN("lsm/file_open", of_an_inode_unchecked)
{
	struct file *file = (void *)ctx[0];
	__u64 *n = bpf_inode_storage_get(&of_inodes, file->f_inode, 0, 1);
	++*n;
	return 0;
}
IN("lsm/file_open", of_a_file_as_an_inode)
{
	__u64 *n = bpf_inode_storage_get(&of_inodes, (void *)ctx[0], 0, 1);
	if (n)
		++*n;
	return 0;
}
IN("lsm/file_open", of_an_inode_in_a_map_of_tasks)
{
	struct file *file = (void *)ctx[0];
	return bpf_inode_storage_delete(&of_tasks, file->f_inode) ? 0 : 0;
}
IN("fentry/filp_close", of_an_inode_elsewhere)
{
	struct file *file = (void *)ctx[0];
	return bpf_inode_storage_delete(&of_inodes, file->f_inode) ? 0 : 0;
}
IN("lsm.s/bprm_committed_creds", options_of_what_is_executed)
{
	bpf_bprm_opts_set((void *)ctx[0], 1);
	return 0;
}
IN("lsm.s/bprm_committed_creds", hash_of_what_is_executed)
{
	char hash[32];
	struct linux_binprm *what = (void *)ctx[0];
	bpf_ima_file_hash(what->file, hash, sizeof hash);
	return 0;
}
IN("lsm/bprm_committed_creds", hash_asleep)
{
	char hash[32];
	struct linux_binprm *what = (void *)ctx[0];
	bpf_ima_file_hash(what->file, hash, sizeof hash);
	return 0;
}
IN("tp_btf/kfree_skb", packet_to_a_user)
{
	__u64 n = 7;
	bpf_skb_output((void *)ctx[0], &events, 0, &n, sizeof n);
	return 0;
}
IN("tp_btf/kfree_skb", packet_to_the_wrong_map)
{
	__u64 n = 7;
	bpf_skb_output((void *)ctx[0], &to_user, 0, &n, sizeof n);
	return 0;
}

/* ---- packets and sockets ---- */

PROGRAM("xdp", cookie, struct xdp_md)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	struct tcphdr *tcp = (void *)(ip + 1);
	if ((void *)(tcp + 1) > end)
		return 1;
	return bpf_tcp_raw_check_syncookie_ipv4(ip, tcp) ? 1 : 2;
}
PROGRAM("xdp", cookie_of_a_header_that_is_not_there, struct xdp_md)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	struct tcphdr *tcp = (void *)(ip + 1);
	if ((void *)(ip + 1) > end)
		return 1;
	return bpf_tcp_raw_check_syncookie_ipv4(ip, tcp) ? 1 : 2;
}
PROGRAM("xdp", cookie_of_a_longer_header, struct xdp_md)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ipv6hdr *ip = data + sizeof(struct ethhdr);
	struct tcphdr *tcp = (void *)(ip + 1);
	if ((void *)(tcp + 1) > end)
		return 1;
	return bpf_tcp_raw_gen_syncookie_ipv6(ip, tcp, 20) > 0 ? 1 : 2;
}
PROGRAM("sockops", option_of_a_header, struct bpf_sock_ops)
{
	__u8 option[4] = {254, 4};
	bpf_reserve_hdr_opt(ctx, 4, 0);
	return bpf_load_hdr_opt(ctx, option, sizeof option, 0) > 0;
}
PROGRAM("sockops", option_unwritten, struct bpf_sock_ops)
{
	__u8 *data = (void *)(long)ctx->skb_data, *end = (void *)(long)ctx->skb_data_end;
	if (data + 1 > end)
		return 0;
	__u8 option[4] = {254, 4, READ(*data)};
	bpf_store_hdr_opt(ctx, option, sizeof option, 0);
	return READ(*data) & 1;
}
PROGRAM("sockops", socket_as_the_kernel_has_it, struct bpf_sock_ops)
{
	struct bpf_sock *sk = ctx->sk;
	struct tcp_sock *tp = sk ? (void *)bpf_skc_to_tcp_sock(sk) : 0;
	return tp ? READ(tp->snd_cwnd) & 1 : 0;
}
PROGRAM("tc", socket_as_the_kernel_has_it_unchecked, struct __sk_buff)
{
	struct bpf_sock *sk = ctx->sk;
	struct tcp_sock *tp = sk ? (void *)bpf_skc_to_tcp_sock(sk) : 0;
	return sk ? READ(tp->snd_cwnd) & 1 : 0;
}
PROGRAM("cgroup_skb/egress", group_of_a_socket, struct __sk_buff)
{
	struct bpf_sock *sk = ctx->sk;
	return sk ? bpf_sk_cgroup_id(sk) & 1 : 0;
}
PROGRAM("cgroup_skb/egress", group_of_no_socket, struct __sk_buff)
{
	return bpf_sk_cgroup_id(ctx->sk) & 1;
}
PROGRAM("tc", group_of_a_socket_elsewhere, struct __sk_buff)
{
	struct bpf_sock *sk = ctx->sk;
	return sk ? bpf_sk_cgroup_id(sk) & 1 : 0;
}
PROGRAM("perf_event", branches, void)
{
	__u64 entries[9];
	return bpf_read_branch_records(ctx, entries, sizeof entries, 0) > 0;
}
PROGRAM("perf_event", branches_counted, void)
{
	return bpf_read_branch_records(ctx, 0, 0, 1) > 0;
}

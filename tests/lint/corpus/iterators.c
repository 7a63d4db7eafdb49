/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Iterators: those that a program goes through by itself, and those that call it for each of something. */
#include "corpus.h"

struct task_struct {
	int pid;
	struct task_struct *group_leader;
} KERNELS;
struct cgroup_subsys_state {
	int id;
} KERNELS;
struct kernfs_node {
	__u64 id;
} KERNELS;
struct cgroup {
	struct cgroup_subsys_state self;
	int level;
	struct kernfs_node *kn;
} KERNELS;
struct vm_area_struct {
	unsigned long vm_start, vm_end;
} KERNELS;
struct sock_common {
	unsigned short skc_family;
	int skc_bound_dev_if;
} KERNELS;
struct sock {
	struct sock_common __sk_common;
	int sk_sndbuf;
} KERNELS;
struct inet_sock {
	struct sock sk;
	__u16 inet_sport;
} KERNELS;
struct udp_sock {
	struct inet_sock inet;
	__u16 len;
} KERNELS;
struct tcp_sock {
	__u32 snd_cwnd;
} KERNELS;
struct unix_sock {
	struct sock sk;
	struct sock *peer;
} KERNELS;
struct netlink_sock {
	struct sock sk;
	__u32 portid;
} KERNELS;
struct kallsym_iter {
	unsigned long value;
	char type;
	char name[512];
} KERNELS;
struct bpf_map {
	__u32 id;
} KERNELS;
struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id, seq_num;
} KERNELS;
#define ITER(name, members)                                                                                  \
	struct bpf_iter__##name {                                                                            \
		struct bpf_iter_meta *meta;                                                                  \
		members                                                                                      \
	} __attribute__((aligned(8)))
ITER(tcp, struct sock_common *sk_common; __u32 uid __attribute__((aligned(8))););
ITER(udp, struct udp_sock *udp_sk; __u32 uid __attribute__((aligned(8)));
	int bucket __attribute__((aligned(8))););
ITER(unix, struct unix_sock *unix_sk; __u32 uid __attribute__((aligned(8))););
ITER(netlink, struct netlink_sock *sk;);
ITER(ksym, struct kallsym_iter *ksym;);
ITER(bpf_map_elem, struct bpf_map *map; void *key; void *value;);
ITER(cgroup, struct cgroup *cgroup;);

struct bpf_iter_task {
	__u64 opaque[3];
};
struct bpf_iter_css {
	__u64 opaque[3];
};
struct bpf_iter_css_task {
	__u64 opaque[1];
};
struct bpf_iter_task_vma {
	__u64 opaque[1];
};
struct bpf_iter_bits {
	__u64 opaque[2];
};
KFUNC int bpf_iter_task_new(struct bpf_iter_task *, struct task_struct *, unsigned int);
KFUNC struct task_struct *bpf_iter_task_next(struct bpf_iter_task *);
KFUNC void bpf_iter_task_destroy(struct bpf_iter_task *);
KFUNC int bpf_iter_css_new(struct bpf_iter_css *, struct cgroup_subsys_state *, unsigned int);
KFUNC struct cgroup_subsys_state *bpf_iter_css_next(struct bpf_iter_css *);
KFUNC void bpf_iter_css_destroy(struct bpf_iter_css *);
KFUNC int bpf_iter_css_task_new(struct bpf_iter_css_task *, struct cgroup_subsys_state *, unsigned int);
KFUNC struct task_struct *bpf_iter_css_task_next(struct bpf_iter_css_task *);
KFUNC void bpf_iter_css_task_destroy(struct bpf_iter_css_task *);
KFUNC int bpf_iter_task_vma_new(struct bpf_iter_task_vma *, struct task_struct *, __u64);
KFUNC struct vm_area_struct *bpf_iter_task_vma_next(struct bpf_iter_task_vma *);
KFUNC void bpf_iter_task_vma_destroy(struct bpf_iter_task_vma *);
KFUNC int bpf_iter_bits_new(struct bpf_iter_bits *, const __u64 *, __u32);
KFUNC int *bpf_iter_bits_next(struct bpf_iter_bits *);
KFUNC void bpf_iter_bits_destroy(struct bpf_iter_bits *);
KFUNC void bpf_rcu_read_lock(void);
KFUNC void bpf_rcu_read_unlock(void);
KFUNC struct task_struct *bpf_task_from_pid(int);
KFUNC struct task_struct *bpf_task_acquire(struct task_struct *);
KFUNC void bpf_task_release(struct task_struct *);
KFUNC struct cgroup *bpf_cgroup_from_id(__u64);
KFUNC void bpf_cgroup_release(struct cgroup *);
KFUNC int bpf_sock_destroy(struct sock_common *);

struct tcp_congestion_ops {
	void (*init)(struct sock *);
	char name[16];
};
#define IN_OPS(section, fn)                                                                                  \
	SEC(section) __u64 fn(__u64 *ctx);                                                                   \
	SEC(".struct_ops.link") struct tcp_congestion_ops ops_##fn = {.init = (void *)fn};                   \
	__u64 fn(__u64 *ctx)
/* In a program that does not sleep RCU is locked; in one that does it has to be. */
#define HERE(fn) IN_OPS("struct_ops/init", fn)
#define SLEEPS(fn) IN_OPS("struct_ops.s/init", fn)

HERE(tasks)
{
	struct bpf_iter_task it;
	struct task_struct *task;
	__u64 sum = 0;
	bpf_iter_task_new(&it, 0, 0);
	while ((task = bpf_iter_task_next(&it)))
		sum += READ(task->pid);
	bpf_iter_task_destroy(&it);
	return sum;
}
SLEEPS(tasks_with_rcu_locked)
{
	struct bpf_iter_task it;
	struct task_struct *task;
	__u64 sum = 0;
	bpf_rcu_read_lock();
	bpf_iter_task_new(&it, 0, 0);
	while ((task = bpf_iter_task_next(&it)))
		sum += READ(task->pid);
	bpf_iter_task_destroy(&it);
	bpf_rcu_read_unlock();
	return sum;
}
SLEEPS(tasks_with_rcu_not_locked)
{
	struct bpf_iter_task it;
	bpf_iter_task_new(&it, 0, 0);
	__u64 found = !!bpf_iter_task_next(&it);
	bpf_iter_task_destroy(&it);
	return found;
}
SLEEPS(tasks_with_rcu_unlocked_within)
{
	struct bpf_iter_task it;
	bpf_rcu_read_lock();
	bpf_iter_task_new(&it, 0, 0);
	bpf_rcu_read_unlock();
	__u64 found = !!bpf_iter_task_next(&it);
	bpf_iter_task_destroy(&it);
	return found;
}
HERE(task_not_compared)
{
	struct bpf_iter_task it;
	bpf_iter_task_new(&it, 0, 0);
	__u64 pid = READ(bpf_iter_task_next(&it)->pid);
	bpf_iter_task_destroy(&it);
	return pid;
}
HERE(task_acquired)
{
	struct bpf_iter_task it;
	struct task_struct *task, *kept = 0;
	bpf_iter_task_new(&it, 0, 0);
	while ((task = bpf_iter_task_next(&it)))
		if ((kept = bpf_task_acquire(task)))
			break;
	bpf_iter_task_destroy(&it);
	if (kept)
		bpf_task_release(kept);
	return 0;
}
HERE(tasks_not_ended)
{
	struct bpf_iter_task it;
	bpf_iter_task_new(&it, 0, 0);
	return 0;
}
HERE(tasks_begun_twice)
{
	struct bpf_iter_task it;
	bpf_iter_task_new(&it, 0, 0);
	bpf_iter_task_new(&it, 0, 0);
	bpf_iter_task_destroy(&it);
	return 0;
}
HERE(tasks_ended_as_bits)
{
	struct bpf_iter_task it;
	bpf_iter_task_new(&it, 0, 0);
	bpf_iter_bits_destroy((void *)&it);
	return 0;
}
HERE(threads_of_a_task)
{
	struct bpf_iter_task it;
	struct task_struct *leader = bpf_task_from_pid(1);
	__u64 n = 0;
	if (!leader)
		return 0;
	bpf_iter_task_new(&it, leader, 1);
	while (bpf_iter_task_next(&it))
		n++;
	bpf_iter_task_destroy(&it);
	bpf_task_release(leader);
	return n;
}
HERE(threads_of_maybe_a_task)
{
	struct bpf_iter_task it;
	struct task_struct *leader = bpf_task_from_pid(1);
	bpf_iter_task_new(&it, leader, 1);
	bpf_iter_task_destroy(&it);
	if (leader)
		bpf_task_release(leader);
	return 0;
}
HERE(groups)
{
	struct bpf_iter_css it;
	struct cgroup_subsys_state *css;
	struct cgroup *root = bpf_cgroup_from_id(1);
	__u64 n = 0;
	if (!root)
		return 0;
	bpf_iter_css_new(&it, &root->self, 1);
	while ((css = bpf_iter_css_next(&it)))
		n += READ(css->id);
	bpf_iter_css_destroy(&it);
	bpf_cgroup_release(root);
	return n;
}
HERE(groups_of_none)
{
	struct bpf_iter_css it;
	bpf_iter_css_new(&it, 0, 1);
	bpf_iter_css_destroy(&it);
	return 0;
}
HERE(groups_of_a_group)
{
	struct bpf_iter_css it;
	struct cgroup *root = bpf_cgroup_from_id(1);
	if (!root)
		return 0;
	bpf_iter_css_new(&it, (void *)((char *)root + 8), 1);
	bpf_iter_css_destroy(&it);
	bpf_cgroup_release(root);
	return 0;
}
HERE(tasks_of_a_group)
{
	struct bpf_iter_css_task it;
	struct cgroup *root = bpf_cgroup_from_id(1);
	if (!root)
		return 0;
	bpf_iter_css_task_new(&it, &root->self, 0);
	bpf_iter_css_task_destroy(&it);
	bpf_cgroup_release(root);
	return 0;
}
SLEEPS(tasks_of_a_group_where_it_may_sleep)
{
	struct bpf_iter_css_task it;
	struct task_struct *task;
	struct cgroup *root = bpf_cgroup_from_id(1);
	__u64 n = 0;
	if (!root)
		return 0;
	bpf_iter_css_task_new(&it, &root->self, 0);
	while ((task = bpf_iter_css_task_next(&it)))
		n += READ(task->pid);
	bpf_iter_css_task_destroy(&it);
	bpf_cgroup_release(root);
	return n;
}
HERE(areas)
{
	struct bpf_iter_task_vma it;
	struct vm_area_struct *vma;
	struct task_struct *task = bpf_task_from_pid(1);
	__u64 n = 0;
	if (!task)
		return 0;
	bpf_iter_task_vma_new(&it, task, 0);
	while ((vma = bpf_iter_task_vma_next(&it)))
		n += READ(vma->vm_end) - READ(vma->vm_start);
	bpf_iter_task_vma_destroy(&it);
	bpf_task_release(task);
	return n;
}
HERE(bits)
{
	struct bpf_iter_bits it;
	__u64 word = 5;
	int *bit, n = 0;
	bpf_iter_bits_new(&it, &word, 1);
	while ((bit = bpf_iter_bits_next(&it)))
		n += *bit;
	bpf_iter_bits_destroy(&it);
	return n;
}
HERE(bit_written)
{
	struct bpf_iter_bits it;
	__u64 word = 5;
	int *bit;
	bpf_iter_bits_new(&it, &word, 1);
	if ((bit = bpf_iter_bits_next(&it)))
		*(volatile int *)bit = 0;
	bpf_iter_bits_destroy(&it);
	return 0;
}
HERE(bit_after_the_end)
{
	struct bpf_iter_bits it;
	__u64 word = 5;
	int *bit;
	bpf_iter_bits_new(&it, &word, 1);
	bit = bpf_iter_bits_next(&it);
	bpf_iter_bits_destroy(&it);
	return bit ? READ(*bit) : 0;
}
HERE(iterator_copied)
{
	struct bpf_iter_bits it, other;
	__u64 word = 5;
	bpf_iter_bits_new(&it, &word, 1);
	__builtin_memcpy(&other, &it, sizeof it);
	bpf_iter_bits_destroy(&other);
	return 0;
}

/* Those that call a program for each of something. */
#define OVER(what, fn) SEC("iter/" #what) int fn(struct bpf_iter__##what *ctx)
OVER(tcp, tcp_sockets)
{
	struct sock_common *sk = ctx->sk_common;
	return sk && READ(sk->skc_family) && ctx->uid ? 0 : 0;
}
OVER(tcp, tcp_socket_not_compared)
{
	return READ(ctx->sk_common->skc_family) ? 0 : 0;
}
OVER(tcp, tcp_window)
{
	struct sock_common *sk = ctx->sk_common;
	struct tcp_sock *tp = sk ? bpf_skc_to_tcp_sock(sk) : 0;
	return tp && READ(tp->snd_cwnd) ? 0 : 0;
}
OVER(tcp, tcp_window_not_compared)
{
	struct sock_common *sk = ctx->sk_common;
	if (!sk)
		return 0;
	return READ(((struct tcp_sock *)bpf_skc_to_tcp_sock(sk))->snd_cwnd) ? 0 : 0;
}
OVER(tcp, tcp_destroyed)
{
	struct sock_common *sk = ctx->sk_common;
	if (sk)
		bpf_sock_destroy(sk);
	return 0;
}
OVER(tcp, tcp_destroyed_not_compared)
{
	bpf_sock_destroy(ctx->sk_common);
	return 0;
}
OVER(udp, udp_sockets)
{
	struct udp_sock *udp = ctx->udp_sk;
	return udp && READ(udp->inet.sk.sk_sndbuf) && ctx->bucket ? 0 : 0;
}
OVER(udp, udp_destroyed)
{
	if (ctx->udp_sk)
		bpf_sock_destroy((struct sock_common *)ctx->udp_sk);
	return 0;
}
OVER(udp, udp_socket_not_compared)
{
	return READ(ctx->udp_sk->inet.sk.sk_sndbuf) ? 0 : 0;
}
OVER(unix, unix_sockets)
{
	struct unix_sock *u = ctx->unix_sk;
	struct sock *peer = u ? u->peer : 0;
	return peer && READ(peer->sk_sndbuf) ? 0 : 0;
}
OVER(unix, unix_destroyed)
{
	if (ctx->unix_sk)
		bpf_sock_destroy((struct sock_common *)ctx->unix_sk);
	return 0;
}
OVER(netlink, netlink_sockets)
{
	struct netlink_sock *n = ctx->sk;
	return n && READ(n->portid) ? 0 : 0;
}
OVER(netlink, netlink_not_compared)
{
	return READ(ctx->sk->portid) ? 0 : 0;
}
OVER(ksym, symbols)
{
	struct kallsym_iter *k = ctx->ksym;
	return k && READ(k->name[3]) && READ(k->value) ? 0 : 0;
}
OVER(ksym, symbol_written)
{
	struct kallsym_iter *k = ctx->ksym;
	if (k)
		*(volatile long *)&k->value = 0;
	return 0;
}
OVER(ksym, two_is_no_result)
{
	return 2;
}
OVER(bpf_map_elem, map_of_elements)
{
	struct bpf_map *map = ctx->map;
	return READ(map->id) ? 0 : 0;
}
OVER(cgroup, tasks_of_each_group)
{
	struct cgroup *group = ctx->cgroup;
	struct bpf_iter_css_task it;
	if (!group)
		return 0;
	bpf_iter_css_task_new(&it, &group->self, 0);
	bpf_iter_css_task_destroy(&it);
	return 0;
}
SEC("tp_btf/task_newtask") int tasks_of_a_tracepoint(__u64 *ctx)
{
	struct bpf_iter_task it;
	struct task_struct *task;
	bpf_iter_task_new(&it, (void *)ctx[0], 1);
	while ((task = bpf_iter_task_next(&it)))
		if (READ(task->group_leader->pid) == 1)
			break;
	bpf_iter_task_destroy(&it);
	return 0;
}
SEC("tp_btf/task_newtask") int destroyed_by_a_tracepoint(__u64 *ctx)
{
	bpf_sock_destroy((void *)ctx[0]);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Mistakes for which some kernels refuse a program by a check that the verifier makes of itself, with a
 * warning in the kernel's log. That warning fails a test in a virtual machine, so only `make lint-agreement`
 * has these.
 */
#include "local.h"

struct counter {
	__u64 n;
};
struct pair {
	__u64 a;
	struct pair *raw;
};
struct counted {
	struct bpf_refcount refs;
	__u64 key;
	struct bpf_rb_node node;
};
struct value {
	struct counted KPTR *kept;
	struct pair KPTR *pair;
	struct pair KPTR_UNTRUSTED *seen;
	struct counter PERCPU_KPTR *counter;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

OF_MAP(A) struct bpf_spin_lock lock;
OF_MAP(A) struct bpf_rb_root root CONTAINS(counted, node);

/* As arguments they are whole in the debug information. */
static __attribute__((noinline)) __u64 sum(struct pair *p, struct counter *c, struct counted *d)
{
	return p->a + (c ? c->n : 0) + (d ? d->key : 0);
}
#define VALUE                                                                                                \
	__u32 key = bpf_get_prandom_u32();                                                                   \
	struct value *v = bpf_map_lookup_elem(&values, &key);                                                \
	if (!v)                                                                                              \
	return 0

SEC("tc") int types(struct __sk_buff *ctx)
{
	struct pair p = {ctx->len, 0};
	return (int)sum(&p, 0, 0);
}
TC(exchanged_unchecked)
{
	VALUE;
	struct pair *p = bpf_kptr_xchg(&v->pair, NEW(struct pair));
	if (p)
		DROP(p);
	return 0;
}
TC(loaded_unowned_and_written)
{
	VALUE;
	struct pair *p = v->seen;
	if (p)
		WRITE(p->a, 1);
	return 0;
}
SEC("syscall") int after_section_read(void *ctx)
{
	VALUE;
	bpf_rcu_read_lock();
	struct pair *p = v->pair;
	bpf_rcu_read_unlock();
	return p ? (int)READ(p->a) : 0;
}
SEC("syscall") int after_section_written(void *ctx)
{
	VALUE;
	bpf_rcu_read_lock();
	struct pair *p = v->pair;
	bpf_rcu_read_unlock();
	if (p)
		WRITE(p->a, 1);
	return 0;
}
SEC("syscall") int after_section_its_pointer_read(void *ctx)
{
	VALUE;
	bpf_rcu_read_lock();
	struct pair *p = v->pair;
	bpf_rcu_read_unlock();
	struct pair *q = p ? READ(p->raw) : 0;
	return q ? (int)READ(q->a) : 0;
}
SEC("syscall") int asleep_after_section(void *ctx)
{
	VALUE;
	bpf_rcu_read_lock();
	struct counter PERCPU_KPTR *p = v->counter;
	struct counter *c = p ? ((struct counter *)bpf_this_cpu_ptr((const void *)p)) : 0;
	bpf_rcu_read_unlock();
	return c ? (int)READ(c->n) : 0;
}
SEC("syscall") int asleep_what_a_map_keeps_after_unlock(void *ctx)
{
	VALUE;
	bpf_spin_lock(&lock);
	struct counted *p = v->kept;
	bpf_spin_unlock(&lock);
	return p ? (int)READ(p->key) : 0;
}

KFUNC int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *to);
__attribute__((noinline)) int made_again(struct bpf_dynptr *d, struct __sk_buff *skb)
{
	return bpf_dynptr_from_skb(skb, 0, d);
}
TC(dynptr_passed_to_be_made_again)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_skb(ctx, 0, &d);
	return made_again(&d, ctx);
}

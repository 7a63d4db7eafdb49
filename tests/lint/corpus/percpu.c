/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Objects of which each processor has one: made, kept in maps, and asked for. */
#include "local.h"

KFUNC void *bpf_percpu_obj_new_impl(__u64 type, void *meta);
KFUNC void bpf_percpu_obj_drop_impl(void *p, void *meta);
#define NEW_PERCPU(type)                                                                                     \
	((type PERCPU_KPTR *)bpf_percpu_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), 0))
#define DROP_PERCPU(p) bpf_percpu_obj_drop_impl((void *)(p), 0)

struct counter {
	__u64 n;
	__u32 parts[2];
};
struct large {
	__u64 n[65];
};
struct pointing {
	__u64 n;
	void *p;
};
struct value {
	__u64 n;
	struct counter PERCPU_KPTR *counter;
	struct counter KPTR *single;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");
static __attribute__((noinline)) __u64 sum(struct counter *c, struct large *l, struct pointing *p)
{
	return c->n + (l ? l->n[0] : 0) + (p ? p->n : 0);
}
#define VALUE                                                                                                \
	__u32 key = bpf_get_prandom_u32();                                                                   \
	struct value *v = bpf_map_lookup_elem(&values, &key);                                                \
	if (!v)                                                                                              \
	return 0
#define THIS(p) ((struct counter *)bpf_this_cpu_ptr((const void *)(p)))
#define OF(p, cpu) ((struct counter *)bpf_per_cpu_ptr((const void *)(p), cpu))

TC(made_and_dropped)
{
	struct counter PERCPU_KPTR *p = NEW_PERCPU(struct counter);
	if (p)
		DROP_PERCPU(p);
	return 0;
}
TC(made_and_lost)
{
	return NEW_PERCPU(struct counter) ? 1 : 0;
}
TC(dropped_unchecked)
{
	DROP_PERCPU(NEW_PERCPU(struct counter));
	return 0;
}
TC(dropped_as_one)
{
	void *p = (void *)NEW_PERCPU(struct counter);
	if (p)
		DROP(p);
	return 0;
}
TC(one_dropped_as_all)
{
	struct counter *p = NEW(struct counter);
	if (p)
		DROP_PERCPU(p);
	return 0;
}
TC(of_a_large_struct)
{
	void *p = (void *)NEW_PERCPU(struct large);
	if (p)
		DROP_PERCPU(p);
	return 0;
}
TC(of_a_struct_with_a_pointer)
{
	void *p = (void *)NEW_PERCPU(struct pointing);
	if (p)
		DROP_PERCPU(p);
	return 0;
}
TC(read_of_none)
{
	struct counter *p = (struct counter *)NEW_PERCPU(struct counter);
	if (!p)
		return 0;
	int n = (int)READ(p->n);
	DROP_PERCPU(p);
	return n;
}
TC(own_of_this_processor)
{
	struct counter *p = (struct counter *)NEW_PERCPU(struct counter);
	if (!p)
		return 0;
	int n = (int)READ(THIS(p)->n);
	DROP_PERCPU(p);
	return n;
}
TC(exchanged)
{
	VALUE;
	struct counter PERCPU_KPTR *p = NEW_PERCPU(struct counter);
	if (!p)
		return 0;
	p = bpf_kptr_xchg(&v->counter, p);
	if (p)
		DROP_PERCPU(p);
	return 0;
}
TC(exchanged_and_lost)
{
	VALUE;
	struct counter PERCPU_KPTR *p = NEW_PERCPU(struct counter);
	if (!p)
		return 0;
	return bpf_kptr_xchg(&v->counter, p) ? 1 : 0;
}
TC(exchanged_and_asked)
{
	VALUE;
	struct counter PERCPU_KPTR *p = NEW_PERCPU(struct counter), *old;
	if (!p)
		return 0;
	old = bpf_kptr_xchg(&v->counter, p);
	if (old)
		DROP_PERCPU(old);
	WRITE(THIS(p)->n, 1);
	return 0;
}
/* Linux 6.18 and 7.1 take it, which was a bug of theirs. */
TC(one_exchanged_for_all)
{
	VALUE;
	struct counter *p = NEW(struct counter);
	if (!p)
		return 0;
	p = (void *)bpf_kptr_xchg(&v->counter, (void *)p);
	if (p)
		DROP_PERCPU(p);
	return 0;
}
TC(all_exchanged_for_one)
{
	VALUE;
	struct counter *p = (struct counter *)NEW_PERCPU(struct counter);
	if (!p)
		return 0;
	p = bpf_kptr_xchg(&v->single, p);
	if (p)
		DROP(p);
	return 0;
}
TC(this_processors)
{
	VALUE;
	struct counter PERCPU_KPTR *p = v->counter;
	if (!p)
		return 0;
	struct counter *c = THIS(p);
	c->n += 1;
	return (int)sum(c, 0, 0);
}
TC(this_processors_unchecked)
{
	VALUE;
	return (int)READ(THIS(v->counter)->n);
}
TC(of_a_processor)
{
	VALUE;
	struct counter PERCPU_KPTR *p = v->counter;
	if (!p)
		return 0;
	struct counter *c = OF(p, (__u32)v->n);
	return c ? (int)READ(c->parts[1]) : 0;
}
TC(all_read_as_one)
{
	VALUE;
	struct counter *p = (struct counter *)v->counter;
	return p ? (int)READ(p->n) : 0;
}
TC(beyond_its_end)
{
	VALUE;
	struct counter PERCPU_KPTR *p = v->counter;
	return p ? (int)READ(((__u64 *)THIS(p))[2]) : 0;
}
TC(this_processors_of_one)
{
	VALUE;
	struct counter *p = v->single;
	return p ? (int)READ(THIS(p)->n) : 0;
}
TC(this_processors_dropped)
{
	VALUE;
	struct counter PERCPU_KPTR *p = v->counter;
	if (p)
		DROP(THIS(p));
	return 0;
}
TC(stored)
{
	VALUE;
	WRITE(v->counter, NEW_PERCPU(struct counter));
	return 0;
}
SEC("syscall") int asleep(void *ctx)
{
	VALUE;
	struct counter PERCPU_KPTR *p = v->counter;
	return p ? (int)READ(THIS(p)->n) : 0;
}
SEC("syscall") int asleep_in_section(void *ctx)
{
	VALUE;
	int n = 0;
	bpf_rcu_read_lock();
	struct counter PERCPU_KPTR *p = v->counter;
	if (p)
		n = (int)READ(THIS(p)->n);
	bpf_rcu_read_unlock();
	return n;
}
SEC("syscall") int asleep_exchanged_and_asked(void *ctx)
{
	VALUE;
	struct counter PERCPU_KPTR *p = NEW_PERCPU(struct counter), *old;
	if (!p)
		return 0;
	old = bpf_kptr_xchg(&v->counter, p);
	if (old)
		DROP_PERCPU(old);
	return (int)READ(THIS(p)->n);
}

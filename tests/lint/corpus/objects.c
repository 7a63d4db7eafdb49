/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Objects of the program's own types: made, dropped, and kept in maps. */
#include "local.h"

struct pair {
	__u64 a;
	__u32 b[4];
	struct pair *raw;
};
struct other {
	__u64 a;
};
struct locked {
	struct bpf_spin_lock lock;
	__u32 n;
};
struct holder {
	__u64 n;
	struct other KPTR *inner;
};
struct value {
	__u64 n;
	struct pair KPTR *pair;
	struct other KPTR *other;
	struct pair KPTR_UNTRUSTED *seen;
	struct holder KPTR *holder;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");
OF_MAP(P) struct pair KPTR *global;

/* As arguments they are whole in the debug information. */
static __attribute__((noinline)) __u64 sum(struct pair *p, struct other *o, struct holder *h)
{
	return p->a + (o ? o->a : 0) + (h ? h->n : 0);
}
__attribute__((noinline)) int of_memory(struct other *o)
{
	return o ? (int)++o->a : 0;
}

#define VALUE                                                                                                \
	__u32 key = bpf_get_prandom_u32();                                                                   \
	struct value *v = bpf_map_lookup_elem(&values, &key);                                                \
	if (!v)                                                                                              \
	return 0

#define VALUE_OR_DROP(p)                                                                                     \
	__u32 key = bpf_get_prandom_u32();                                                                   \
	struct value *v = bpf_map_lookup_elem(&values, &key);                                                \
	if (!p)                                                                                              \
		return 0;                                                                                    \
	if (!v) {                                                                                            \
		DROP(p);                                                                                     \
		return 0;                                                                                    \
	}

TC(made_and_dropped)
{
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	p->a = ctx->len;
	p->b[3] = 1;
	int n = (int)READ(p->a);
	DROP(p);
	return n;
}
TC(made_and_lost)
{
	struct pair *p = NEW(struct pair);
	return p ? 1 : 0;
}
TC(lost_where_it_fails)
{
	struct pair *p = NEW(struct pair), *q;
	if (!p)
		return 0;
	q = NEW(struct pair);
	if (!q)
		return 0;
	DROP(p);
	DROP(q);
	return 0;
}
TC(written_unchecked)
{
	struct pair *p = NEW(struct pair);
	WRITE(p->a, 1);
	if (p)
		DROP(p);
	return 0;
}
TC(dropped_unchecked)
{
	DROP(NEW(struct pair));
	return 0;
}
TC(dropped_twice)
{
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	DROP(p);
	DROP(p);
	return 0;
}
TC(read_after_drop)
{
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	DROP(p);
	return (int)READ(p->a);
}
TC(dropped_moved)
{
	struct pair *p = NEW(struct pair);
	if (p)
		DROP((void *)p + 8);
	return 0;
}
TC(dropped_is_a_value)
{
	VALUE;
	DROP(v);
	return 0;
}
TC(dropped_null)
{
	DROP((void *)0);
	return 0;
}
TC(beyond_its_end)
{
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	__u64 n = READ(((__u64 *)p)[4]);
	DROP(p);
	return (int)n;
}
TC(across_members)
{
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	__u64 n = *(volatile __u64 *)((char *)p + 4);
	DROP(p);
	return (int)n;
}
TC(by_index)
{
	struct pair *p = NEW(struct pair);
	__u32 i = ctx->len & 3;
	if (!p)
		return 0;
	__u32 n = READ(p->b[i]);
	DROP(p);
	return (int)n;
}
TC(pointer_in_it_is_a_number)
{
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	struct pair *q = READ(p->raw);
	int n = q ? 2 : 1;
	DROP(p);
	return n;
}
TC(pointer_in_it_is_followed)
{
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	struct pair *q = READ(p->raw);
	int n = q ? (int)READ(q->a) : 1;
	DROP(p);
	return n;
}
TC(counted_atomically)
{
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	__sync_fetch_and_add(&p->a, 1);
	DROP(p);
	return 0;
}
TC(type_not_constant)
{
	struct pair *p = bpf_obj_new_impl(ctx->len, 0);
	if (p)
		DROP(p);
	return 0;
}
TC(type_is_no_struct)
{
	void *p = bpf_obj_new_impl(__builtin_btf_type_id(*(__u64 *)0, 0), 0);
	if (p)
		DROP(p);
	return 0;
}
TC(type_is_unknown)
{
	void *p = bpf_obj_new_impl(100000, 0);
	if (p)
		DROP(p);
	return 0;
}
TC(given_to_a_helper)
{
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	bpf_skb_load_bytes(ctx, 0, p, 8);
	DROP(p);
	return 0;
}
TC(given_to_a_function)
{
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	int n = (int)sum(p, 0, 0);
	DROP(p);
	return n;
}
TC(given_to_a_global_function)
{
	struct other *o = NEW(struct other);
	if (!o)
		return 0;
	int n = of_memory(o);
	DROP(o);
	return n;
}
TC(compared_with_another)
{
	struct pair *p = NEW(struct pair), *q = NEW(struct pair);
	int n = p == q;
	if (p)
		DROP(p);
	if (q)
		DROP(q);
	return n;
}
TC(made_in_a_loop)
{
	for (int i = 0; i < 8; i++) {
		struct pair *p = NEW(struct pair);
		if (!p)
			break;
		p->a = (__u64)i;
		DROP(p);
	}
	return 0;
}
TC(lost_in_a_loop)
{
	struct pair *p = 0;
	for (int i = 0; i < 3; i++)
		p = NEW(struct pair);
	if (p)
		DROP(p);
	return 0;
}
TC(lock_of_its_own)
{
	struct locked *p = NEW(struct locked);
	if (!p)
		return 0;
	bpf_spin_lock(&p->lock);
	p->n++;
	bpf_spin_unlock(&p->lock);
	DROP(p);
	return 0;
}
TC(lock_written)
{
	struct locked *p = NEW(struct locked);
	if (!p)
		return 0;
	*(volatile __u32 *)&p->lock = 0;
	DROP(p);
	return 0;
}
TC(lock_of_another)
{
	struct locked *p = NEW(struct locked), *q = NEW(struct locked);
	if (p && q) {
		bpf_spin_lock(&p->lock);
		bpf_spin_unlock(&q->lock);
	}
	if (p)
		DROP(p);
	if (q)
		DROP(q);
	return 0;
}
TC(made_under_a_lock)
{
	struct locked *p = NEW(struct locked), *q;
	if (!p)
		return 0;
	bpf_spin_lock(&p->lock);
	q = NEW(struct locked);
	bpf_spin_unlock(&p->lock);
	if (q)
		DROP(q);
	DROP(p);
	return 0;
}
TC(dropped_locked)
{
	struct locked *p = NEW(struct locked);
	if (!p)
		return 0;
	bpf_spin_lock(&p->lock);
	DROP(p);
	return 0;
}
SEC("socket") int in_a_filter(struct __sk_buff *ctx)
{
	struct pair *p = NEW(struct pair);
	if (p)
		DROP(p);
	return 0;
}
SEC("tp_btf/task_newtask") int in_a_tracepoint(__u64 *ctx)
{
	struct pair *p = NEW(struct pair);
	if (p)
		DROP(p);
	return 0;
}
SEC("tp_btf/task_newtask") int dropped_with_what_it_holds(__u64 *ctx)
{
	struct holder *h = NEW(struct holder);
	if (h)
		DROP(h);
	return 0;
}

/* Kept in a map. */
TC(exchanged)
{
	VALUE;
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	p->a = sum(p, 0, 0);
	p = bpf_kptr_xchg(&v->pair, p);
	if (p)
		DROP(p);
	return 0;
}
TC(exchanged_under_a_lock)
{
	struct holder *h;
	struct locked *l = NEW(struct locked);
	VALUE_OR_DROP(l);
	bpf_spin_lock(&l->lock);
	h = bpf_kptr_xchg(&v->holder, 0);
	bpf_spin_unlock(&l->lock);
	DROP(l);
	if (h)
		DROP(h);
	return 0;
}
TC(exchanged_in_a_variable)
{
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	p = bpf_kptr_xchg(&global, p);
	if (p)
		DROP(p);
	return 0;
}
TC(exchanged_and_lost)
{
	VALUE;
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	return bpf_kptr_xchg(&v->pair, p) ? 1 : 0;
}
TC(exchanged_and_dropped_too)
{
	VALUE;
	struct pair *p = NEW(struct pair), *old;
	if (!p)
		return 0;
	old = bpf_kptr_xchg(&v->pair, p);
	if (old)
		DROP(old);
	DROP(p);
	return 0;
}
TC(exchanged_for_another_type)
{
	VALUE;
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	struct other *o = bpf_kptr_xchg(&v->other, (void *)p);
	if (o)
		DROP(o);
	return 0;
}
TC(taken_out_and_used)
{
	VALUE;
	struct pair *p = bpf_kptr_xchg(&v->pair, 0);
	if (!p)
		return 0;
	int n = (int)READ(p->a);
	p->a = 0;
	DROP(p);
	return n;
}
TC(taken_out_of_unowned)
{
	VALUE;
	struct pair *p = bpf_kptr_xchg((struct pair **)&v->seen, 0);
	if (p)
		DROP(p);
	return 0;
}
TC(loaded)
{
	VALUE;
	struct pair *p = v->pair;
	return p ? (int)READ(p->a) : 0;
}
TC(loaded_unchecked)
{
	VALUE;
	return (int)READ(v->pair->a);
}
TC(loaded_and_written)
{
	VALUE;
	struct pair *p = v->pair;
	if (p)
		WRITE(p->a, 1);
	return 0;
}
TC(loaded_and_dropped)
{
	VALUE;
	struct pair *p = v->pair;
	if (p)
		DROP(p);
	return 0;
}
TC(stored)
{
	VALUE;
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	WRITE(v->pair, p);
	return 0;
}
TC(stored_unowned)
{
	VALUE;
	struct pair *p = NEW(struct pair);
	if (!p)
		return 0;
	WRITE(v->seen, p);
	DROP(p);
	return 0;
}
TC(loaded_unowned)
{
	VALUE;
	struct pair *p = v->seen;
	return p ? (int)READ(p->a) : 0;
}
TC(kept_in_an_object)
{
	struct holder *h = NEW(struct holder);
	struct other *o = NEW(struct other);
	if (!h || !o)
		goto out;
	o = bpf_kptr_xchg(&h->inner, o);
out:
	if (o)
		DROP(o);
	if (h)
		DROP(h);
	return 0;
}
TC(kept_in_an_object_and_loaded)
{
	struct holder *h = NEW(struct holder);
	if (!h)
		return 0;
	struct other *o = READ(h->inner);
	int n = o ? 2 : 1;
	DROP(h);
	return n;
}
TC(kept_in_an_object_of_a_map)
{
	VALUE;
	struct holder *h = v->holder;
	struct other *o = NEW(struct other);
	if (!o)
		return 0;
	if (h)
		o = bpf_kptr_xchg(&h->inner, o);
	if (o)
		DROP(o);
	return 0;
}
SEC("syscall") int asleep_loaded(void *ctx)
{
	VALUE;
	struct pair *p = v->pair;
	return p ? (int)READ(p->a) : 0;
}
SEC("syscall") int asleep_loaded_and_written(void *ctx)
{
	VALUE;
	struct pair *p = v->pair;
	if (p)
		WRITE(p->a, 1);
	return 0;
}
SEC("syscall") int in_section_loaded_and_written(void *ctx)
{
	VALUE;
	bpf_rcu_read_lock();
	struct pair *p = v->pair;
	if (p)
		WRITE(p->a, 1);
	bpf_rcu_read_unlock();
	return 0;
}
SEC("syscall") int asleep_its_pointer_read(void *ctx)
{
	VALUE;
	struct pair *p = v->pair, *q = p ? READ(p->raw) : 0;
	return q ? (int)READ(q->a) : 0;
}
SEC("syscall") int read_by_both(void *ctx)
{
	VALUE;
	struct pair *p = NEW(struct pair), *q;
	if (!p)
		return 0;
	q = v->n ? p : v->pair;
	__u64 n = HIDE(q) ? READ(q->a) : 0;
	DROP(p);
	return (int)n;
}

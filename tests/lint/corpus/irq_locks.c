/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Interrupts that are off, since Linux 6.14, and locks that may fail, since 6.15; before, nothing of it is
 * called. */
#include "local.h"

struct bpf_res_spin_lock {
	__u32 state;
};
struct task_struct {
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));

NEWER void bpf_local_irq_save(unsigned long *flags);
NEWER void bpf_local_irq_restore(unsigned long *flags);
NEWER int bpf_res_spin_lock(struct bpf_res_spin_lock *lock);
NEWER void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock);
NEWER int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock *lock, unsigned long *flags);
NEWER void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock *lock, unsigned long *flags);
KFUNC struct task_struct *bpf_task_from_pid(int pid);
KFUNC struct task_struct *bpf_task_acquire(struct task_struct *task);
KFUNC void bpf_task_release(struct task_struct *task);
KFUNC void bpf_preempt_disable(void);
KFUNC void bpf_preempt_enable(void);
KFUNC struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head);
KFUNC int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
	_Bool(less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta, __u64 off);

struct item {
	__u64 key;
	struct bpf_list_node node;
};
struct leaf {
	__u64 key;
	struct bpf_rb_node node;
};
/* In a map they would have kernels warn, when the map is freed. */
struct nest {
	struct bpf_res_spin_lock lock;
	struct bpf_list_head head CONTAINS(item, node);
	struct bpf_rb_root root CONTAINS(leaf, node);
};
struct value {
	__u64 n;
	struct bpf_res_spin_lock lock;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

OF_MAP(A) struct bpf_res_spin_lock a;
OF_MAP(B) struct bpf_res_spin_lock b;
OF_MAP(B) __u64 count;
OF_MAP(C) struct bpf_spin_lock plain;

/* As arguments they are whole in the debug information. */
static __attribute__((noinline)) __u64 sum(struct item *p, struct leaf *l, struct nest *n)
{
	return p->key + (l ? l->key : 0) + (n ? n->lock.state : 0);
}
#define KPROBE(name) SEC("kprobe/do_nanosleep") int name(void *ctx)
#define SLEEPS(name) SEC("syscall") int name(void *ctx)
#define NEST(p)                                                                                              \
	struct nest *p = NEW(struct nest);                                                                   \
	if (!p)                                                                                              \
	return 0
#define VALUE(v)                                                                                             \
	__u32 key_##v = bpf_get_prandom_u32();                                                               \
	struct value *v = bpf_map_lookup_elem(&values, &key_##v);                                            \
	if (!v)                                                                                              \
	return 0

TC(types)
{
	struct item p = {ctx->len};
	return (int)sum(&p, 0, 0);
}

/* ---- interrupts ---- */

static __attribute__((noinline)) void off(unsigned long *flags)
{
	bpf_local_irq_save(flags);
}
__attribute__((noinline)) int judged_apart(int n)
{
	return n + (int)bpf_get_prandom_u32();
}
__attribute__((noinline)) int sleeps(long from)
{
	char text[8];
	return bpf_copy_from_user(text, sizeof text, (void *)from) ? 1 : text[0];
}
__attribute__((noinline)) int ends_off(int n)
{
	unsigned long flags;
	if (n)
		bpf_local_irq_save(&flags);
	return n;
}
static __attribute__((noinline)) int ends_off_inside(int n)
{
	unsigned long flags;
	bpf_local_irq_save(&flags);
	return n;
}

TC(off_and_on)
{
	unsigned long flags;
	bpf_local_irq_save(&flags);
	__u64 t = bpf_ktime_get_ns();
	bpf_local_irq_restore(&flags);
	return t & 1;
}
KPROBE(off_and_on_of_a_probe)
{
	unsigned long flags;
	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	return 0;
}
TC(off_on_one_path)
{
	unsigned long flags;
	if (ctx->len > 100)
		bpf_local_irq_save(&flags);
	return 0;
}
TC(on_what_was_not_off)
{
	unsigned long flags = ctx->len;
	bpf_local_irq_restore(&flags);
	return 0;
}
TC(nested)
{
	unsigned long first, second;
	bpf_local_irq_save(&first);
	bpf_local_irq_save(&second);
	bpf_local_irq_restore(&second);
	bpf_local_irq_restore(&first);
	return 0;
}
TC(nested_the_wrong_way_round)
{
	unsigned long first, second;
	bpf_local_irq_save(&first);
	bpf_local_irq_save(&second);
	bpf_local_irq_restore(&first);
	bpf_local_irq_restore(&second);
	return 0;
}
TC(off_twice_into_one)
{
	unsigned long flags;
	bpf_local_irq_save(&flags);
	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	bpf_local_irq_restore(&flags);
	return 0;
}
TC(on_twice)
{
	unsigned long flags;
	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	bpf_local_irq_restore(&flags);
	return 0;
}
TC(off_by_a_function)
{
	unsigned long flags;
	off(&flags);
	bpf_local_irq_restore(&flags);
	return 0;
}
TC(state_dies_with_its_function)
{
	return ends_off_inside((int)ctx->len);
}
TC(state_is_read)
{
	unsigned long flags;
	bpf_local_irq_save(&flags);
	int n = READ(flags) & 1;
	bpf_local_irq_restore(&flags);
	return n;
}
TC(state_is_written)
{
	unsigned long flags;
	bpf_local_irq_save(&flags);
	WRITE(flags, 1);
	bpf_local_irq_restore(&flags);
	return 0;
}
TC(state_is_a_key)
{
	unsigned long flags;
	bpf_local_irq_save(&flags);
	void *v = bpf_map_lookup_elem(&numbers, &flags);
	bpf_local_irq_restore(&flags);
	return v ? 1 : 0;
}
TC(state_in_a_map)
{
	__u32 key = 0;
	unsigned long *v = bpf_map_lookup_elem(&numbers, &key);
	if (!v)
		return 0;
	bpf_local_irq_save(v);
	bpf_local_irq_restore(v);
	return 0;
}
TC(off_around_a_global_function)
{
	unsigned long flags;
	bpf_local_irq_save(&flags);
	int n = judged_apart((int)ctx->len);
	bpf_local_irq_restore(&flags);
	return n;
}
TC(off_in_a_global_function)
{
	return ends_off((int)ctx->len);
}
TC(on_in_another_round)
{
	unsigned long flags;
	__u32 n = ctx->len & 7;
	for (__u32 i = 0; i < 8; i++) {
		if (i == n)
			continue;
		bpf_local_irq_save(&flags);
		asm volatile("" ::: "memory");
		bpf_local_irq_restore(&flags);
	}
	return 0;
}
TC(held_meanwhile)
{
	unsigned long first, second;
	bpf_local_irq_save(&first);
	struct task_struct *task = bpf_task_from_pid(1);
	bpf_local_irq_save(&second);
	if (task)
		bpf_task_release(task);
	bpf_local_irq_restore(&second);
	bpf_local_irq_restore(&first);
	return 0;
}
SLEEPS(asleep_before_and_after)
{
	unsigned long flags;
	int n = sleeps(7);
	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	return n + sleeps(7);
}
SLEEPS(asleep_with_interrupts_off)
{
	unsigned long flags;
	char text[8] = {0};
	bpf_local_irq_save(&flags);
	bpf_copy_from_user(text, sizeof text, ctx);
	bpf_local_irq_restore(&flags);
	return text[0];
}
SLEEPS(asleep_in_a_global_function)
{
	unsigned long flags;
	bpf_local_irq_save(&flags);
	int n = sleeps(7);
	bpf_local_irq_restore(&flags);
	return n;
}

/* ---- locks ---- */

TC(locked)
{
	if (bpf_res_spin_lock(&a))
		return 1;
	bpf_res_spin_unlock(&a);
	return 0;
}
KPROBE(locked_by_a_probe)
{
	if (bpf_res_spin_lock(&b))
		return 0;
	count++;
	bpf_res_spin_unlock(&b);
	return 0;
}
TC(result_is_not_looked_at)
{
	bpf_res_spin_lock(&a);
	bpf_res_spin_unlock(&a);
	return 0;
}
TC(unlocked_where_it_failed)
{
	if (!bpf_res_spin_lock(&a))
		return 0;
	bpf_res_spin_unlock(&a);
	return 0;
}
TC(locked_to_the_end)
{
	bpf_res_spin_lock(&a);
	return 0;
}
TC(two_locks)
{
	if (bpf_res_spin_lock(&a))
		return 0;
	if (!bpf_res_spin_lock(&b))
		bpf_res_spin_unlock(&b);
	bpf_res_spin_unlock(&a);
	return 0;
}
TC(two_locks_the_wrong_way_round)
{
	if (bpf_res_spin_lock(&a))
		return 0;
	if (!bpf_res_spin_lock(&b)) {
		bpf_res_spin_unlock(&a);
		bpf_res_spin_unlock(&b);
	} else {
		bpf_res_spin_unlock(&a);
	}
	return 0;
}
TC(one_lock_twice)
{
	if (bpf_res_spin_lock(&a))
		return 0;
	if (!bpf_res_spin_lock(&a))
		bpf_res_spin_unlock(&a);
	bpf_res_spin_unlock(&a);
	return 0;
}
TC(two_elements)
{
	VALUE(v);
	VALUE(w);
	if (bpf_res_spin_lock(&v->lock))
		return 0;
	if (!bpf_res_spin_lock(&w->lock))
		bpf_res_spin_unlock(&w->lock);
	bpf_res_spin_unlock(&v->lock);
	return 0;
}
TC(another_element_is_unlocked)
{
	VALUE(v);
	VALUE(w);
	if (bpf_res_spin_lock(&v->lock))
		return 0;
	bpf_res_spin_unlock(&w->lock);
	return 0;
}
TC(beside_a_plain_one)
{
	VALUE(v);
	bpf_spin_lock(&plain);
	if (!bpf_res_spin_lock(&v->lock))
		bpf_res_spin_unlock(&v->lock);
	bpf_spin_unlock(&plain);
	return 0;
}
TC(a_plain_one_beside_it)
{
	if (bpf_res_spin_lock(&a))
		return 0;
	bpf_spin_lock(&plain);
	bpf_spin_unlock(&plain);
	bpf_res_spin_unlock(&a);
	return 0;
}
TC(lock_of_nothing)
{
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&numbers, &key);
	if (!v || bpf_res_spin_lock((void *)v))
		return 0;
	bpf_res_spin_unlock((void *)v);
	return 0;
}
TC(lock_of_what_may_be_null)
{
	__u32 key = ctx->len;
	struct value *v = bpf_map_lookup_elem(&values, &key);
	if (bpf_res_spin_lock(&v->lock))
		return 0;
	bpf_res_spin_unlock(&v->lock);
	return 0;
}
TC(lock_is_read)
{
	VALUE(v);
	return (int)READ(v->lock.state);
}
TC(helper_with_a_lock)
{
	if (bpf_res_spin_lock(&a))
		return 0;
	__u32 n = bpf_get_prandom_u32();
	bpf_res_spin_unlock(&a);
	return (int)(n & 1);
}
TC(interrupts_off_with_a_lock)
{
	unsigned long flags;
	if (bpf_res_spin_lock(&a))
		return 0;
	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	bpf_res_spin_unlock(&a);
	return 0;
}
TC(lock_with_interrupts_off)
{
	unsigned long flags;
	bpf_local_irq_save(&flags);
	if (!bpf_res_spin_lock(&a))
		bpf_res_spin_unlock(&a);
	bpf_local_irq_restore(&flags);
	return 0;
}
TC(error_is_returned)
{
	int error = bpf_res_spin_lock(&a);
	if (error) {
		if (error >= 0 || error < -4095) /* which no path comes to */
			bpf_res_spin_unlock(&b);
		return error;
	}
	bpf_res_spin_unlock(&a);
	return 0;
}

/* ---- both ---- */

TC(locked_and_off)
{
	unsigned long flags;
	if (bpf_res_spin_lock_irqsave(&a, &flags))
		return 0;
	bpf_res_spin_unlock_irqrestore(&a, &flags);
	return 0;
}
TC(two_locked_and_off)
{
	unsigned long first, second;
	if (bpf_res_spin_lock_irqsave(&a, &first))
		return 0;
	if (!bpf_res_spin_lock_irqsave(&b, &second))
		bpf_res_spin_unlock_irqrestore(&b, &second);
	bpf_res_spin_unlock_irqrestore(&a, &first);
	return 0;
}
TC(one_unlocked_with_the_others_state)
{
	unsigned long first, second;
	if (bpf_res_spin_lock_irqsave(&a, &first))
		return 0;
	if (!bpf_res_spin_lock_irqsave(&b, &second)) {
		bpf_res_spin_unlock_irqrestore(&b, &first);
		bpf_res_spin_unlock_irqrestore(&a, &second);
		return 0;
	}
	bpf_res_spin_unlock_irqrestore(&a, &first);
	return 0;
}
TC(off_where_it_failed)
{
	unsigned long flags;
	if (bpf_res_spin_lock_irqsave(&a, &flags)) {
		bpf_local_irq_restore(&flags);
		return 0;
	}
	bpf_res_spin_unlock_irqrestore(&a, &flags);
	return 0;
}
TC(unlocked_and_left_off)
{
	unsigned long flags;
	if (bpf_res_spin_lock_irqsave(&a, &flags))
		return 0;
	bpf_res_spin_unlock(&a);
	bpf_local_irq_restore(&flags);
	return 0;
}
TC(locked_plainly_and_unlocked_with_a_state)
{
	unsigned long flags;
	bpf_local_irq_save(&flags);
	if (bpf_res_spin_lock(&a)) {
		bpf_local_irq_restore(&flags);
		return 0;
	}
	bpf_res_spin_unlock_irqrestore(&a, &flags);
	return 0;
}

/* ---- lists and trees that they guard ---- */

static _Bool less(struct bpf_rb_node *x, const struct bpf_rb_node *y)
{
	return CONTAINER(x, struct leaf, node)->key < CONTAINER(y, struct leaf, node)->key;
}
static _Bool less_and_locks(struct bpf_rb_node *x, const struct bpf_rb_node *y)
{
	if (!bpf_res_spin_lock(&b))
		bpf_res_spin_unlock(&b);
	return CONTAINER(x, struct leaf, node)->key < CONTAINER(y, struct leaf, node)->key;
}
TC(list_under_it)
{
	NEST(p);
	if (bpf_res_spin_lock(&p->lock)) {
		DROP(p);
		return 0;
	}
	struct bpf_list_node *n = bpf_list_pop_front(&p->head);
	bpf_res_spin_unlock(&p->lock);
	if (n)
		DROP(CONTAINER(n, struct item, node));
	DROP(p);
	return 0;
}
TC(list_where_it_failed)
{
	NEST(p);
	if (!bpf_res_spin_lock(&p->lock)) {
		bpf_res_spin_unlock(&p->lock);
		DROP(p);
		return 0;
	}
	struct bpf_list_node *n = bpf_list_pop_front(&p->head);
	if (n)
		DROP(CONTAINER(n, struct item, node));
	DROP(p);
	return 0;
}
TC(list_under_that_of_another)
{
	NEST(p);
	if (bpf_res_spin_lock(&a)) {
		DROP(p);
		return 0;
	}
	struct bpf_list_node *n = bpf_list_pop_front(&p->head);
	bpf_res_spin_unlock(&a);
	if (n)
		DROP(CONTAINER(n, struct item, node));
	DROP(p);
	return 0;
}
static __attribute__((always_inline)) int put(
	_Bool (*compare)(struct bpf_rb_node *, const struct bpf_rb_node *))
{
	NEST(p);
	struct leaf *l = NEW(struct leaf);
	if (!l) {
		DROP(p);
		return 0;
	}
	if (bpf_res_spin_lock(&p->lock)) {
		DROP(l);
	} else {
		bpf_rbtree_add_impl(&p->root, &l->node, compare, 0, 0);
		bpf_res_spin_unlock(&p->lock);
	}
	DROP(p);
	return 0;
}
TC(tree_under_it)
{
	return put(less);
}
TC(one_more_lock_where_nodes_are_compared)
{
	return put(less_and_locks);
}
TC(kept_where_it_failed)
{
	NEST(p);
	if (bpf_res_spin_lock(&p->lock))
		return 0;
	bpf_res_spin_unlock(&p->lock);
	DROP(p);
	return 0;
}

/* ---- what is there by RCU in a program that sleeps: since Linux 7.3 also with either off ---- */

static __attribute__((always_inline)) int keep(struct task_struct *task)
{
	task = bpf_task_acquire(task);
	if (task)
		bpf_task_release(task);
	return 0;
}
SLEEPS(parent_with_interrupts_off)
{
	unsigned long flags;
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	bpf_local_irq_save(&flags);
	keep(task->real_parent);
	bpf_local_irq_restore(&flags);
	return 0;
}
SLEEPS(parent_after_that)
{
	unsigned long flags;
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	bpf_local_irq_save(&flags);
	task = READ(task->real_parent);
	bpf_local_irq_restore(&flags);
	return keep(task);
}
SLEEPS(parent_with_preemption_off)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	bpf_preempt_disable();
	keep(task->real_parent);
	bpf_preempt_enable();
	return 0;
}
SLEEPS(parent_with_it_on_again)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	bpf_preempt_disable();
	task = READ(task->real_parent);
	bpf_preempt_enable();
	return keep(task);
}
SLEEPS(parent_of_a_section_that_ended_meanwhile)
{
	unsigned long flags;
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	bpf_local_irq_save(&flags);
	bpf_rcu_read_lock();
	task = READ(task->real_parent);
	bpf_rcu_read_unlock();
	keep(task);
	bpf_local_irq_restore(&flags);
	return 0;
}
SLEEPS(parent_in_a_section_around_it)
{
	unsigned long flags;
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	bpf_rcu_read_lock();
	bpf_local_irq_save(&flags);
	task = READ(task->real_parent);
	bpf_local_irq_restore(&flags);
	keep(task);
	bpf_rcu_read_unlock();
	return 0;
}
SEC("tp_btf/sched_process_exit") int parent_after_a_section_that_was_not_needed(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	bpf_rcu_read_lock();
	task = READ(task->real_parent);
	bpf_rcu_read_unlock();
	return keep(task);
}

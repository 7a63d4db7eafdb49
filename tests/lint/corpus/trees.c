/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Trees of objects of the program's own types, references that are counted, and what is in two places by
 * them. */
#include "local.h"

KFUNC int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
	_Bool(less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta, __u64 off);
KFUNC struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node);
KFUNC struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root);
KFUNC int bpf_list_push_front_impl(
	struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off);
KFUNC struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head);
/* Since Linux 6.16. */
KFUNC __attribute__((weak)) struct bpf_rb_node *bpf_rbtree_root(struct bpf_rb_root *root);
KFUNC __attribute__((weak)) struct bpf_rb_node *bpf_rbtree_left(
	struct bpf_rb_root *root, struct bpf_rb_node *node);

struct item {
	__u64 key;
	struct bpf_rb_node node;
	__u64 seen;
};
struct counted {
	struct bpf_refcount refs;
	__u64 key;
	struct bpf_rb_node node;
	struct bpf_list_node link;
};
struct value {
	struct counted KPTR *kept;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

OF_MAP(A) struct bpf_spin_lock lock;
OF_MAP(A) struct bpf_rb_root root CONTAINS(item, node);
OF_MAP(B) struct bpf_spin_lock counted_lock;
OF_MAP(B) struct bpf_rb_root counted_root CONTAINS(counted, node);
OF_MAP(B) struct bpf_list_head links CONTAINS(counted, link);

static _Bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return CONTAINER(a, struct item, node)->key < CONTAINER(b, struct item, node)->key;
}
static _Bool counted_less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return CONTAINER(a, struct counted, node)->key < CONTAINER(b, struct counted, node)->key;
}
#define ADD(node) bpf_rbtree_add_impl(&root, node, less, 0, 0)
#define ADD_COUNTED(node) bpf_rbtree_add_impl(&counted_root, node, counted_less, 0, 0)
#define ITEM(n) CONTAINER(n, struct item, node)
#define COUNTED(n) CONTAINER(n, struct counted, node)
#define NEW_ITEM                                                                                             \
	struct item *p = NEW(struct item);                                                                   \
	if (!p)                                                                                              \
	return 0
#define NEW_COUNTED                                                                                          \
	struct counted *p = NEW(struct counted);                                                             \
	if (!p)                                                                                              \
	return 0
#define VALUE                                                                                                \
	__u32 key = bpf_get_prandom_u32();                                                                   \
	struct value *v = bpf_map_lookup_elem(&values, &key);                                                \
	if (!v)                                                                                              \
	return 0

TC(added)
{
	NEW_ITEM;
	p->key = ctx->len;
	bpf_spin_lock(&lock);
	ADD(&p->node);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(added_and_read_under_the_lock)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	ADD(&p->node);
	__u64 key = READ(p->key);
	WRITE(p->seen, 1);
	bpf_spin_unlock(&lock);
	return (int)key;
}
TC(added_and_read_after_unlock)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	ADD(&p->node);
	bpf_spin_unlock(&lock);
	return (int)READ(p->key);
}
TC(added_without_the_lock)
{
	NEW_ITEM;
	ADD(&p->node);
	return 0;
}
TC(added_twice)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	ADD(&p->node);
	ADD(&p->node);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(added_to_another_tree)
{
	NEW_ITEM;
	bpf_spin_lock(&counted_lock);
	bpf_rbtree_add_impl(&counted_root, &p->node, less, 0, 0);
	bpf_spin_unlock(&counted_lock);
	return 0;
}
TC(two_added)
{
	struct item *p = NEW(struct item), *q;
	if (!p)
		return 0;
	q = NEW(struct item);
	if (!q) {
		DROP(p);
		return 0;
	}
	bpf_spin_lock(&lock);
	ADD(&p->node);
	ADD(&q->node);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(first_removed)
{
	bpf_spin_lock(&lock);
	struct bpf_rb_node *n = bpf_rbtree_first(&root);
	if (n)
		n = bpf_rbtree_remove(&root, n);
	bpf_spin_unlock(&lock);
	if (!n)
		return 0;
	int key = (int)READ(ITEM(n)->key);
	DROP(ITEM(n));
	return key;
}
TC(first_removed_and_lost)
{
	bpf_spin_lock(&lock);
	struct bpf_rb_node *n = bpf_rbtree_first(&root);
	if (n)
		n = bpf_rbtree_remove(&root, n);
	bpf_spin_unlock(&lock);
	return n ? 1 : 0;
}
TC(first_removed_unchecked)
{
	bpf_spin_lock(&lock);
	struct bpf_rb_node *n = bpf_rbtree_remove(&root, bpf_rbtree_first(&root));
	bpf_spin_unlock(&lock);
	if (n)
		DROP(ITEM(n));
	return 0;
}
TC(first_removed_and_added_again)
{
	bpf_spin_lock(&lock);
	struct bpf_rb_node *n = bpf_rbtree_first(&root);
	if (n)
		n = bpf_rbtree_remove(&root, n);
	if (n) {
		ITEM(n)->key++;
		ADD(n);
	}
	bpf_spin_unlock(&lock);
	return 0;
}
TC(first_read)
{
	bpf_spin_lock(&lock);
	struct bpf_rb_node *n = bpf_rbtree_first(&root);
	__u64 key = n ? READ(ITEM(n)->key) : 0;
	bpf_spin_unlock(&lock);
	return (int)key;
}
TC(first_read_unchecked)
{
	bpf_spin_lock(&lock);
	struct bpf_rb_node *n = bpf_rbtree_first(&root);
	__u64 key = READ(ITEM(n)->key);
	bpf_spin_unlock(&lock);
	return (int)key;
}
TC(first_read_after_unlock)
{
	bpf_spin_lock(&lock);
	struct bpf_rb_node *n = bpf_rbtree_first(&root);
	bpf_spin_unlock(&lock);
	return n ? (int)READ(ITEM(n)->key) : 0;
}
TC(first_dropped)
{
	bpf_spin_lock(&lock);
	struct bpf_rb_node *n = bpf_rbtree_first(&root);
	bpf_spin_unlock(&lock);
	if (n)
		DROP(ITEM(n));
	return 0;
}
TC(first_added)
{
	bpf_spin_lock(&lock);
	struct bpf_rb_node *n = bpf_rbtree_first(&root);
	if (n)
		ADD(n);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(removed_that_was_never_added)
{
	NEW_COUNTED;
	bpf_spin_lock(&counted_lock);
	struct bpf_rb_node *n = bpf_rbtree_remove(&counted_root, &p->node);
	bpf_spin_unlock(&counted_lock);
	if (n)
		DROP(COUNTED(n));
	DROP(p);
	return 0;
}
TC(added_and_removed)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	ADD(&p->node);
	struct bpf_rb_node *n = bpf_rbtree_remove(&root, &p->node);
	bpf_spin_unlock(&lock);
	if (n)
		DROP(ITEM(n));
	return 0;
}
TC(removed_twice)
{
	bpf_spin_lock(&lock);
	struct bpf_rb_node *n = bpf_rbtree_first(&root), *first = 0, *second = 0;
	if (n) {
		first = bpf_rbtree_remove(&root, n);
		second = bpf_rbtree_remove(&root, n);
	}
	bpf_spin_unlock(&lock);
	if (first)
		DROP(ITEM(first));
	if (second)
		DROP(ITEM(second));
	return 0;
}
TC(removed_in_a_loop)
{
	for (int i = 0; i < 10; i++) {
		bpf_spin_lock(&lock);
		struct bpf_rb_node *n = bpf_rbtree_first(&root);
		if (n)
			n = bpf_rbtree_remove(&root, n);
		bpf_spin_unlock(&lock);
		if (!n)
			break;
		DROP(ITEM(n));
	}
	return 0;
}
TC(root_and_its_left)
{
	__u64 key = 0;
	bpf_spin_lock(&lock);
	struct bpf_rb_node *n = bpf_rbtree_root(&root);
	if (n)
		n = bpf_rbtree_left(&root, n);
	if (n)
		key = READ(ITEM(n)->key);
	bpf_spin_unlock(&lock);
	return (int)key;
}
TC(left_of_what_may_be_null)
{
	bpf_spin_lock(&lock);
	struct bpf_rb_node *n = bpf_rbtree_left(&root, bpf_rbtree_root(&root));
	bpf_spin_unlock(&lock);
	return n ? 1 : 0;
}

/* The function that compares. */
static _Bool less_that_asks(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return bpf_get_prandom_u32() & 1;
}
static _Bool less_that_unlocks(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	bpf_spin_unlock(&lock);
	return 0;
}
static _Bool less_that_removes(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	bpf_rbtree_remove(&root, a);
	return 0;
}
static _Bool less_that_writes(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	CONTAINER(a, struct item, node)->seen++;
	return CONTAINER(a, struct item, node)->key < CONTAINER(b, struct item, node)->key;
}
static _Bool less_that_looks_behind(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return READ(((__u64 *)a)[5]);
}
#define ADDED_BY(name, f)                                                                                    \
	TC(name)                                                                                             \
	{                                                                                                    \
		NEW_ITEM;                                                                                    \
		bpf_spin_lock(&lock);                                                                        \
		bpf_rbtree_add_impl(&root, &p->node, f, 0, 0);                                               \
		bpf_spin_unlock(&lock);                                                                      \
		return 0;                                                                                    \
	}
ADDED_BY(compared_by_chance, less_that_asks)
ADDED_BY(unlocked_within, less_that_unlocks)
ADDED_BY(removed_within, less_that_removes)
ADDED_BY(written_within, less_that_writes)
ADDED_BY(looked_behind_within, less_that_looks_behind)

/* References that are counted. */
TC(in_a_tree_and_in_a_list)
{
	NEW_COUNTED;
	struct counted *q = ACQUIRE(p);
	bpf_spin_lock(&counted_lock);
	ADD_COUNTED(&p->node);
	bpf_list_push_front_impl(&links, &q->link, 0, 0);
	bpf_spin_unlock(&counted_lock);
	return 0;
}
TC(second_reference_lost)
{
	NEW_COUNTED;
	struct counted *q = ACQUIRE(p);
	bpf_spin_lock(&counted_lock);
	ADD_COUNTED(&p->node);
	bpf_spin_unlock(&counted_lock);
	return (int)READ(q->key);
}
TC(second_reference_dropped)
{
	NEW_COUNTED;
	struct counted *q = ACQUIRE(p);
	DROP(p);
	int key = (int)READ(q->key);
	DROP(q);
	return key;
}
TC(of_no_count)
{
	NEW_ITEM;
	struct item *q = ACQUIRE(p);
	DROP(p);
	if (q)
		DROP(q);
	return 0;
}
TC(of_what_was_added)
{
	NEW_COUNTED;
	bpf_spin_lock(&counted_lock);
	ADD_COUNTED(&p->node);
	struct counted *q = ACQUIRE(p);
	bpf_spin_unlock(&counted_lock);
	if (!q)
		return 0;
	int key = (int)READ(q->key);
	DROP(q);
	return key;
}
TC(of_what_was_added_unchecked)
{
	NEW_COUNTED;
	bpf_spin_lock(&counted_lock);
	ADD_COUNTED(&p->node);
	struct counted *q = ACQUIRE(p);
	bpf_spin_unlock(&counted_lock);
	int key = (int)READ(q->key);
	if (q)
		DROP(q);
	return key;
}
TC(of_null)
{
	struct counted *p = NEW(struct counted), *q = ACQUIRE(p);
	if (q)
		DROP(q);
	if (p)
		DROP(p);
	return 0;
}
TC(of_a_moved_pointer)
{
	NEW_COUNTED;
	struct counted *q = bpf_refcount_acquire_impl((void *)p + 8, 0);
	DROP(p);
	DROP(q);
	return 0;
}
TC(of_what_is_first)
{
	bpf_spin_lock(&counted_lock);
	struct bpf_rb_node *n = bpf_rbtree_first(&counted_root);
	struct counted *q = n ? ACQUIRE(COUNTED(n)) : 0;
	bpf_spin_unlock(&counted_lock);
	if (!q)
		return 0;
	int key = (int)READ(q->key);
	DROP(q);
	return key;
}
TC(of_what_a_map_keeps)
{
	VALUE;
	struct counted *p = v->kept;
	struct counted *q = p ? ACQUIRE(p) : 0;
	if (!q)
		return 0;
	int n = (int)READ(q->key);
	DROP(q);
	return n;
}
TC(kept_in_a_map_and_added)
{
	VALUE;
	NEW_COUNTED;
	struct counted *q = ACQUIRE(p);
	q = bpf_kptr_xchg(&v->kept, q);
	if (q)
		DROP(q);
	bpf_spin_lock(&counted_lock);
	ADD_COUNTED(&p->node);
	bpf_spin_unlock(&counted_lock);
	return 0;
}
TC(what_a_map_keeps_is_added)
{
	VALUE;
	struct counted *p = v->kept;
	if (!p)
		return 0;
	bpf_spin_lock(&counted_lock);
	ADD_COUNTED(&p->node);
	bpf_spin_unlock(&counted_lock);
	return 0;
}
TC(what_a_map_keeps_is_read_after_unlock)
{
	VALUE;
	struct counted *p = v->kept;
	if (!p)
		return 0;
	bpf_spin_lock(&counted_lock);
	bpf_spin_unlock(&counted_lock);
	return (int)READ(p->key);
}
SEC("syscall") int asleep_what_a_map_keeps_under_the_lock(void *ctx)
{
	VALUE;
	bpf_spin_lock(&counted_lock);
	struct counted *p = v->kept;
	__u64 n = p ? READ(p->key) : 0;
	bpf_spin_unlock(&counted_lock);
	return (int)n;
}
SEC("syscall") int asleep_in_section_counted(void *ctx)
{
	VALUE;
	bpf_rcu_read_lock();
	struct counted *p = v->kept, *q = p ? ACQUIRE(p) : 0;
	bpf_rcu_read_unlock();
	if (q)
		DROP(q);
	return 0;
}
/* Linux 6.18 and 7.1 take it, which was a bug of theirs. */
SEC("syscall") int asleep_after_section_counted(void *ctx)
{
	VALUE;
	bpf_rcu_read_lock();
	struct counted *p = v->kept;
	bpf_rcu_read_unlock();
	struct counted *q = p ? ACQUIRE(p) : 0;
	if (q)
		DROP(q);
	return 0;
}
TC(removed_while_counted)
{
	NEW_COUNTED;
	struct counted *q = ACQUIRE(p);
	bpf_spin_lock(&counted_lock);
	ADD_COUNTED(&p->node);
	bpf_spin_unlock(&counted_lock);
	bpf_spin_lock(&counted_lock);
	struct bpf_rb_node *n = bpf_rbtree_remove(&counted_root, &q->node);
	bpf_spin_unlock(&counted_lock);
	if (n)
		DROP(COUNTED(n));
	DROP(q);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists of objects of the program's own types, and the locks that guard them. */
#include "local.h"

KFUNC int bpf_list_push_front_impl(
	struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off);
KFUNC int bpf_list_push_back_impl(
	struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off);
KFUNC struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head);
KFUNC struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head);
/* Since Linux 6.16. */
KFUNC __attribute__((weak)) struct bpf_list_node *bpf_list_front(struct bpf_list_head *head);
#define PUSH_FRONT(head, node) bpf_list_push_front_impl(head, node, 0, 0)
#define PUSH_BACK(head, node) bpf_list_push_back_impl(head, node, 0, 0)

struct item {
	__u64 key;
	struct bpf_list_node node;
	struct bpf_list_node second;
};
struct stray {
	__u64 key;
	struct bpf_list_node node;
};
struct value {
	__u64 n;
	struct bpf_spin_lock lock;
	struct bpf_list_head head CONTAINS(item, node);
	struct bpf_list_head seconds CONTAINS(item, second);
};
/* A list of lists. */
struct nest {
	struct bpf_list_node node;
	struct bpf_list_head head CONTAINS(item, node);
	struct bpf_spin_lock lock;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} hashed SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} of_processors SEC(".maps");

OF_MAP(A) struct bpf_spin_lock lock;
OF_MAP(A) struct bpf_list_head head CONTAINS(item, node);
OF_MAP(A) __u64 count;
OF_MAP(B) struct bpf_spin_lock other_lock;
OF_MAP(B) struct bpf_list_head nests CONTAINS(nest, node);

#define ITEM(n) CONTAINER(n, struct item, node)
#define VALUE(map)                                                                                           \
	__u32 key = bpf_get_prandom_u32();                                                                   \
	struct value *v = bpf_map_lookup_elem(&map, &key);                                                   \
	if (!v)                                                                                              \
	return 0
#define NEW_ITEM                                                                                             \
	struct item *p = NEW(struct item);                                                                   \
	if (!p)                                                                                              \
	return 0

TC(pushed_and_popped)
{
	NEW_ITEM;
	p->key = 1;
	bpf_spin_lock(&lock);
	PUSH_FRONT(&head, &p->node);
	count++;
	struct bpf_list_node *n = bpf_list_pop_back(&head);
	bpf_spin_unlock(&lock);
	if (!n)
		return 0;
	p = ITEM(n);
	int key = (int)p->key;
	DROP(p);
	return key;
}
TC(pushed_in_a_value)
{
	VALUE(values);
	NEW_ITEM;
	bpf_spin_lock(&v->lock);
	PUSH_BACK(&v->head, &p->node);
	v->n++;
	bpf_spin_unlock(&v->lock);
	return 0;
}
TC(pushed_in_a_hash)
{
	VALUE(hashed);
	NEW_ITEM;
	bpf_spin_lock(&v->lock);
	PUSH_BACK(&v->seconds, &p->second);
	bpf_spin_unlock(&v->lock);
	return 0;
}
TC(popped_and_lost)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_pop_front(&head);
	bpf_spin_unlock(&lock);
	return n ? 1 : 0;
}
TC(popped_and_read_unchecked)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_pop_front(&head);
	bpf_spin_unlock(&lock);
	__u64 key = READ(ITEM(n)->key);
	if (n)
		DROP(ITEM(n));
	return (int)key;
}
TC(popped_and_dropped_as_a_node)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_pop_front(&head);
	bpf_spin_unlock(&lock);
	if (n)
		DROP(HIDE(n));
	return 0;
}
TC(popped_and_pushed_again)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_pop_front(&head);
	if (n)
		PUSH_BACK(&head, n);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(all_popped)
{
	for (int i = 0; i < 100; i++) {
		bpf_spin_lock(&lock);
		struct bpf_list_node *n = bpf_list_pop_front(&head);
		bpf_spin_unlock(&lock);
		if (!n)
			break;
		DROP(ITEM(n));
	}
	return 0;
}
TC(pushed_without_the_lock)
{
	NEW_ITEM;
	PUSH_FRONT(&head, &p->node);
	return 0;
}
TC(popped_without_the_lock)
{
	struct bpf_list_node *n = bpf_list_pop_front(&head);
	if (n)
		DROP(ITEM(n));
	return 0;
}
TC(pushed_with_another_lock)
{
	NEW_ITEM;
	bpf_spin_lock(&other_lock);
	PUSH_FRONT(&head, &p->node);
	bpf_spin_unlock(&other_lock);
	return 0;
}
TC(pushed_with_the_lock_of_another_value)
{
	VALUE(values);
	__u32 key2 = 1;
	struct value *w = bpf_map_lookup_elem(&values, &key2);
	if (!w)
		return 0;
	NEW_ITEM;
	bpf_spin_lock(&w->lock);
	PUSH_FRONT(&v->head, &p->node);
	bpf_spin_unlock(&w->lock);
	return 0;
}
TC(pushed_after_unlock)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	count++;
	bpf_spin_unlock(&lock);
	PUSH_FRONT(&head, &p->node);
	return 0;
}
TC(pushed_twice)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	PUSH_FRONT(&head, &p->node);
	PUSH_FRONT(&head, &p->node);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(pushed_and_dropped)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	PUSH_FRONT(&head, &p->node);
	bpf_spin_unlock(&lock);
	DROP(p);
	return 0;
}
TC(pushed_and_written_under_the_lock)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	PUSH_FRONT(&head, &p->node);
	WRITE(p->key, 5);
	__u64 key = READ(p->key);
	bpf_spin_unlock(&lock);
	return (int)key;
}
TC(pushed_and_written_after_unlock)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	PUSH_FRONT(&head, &p->node);
	bpf_spin_unlock(&lock);
	WRITE(p->key, 5);
	return 0;
}
TC(pushed_unchecked)
{
	struct item *p = NEW(struct item);
	bpf_spin_lock(&lock);
	PUSH_FRONT(&head, &p->node);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(pushed_by_another_node)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	PUSH_FRONT(&head, &p->second);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(pushed_of_another_type)
{
	struct stray *p = NEW(struct stray);
	if (!p)
		return 0;
	bpf_spin_lock(&lock);
	PUSH_FRONT(&head, &p->node);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(pushed_as_a_whole)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	PUSH_FRONT(&head, (void *)p);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(pushed_into_a_number)
{
	VALUE(values);
	NEW_ITEM;
	bpf_spin_lock(&v->lock);
	PUSH_FRONT((void *)&v->n, &p->node);
	bpf_spin_unlock(&v->lock);
	return 0;
}
TC(pushed_in_each_processors)
{
	VALUE(of_processors);
	NEW_ITEM;
	bpf_spin_lock(&v->lock);
	PUSH_FRONT(&v->head, &p->node);
	bpf_spin_unlock(&v->lock);
	return 0;
}
TC(node_on_the_stack)
{
	struct item p = {};
	bpf_spin_lock(&lock);
	PUSH_FRONT(&head, &p.node);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(node_written)
{
	NEW_ITEM;
	*(volatile __u64 *)&p->node = 0;
	DROP(p);
	return 0;
}
TC(head_written)
{
	bpf_spin_lock(&lock);
	*(volatile __u64 *)&head = 0;
	bpf_spin_unlock(&lock);
	return 0;
}
TC(lost_on_the_path_of_an_error)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	if (count > 10) {
		bpf_spin_unlock(&lock);
		return 0;
	}
	PUSH_FRONT(&head, &p->node);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(locked_on_the_path_of_an_error)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_pop_front(&head);
	if (!n)
		return 0;
	bpf_spin_unlock(&lock);
	DROP(ITEM(n));
	return 0;
}
TC(dropped_under_the_lock)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_pop_front(&head);
	if (n)
		DROP(ITEM(n));
	bpf_spin_unlock(&lock);
	return 0;
}
TC(asked_under_the_lock)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	p->key = bpf_ktime_get_ns();
	PUSH_FRONT(&head, &p->node);
	bpf_spin_unlock(&lock);
	return 0;
}
static __attribute__((noinline)) int push(struct item *p)
{
	bpf_spin_lock(&lock);
	PUSH_FRONT(&head, &p->node);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(pushed_by_a_function)
{
	NEW_ITEM;
	return push(p);
}
TC(pushed_by_a_function_and_used)
{
	NEW_ITEM;
	push(p);
	return (int)READ(p->key);
}

/* Lists in objects. */
TC(list_in_an_object)
{
	struct nest *q = NEW(struct nest);
	if (!q)
		return 0;
	struct item *p = NEW(struct item);
	if (p) {
		bpf_spin_lock(&q->lock);
		PUSH_FRONT(&q->head, &p->node);
		bpf_spin_unlock(&q->lock);
	}
	bpf_spin_lock(&other_lock);
	PUSH_BACK(&nests, &q->node);
	bpf_spin_unlock(&other_lock);
	return 0;
}
TC(list_in_an_object_popped)
{
	bpf_spin_lock(&other_lock);
	struct bpf_list_node *n = bpf_list_pop_front(&nests);
	bpf_spin_unlock(&other_lock);
	if (!n)
		return 0;
	struct nest *q = CONTAINER(n, struct nest, node);
	bpf_spin_lock(&q->lock);
	n = bpf_list_pop_front(&q->head);
	bpf_spin_unlock(&q->lock);
	if (n)
		DROP(ITEM(n));
	DROP(q);
	return 0;
}
TC(list_in_a_borrowed_object)
{
	struct nest *q = NEW(struct nest);
	if (!q)
		return 0;
	bpf_spin_lock(&other_lock);
	PUSH_BACK(&nests, &q->node);
	struct bpf_list_node *n = bpf_list_pop_front(&q->head);
	bpf_spin_unlock(&other_lock);
	if (n)
		DROP(ITEM(n));
	return 0;
}

/* Looked at in the list. */
TC(first_read)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_front(&head);
	__u64 key = n ? READ(ITEM(n)->key) : 0;
	bpf_spin_unlock(&lock);
	return (int)key;
}
TC(first_read_after_unlock)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_front(&head);
	bpf_spin_unlock(&lock);
	return n ? (int)READ(ITEM(n)->key) : 0;
}
TC(first_read_unchecked)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_front(&head);
	__u64 key = READ(ITEM(n)->key);
	bpf_spin_unlock(&lock);
	return (int)key;
}
TC(first_pushed_again)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_front(&head);
	if (n)
		PUSH_BACK(&head, n);
	bpf_spin_unlock(&lock);
	return 0;
}
SEC("kprobe/do_nanosleep") int of_a_probe(void *ctx)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_pop_front(&head);
	bpf_spin_unlock(&lock);
	if (n)
		DROP(ITEM(n));
	return 0;
}
SEC("tp_btf/task_newtask") int of_a_tracepoint(__u64 *ctx)
{
	NEW_ITEM;
	bpf_spin_lock(&lock);
	PUSH_FRONT(&head, &p->node);
	bpf_spin_unlock(&lock);
	return 0;
}

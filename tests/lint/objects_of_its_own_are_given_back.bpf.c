/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "corpus/local.h"

struct node {
	__u64 key;
	struct bpf_list_node link;
};
OF_MAP(A) struct bpf_spin_lock lock;
OF_MAP(A) struct bpf_list_head head CONTAINS(node, link);
OF_MAP(A) __u64 count;

extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta,
	__u64 off) __attribute__((section(".ksyms")));
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head)
	__attribute__((section(".ksyms")));

#define bpf_obj_new(type) NEW(type)
#define bpf_obj_drop(p) DROP(p)
#define bpf_list_push_back(head, node) bpf_list_push_back_impl(head, node, 0, 0)

TC(on_every_path)
{
	struct node *n = bpf_obj_new(struct node);
	if (!n)
		return 0;
	n->key = ctx->len;
	bpf_spin_lock(&lock);
	bpf_list_push_back(&head, &n->link);
	count++;
	bpf_spin_unlock(&lock);
	return 0;
}

TC(on_one_path)
{
	struct node *n = bpf_obj_new(struct node);
	if (!n || !ctx->len)
		return 0;
	bpf_obj_drop(n);
	return 0;
}

TC(and_not_used_any_more)
{
	struct node *n = bpf_obj_new(struct node);
	if (!n)
		return 0;
	bpf_obj_drop(n);
	return (int)n->key;
}

TC(and_borrowed_no_longer)
{
	struct node *n = bpf_obj_new(struct node);
	if (!n)
		return 0;
	bpf_spin_lock(&lock);
	bpf_list_push_back(&head, &n->link);
	bpf_spin_unlock(&lock);
	bpf_obj_drop(n);
	return 0;
}

TC(under_the_lock)
{
	struct bpf_list_node *first = bpf_list_pop_front(&head);
	if (first)
		bpf_obj_drop(CONTAINER(first, struct node, link));
	return 0;
}

TC(not_the_node_alone)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *first = bpf_list_pop_front(&head);
	bpf_spin_unlock(&lock);
	if (first)
		bpf_obj_drop(HIDE(first));
	return 0;
}

TC(its_link_is_the_kernels)
{
	struct node *n = bpf_obj_new(struct node);
	if (!n)
		return 0;
	*(volatile __u64 *)&n->link = 0;
	bpf_obj_drop(n);
	return 0;
}

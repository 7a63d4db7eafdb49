/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Queueing disciplines: the functions of a struct Qdisc_ops. What is enqueued is held by the program. */
#include "corpus.h"

struct sock {
	int sk_priority;
} KERNELS;
struct sk_buff {
	unsigned int len;
	__u64 tstamp;
	char cb[48];
	struct sock *sk;
} KERNELS;
struct qdisc_skb_cb {
	__u32 pkt_len;
	unsigned char data[20];
} KERNELS;
struct qdisc_skb_head {
	__u32 qlen;
} KERNELS;
struct gnet_stats_queue {
	__u32 qlen, backlog, drops;
} KERNELS;
struct Qdisc {
	__u32 limit, handle, parent;
	struct qdisc_skb_head q;
	struct gnet_stats_queue qstats;
} KERNELS;
struct bpf_sk_buff_ptr {
	struct sk_buff *skb;
} KERNELS;
struct nlattr {
	__u16 nla_len;
} KERNELS;
struct Qdisc_ops {
	int (*enqueue)(struct sk_buff *, struct Qdisc *, struct sk_buff **);
	struct sk_buff *(*dequeue)(struct Qdisc *);
	struct sk_buff *(*peek)(struct Qdisc *);
	int (*init)(struct Qdisc *, struct nlattr *, void *);
	void (*reset)(struct Qdisc *);
	char id[16];
};

KFUNC void bpf_kfree_skb(struct sk_buff *);
KFUNC void bpf_qdisc_skb_drop(struct sk_buff *, struct bpf_sk_buff_ptr *);
KFUNC __u32 bpf_skb_get_hash(struct sk_buff *);
KFUNC void bpf_qdisc_watchdog_schedule(struct Qdisc *, __u64, __u64);
KFUNC void bpf_qdisc_bstats_update(struct Qdisc *, const struct sk_buff *);

struct held {
	struct sk_buff __attribute__((btf_type_tag("kptr"))) * skb;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct held);
} queue SEC(".maps");

#define MEMBER(member, fn)                                                                                   \
	SEC("struct_ops/" #member) __u64 fn(__u64 *ctx);                                                     \
	SEC(".struct_ops.link") struct Qdisc_ops ops_##fn = {.member = (void *)fn, .id = "corpus"};          \
	__u64 fn(__u64 *ctx)
#define SKB ((struct sk_buff *)ctx[0])
#define SCH(n) ((struct Qdisc *)ctx[n])
#define TO_FREE ((struct bpf_sk_buff_ptr *)ctx[2])

MEMBER(enqueue, dropped)
{
	bpf_qdisc_skb_drop(SKB, TO_FREE);
	return 1;
}
MEMBER(enqueue, freed)
{
	bpf_kfree_skb(SKB);
	return 1;
}
MEMBER(enqueue, kept)
{
	return 0;
}
MEMBER(enqueue, dropped_twice)
{
	struct sk_buff *skb = SKB;
	bpf_qdisc_skb_drop(skb, TO_FREE);
	bpf_qdisc_skb_drop(skb, TO_FREE);
	return 1;
}
MEMBER(enqueue, loaded_after_it_was_dropped)
{
	bpf_qdisc_skb_drop(SKB, TO_FREE);
	return READ(SKB->len);
}
MEMBER(enqueue, dropped_on_one_path)
{
	if (READ(SKB->len) > 1000)
		bpf_qdisc_skb_drop(SKB, TO_FREE);
	return 1;
}
MEMBER(enqueue, queued)
{
	__u32 key = 0;
	struct held *h = bpf_map_lookup_elem(&queue, &key);
	struct sk_buff *skb = SKB;
	if (h && (skb = bpf_kptr_xchg(&h->skb, skb)))
		bpf_qdisc_skb_drop(skb, TO_FREE);
	else if (!h)
		bpf_qdisc_skb_drop(skb, TO_FREE);
	return 0;
}
MEMBER(enqueue, counted)
{
	WRITE(SCH(1)->q.qlen, READ(SCH(1)->q.qlen) + 1);
	WRITE(SCH(1)->qstats.backlog, READ(SKB->len));
	WRITE(SCH(1)->limit, 1000);
	bpf_kfree_skb(SKB);
	return 0;
}
MEMBER(enqueue, handle_is_read)
{
	WRITE(SCH(1)->handle, 1);
	bpf_kfree_skb(SKB);
	return 0;
}
MEMBER(enqueue, stamped)
{
	WRITE(SKB->tstamp, 1);
	((volatile char *)SKB->cb)[sizeof(int)] = 0;
	bpf_kfree_skb(SKB);
	return 0;
}
MEMBER(enqueue, own_bytes)
{
	struct qdisc_skb_cb *cb = (void *)SKB->cb;
	WRITE(cb->data[19], 1);
	bpf_kfree_skb(SKB);
	return 0;
}
MEMBER(enqueue, own_bytes_are_20)
{
	struct qdisc_skb_cb *cb = (void *)SKB->cb;
	((volatile unsigned char *)cb->data)[20] = 1;
	bpf_kfree_skb(SKB);
	return 0;
}
MEMBER(enqueue, length_is_read)
{
	WRITE(SKB->len, 1);
	bpf_kfree_skb(SKB);
	return 0;
}
MEMBER(enqueue, socket_not_compared)
{
	int priority = READ(SKB->sk->sk_priority);
	bpf_kfree_skb(SKB);
	return priority > 1;
}
MEMBER(enqueue, hash)
{
	__u32 hash = bpf_skb_get_hash(SKB);
	bpf_qdisc_watchdog_schedule(SCH(1), hash, 0);
	bpf_kfree_skb(SKB);
	return 0;
}
MEMBER(enqueue, statistics_of_dequeueing)
{
	bpf_qdisc_bstats_update(SCH(1), SKB);
	bpf_kfree_skb(SKB);
	return 0;
}

MEMBER(dequeue, nothing)
{
	return 0;
}
MEMBER(dequeue, what_was_queued)
{
	__u32 key = 0;
	struct held *h = bpf_map_lookup_elem(&queue, &key);
	struct sk_buff *skb = h ? bpf_kptr_xchg(&h->skb, 0) : 0;
	if (skb)
		bpf_qdisc_bstats_update(SCH(0), skb);
	return (__u64)skb;
}
MEMBER(dequeue, a_number)
{
	return 1;
}
MEMBER(dequeue, a_discipline)
{
	return ctx[0];
}
MEMBER(dequeue, behind_its_beginning)
{
	__u32 key = 0;
	struct held *h = bpf_map_lookup_elem(&queue, &key);
	struct sk_buff *skb = h ? bpf_kptr_xchg(&h->skb, 0) : 0;
	return skb ? (__u64)((char *)skb + 8) : 0;
}
MEMBER(dequeue, dropped_in_dequeue)
{
	__u32 key = 0;
	struct held *h = bpf_map_lookup_elem(&queue, &key);
	struct sk_buff *skb = h ? bpf_kptr_xchg(&h->skb, 0) : 0;
	if (skb)
		bpf_qdisc_skb_drop(skb, (void *)ctx[0]);
	return 0;
}
MEMBER(peek, not_for_programs)
{
	return 0;
}
MEMBER(init, limited)
{
	WRITE(SCH(0)->limit, 1000);
	return 0;
}
MEMBER(init, watchdog_in_init)
{
	bpf_qdisc_watchdog_schedule(SCH(0), 1, 0);
	return 0;
}
MEMBER(reset, emptied)
{
	__u32 key = 0;
	struct held *h = bpf_map_lookup_elem(&queue, &key);
	struct sk_buff *skb = h ? bpf_kptr_xchg(&h->skb, 0) : 0;
	if (skb)
		bpf_kfree_skb(skb);
	WRITE(SCH(0)->q.qlen, 0);
	return 0;
}

/* A dynptr of what is held, with slices of its bytes, is there as long. */
KFUNC int bpf_dynptr_from_skb(struct __sk_buff *, __u64, struct bpf_dynptr *);
KFUNC void *bpf_dynptr_slice(const struct bpf_dynptr *, __u64, void *, __u64);
KFUNC int bpf_dynptr_clone(const struct bpf_dynptr *, struct bpf_dynptr *);
KFUNC __u32 bpf_dynptr_size(const struct bpf_dynptr *);

#define BYTES(d)                                                                                             \
	struct bpf_dynptr d;                                                                                 \
	bpf_dynptr_from_skb((void *)SKB, 0, &d)
MEMBER(enqueue, bytes_read)
{
	BYTES(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	__u64 x = p ? READ(*p) & 1 : 0;
	bpf_qdisc_skb_drop(SKB, TO_FREE);
	return x;
}
MEMBER(enqueue, bytes_not_compared)
{
	BYTES(d);
	__u64 x = READ(*(__u8 *)bpf_dynptr_slice(&d, 0, 0, 8));
	bpf_qdisc_skb_drop(SKB, TO_FREE);
	return x & 1;
}
MEMBER(enqueue, slice_after_it_was_dropped)
{
	BYTES(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	bpf_qdisc_skb_drop(SKB, TO_FREE);
	return p ? READ(*p) & 1 : 0;
}
MEMBER(enqueue, size_after_it_was_dropped)
{
	BYTES(d);
	bpf_qdisc_skb_drop(SKB, TO_FREE);
	return bpf_dynptr_size(&d) & 1;
}
MEMBER(enqueue, size_of_a_clone_after_it_was_dropped)
{
	struct bpf_dynptr clone;
	BYTES(d);
	bpf_dynptr_clone(&d, &clone);
	bpf_qdisc_skb_drop(SKB, TO_FREE);
	return bpf_dynptr_size(&clone) & 1;
}
MEMBER(enqueue, bytes_of_what_was_dropped)
{
	struct sk_buff *skb = SKB;
	struct bpf_dynptr d;
	bpf_qdisc_skb_drop(skb, TO_FREE);
	bpf_dynptr_from_skb((void *)skb, 0, &d);
	return 1;
}
MEMBER(enqueue, bytes_of_the_queue)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_skb((void *)SCH(1), 0, &d);
	bpf_qdisc_skb_drop(SKB, TO_FREE);
	return 1;
}

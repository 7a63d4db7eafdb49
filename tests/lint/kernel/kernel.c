/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A kernel, as far as its BTF has to say: program.c is attached to it. */
struct inner {
	long before;
	int number;
};
struct object {
	char other[100]; /* what a program does not know of */
	unsigned short small;
	unsigned int bits : 3, more : 7;
	struct inner inner;
	struct object *next;
	void *bytes;
};

int use(struct object *o, long n)
{
	return o->small + (int)n;
}

/* Two of its structs of functions, with as much of what they are called with. */
struct hid_device {
	char name[128];
	int open;
} device;
struct hid_bpf_ctx {
	struct hid_device *hid;
	int retval;
	unsigned size;
};
struct hid_bpf_ops {
	int hid_id;
	int (*hid_device_event)(struct hid_bpf_ctx *, int);
	int (*hid_rdesc_fixup)(struct hid_bpf_ctx *);
} hid;
struct sk_buff {
	unsigned len;
};
struct Qdisc {
	unsigned limit, handle;
};
struct bpf_sk_buff_ptr {
	struct sk_buff *skb;
} to_free;
struct Qdisc_ops {
	int (*enqueue)(struct sk_buff *, struct Qdisc *, struct sk_buff **);
	struct sk_buff *(*dequeue)(struct Qdisc *);
} qdisc;
int Qdisc_ops__enqueue(struct sk_buff *skb__ref, struct Qdisc *sch, struct sk_buff **to_free)
{
	return 0;
}
struct other_ops {
	int (*of_maybe)(struct object *);
} other;
int other_ops__of_maybe(struct object *o__nullable)
{
	return 0;
}
unsigned char *hid_bpf_get_data(struct hid_bpf_ctx *ctx, unsigned offset, const unsigned long rdwr_buf_size)
{
	return 0;
}
void bpf_kfree_skb(struct sk_buff *skb)
{
}

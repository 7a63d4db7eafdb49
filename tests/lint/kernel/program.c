/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs that are attached to kernel.c's function; the layouts of its structs are not known here. */
#include "../program.h"

#define KERNELS __attribute__((preserve_access_index))
struct inner {
	int number;
} KERNELS;
struct object___as_it_was {
	int gone;
} KERNELS;
struct object {
	struct object *next;
	struct inner inner;
	unsigned int small, more : 7;
	void *bytes;
} KERNELS;

#define IN(name) SEC("fentry/use") int name(__u64 *ctx)
#define OBJECT ((struct object *)ctx[0])
#define READ(x) (*(volatile __typeof__(x) *)&(x))

IN(right)
{
	struct object *o = OBJECT;
	return READ(o->next->inner.number) == 1 && READ(o->small) == 2 && READ(ctx[1]) == 3 ? 0 : 0;
}
IN(right_of_bits)
{
	struct object *o = OBJECT;
	__u64 bytes = 0;
	bpf_probe_read_kernel(&bytes, __builtin_preserve_field_info(o->more, 1),
		(char *)o + __builtin_preserve_field_info(o->more, 0));
	return bytes << __builtin_preserve_field_info(o->more, 4) >> __builtin_preserve_field_info(o->more, 5)
		       ? 0
		       : 0;
}
IN(right_where_it_is_asked)
{
	struct object___as_it_was *o = (void *)OBJECT;
	return __builtin_preserve_field_info(o->gone, 2) && READ(o->gone) ? 0 : 0;
}
IN(wrong_field)
{
	struct object___as_it_was *o = (void *)OBJECT;
	return READ(o->gone) ? 0 : 0;
}
IN(wrong_argument)
{
	return READ(ctx[2]) ? 0 : 0;
}
IN(wrong_write)
{
	READ(OBJECT->inner.number) = 1;
	return 0;
}
IN(wrong_place)
{
	return *(volatile int *)((char *)OBJECT + 4096) ? 0 : 0;
}
IN(wrong_half)
{
	return *(volatile int *)&OBJECT->next ? 0 : 0;
}
SEC("fentry/use_of_another") int of_no_function(__u64 *ctx)
{
	return 0;
}

/* Programs that stand in its structs of functions. */
struct hid_device {
	char name[128];
	int open;
} KERNELS;
struct hid_bpf_ctx {
	struct hid_device *hid;
	int retval;
	unsigned int size;
} KERNELS;
typedef long member(__u64 *);
struct hid_bpf_ops {
	member *hid_device_event, *hid_rdesc_fixup, *gone;
};
struct sk_buff {
	unsigned int len;
} KERNELS;
struct Qdisc {
	unsigned int limit, handle;
} KERNELS;
struct Qdisc_ops {
	member *enqueue, *dequeue;
};
struct other_ops {
	member *of_maybe;
};
extern __u8 *hid_bpf_get_data(struct hid_bpf_ctx *, unsigned int, const unsigned long)
	__attribute__((section(".ksyms")));
extern void bpf_kfree_skb(struct sk_buff *) __attribute__((section(".ksyms")));

#define AS(section, ops, what, name)                                                                         \
	SEC(section) long name(__u64 *ctx);                                                                  \
	SEC(".struct_ops.link") struct ops in_##name = {.what = name};                                       \
	long name(__u64 *ctx)
#define HID ((struct hid_bpf_ctx *)ctx[0])
#define SKB ((struct sk_buff *)ctx[0])

AS("struct_ops/hid_device_event", hid_bpf_ops, hid_device_event, event)
{
	__u8 *data = hid_bpf_get_data(HID, 0, 4);
	if (!data)
		return 0;
	READ(data[3]) = READ(HID->size);
	READ(HID->retval) = 1;
	return 0;
}
/* Linux 7.3 does not vouch for what leads to the name. */
AS("struct_ops/hid_device_event", hid_bpf_ops, hid_device_event, name_set)
{
	READ(HID->hid->name[126]) = 0;
	return 0;
}
AS("struct_ops/hid_device_event", hid_bpf_ops, hid_device_event, event_behind_its_data)
{
	__u8 *data = hid_bpf_get_data(HID, 0, 4);
	return data ? READ(data[4]) : 0;
}
AS("struct_ops/hid_device_event", hid_bpf_ops, hid_device_event, event_of_any_size)
{
	return !!hid_bpf_get_data(HID, 0, ctx[1]);
}
AS("struct_ops/hid_device_event", hid_bpf_ops, hid_device_event, end_of_the_name)
{
	READ(HID->hid->name[127]) = 0;
	return 0;
}
AS("struct_ops/hid_device_event", hid_bpf_ops, hid_device_event, size_set)
{
	READ(HID->size) = 0;
	return 0;
}
AS("struct_ops.s/hid_device_event", hid_bpf_ops, hid_device_event, event_that_sleeps)
{
	return 0;
}
AS("struct_ops.s/hid_rdesc_fixup", hid_bpf_ops, hid_rdesc_fixup, fixup_that_sleeps)
{
	return 0;
}
AS("struct_ops/gone", hid_bpf_ops, gone, of_no_member)
{
	return 0;
}
AS("struct_ops/enqueue", Qdisc_ops, enqueue, freed)
{
	bpf_kfree_skb(SKB);
	return 0;
}
AS("struct_ops/enqueue", Qdisc_ops, enqueue, kept)
{
	return 0;
}
AS("struct_ops/enqueue", Qdisc_ops, enqueue, loaded_after_it_was_freed)
{
	bpf_kfree_skb(SKB);
	return READ(SKB->len);
}
AS("struct_ops/dequeue", Qdisc_ops, dequeue, a_number_instead)
{
	return 1;
}
AS("struct_ops/of_maybe", other_ops, of_maybe, not_compared)
{
	return READ(OBJECT->small);
}
AS("struct_ops/of_maybe", other_ops, of_maybe, compared)
{
	return OBJECT ? READ(OBJECT->small) : 0;
}
/* What is not known of a struct of functions is not called clean. */
AS("struct_ops/of_maybe", other_ops, of_maybe, written)
{
	struct object *o = OBJECT;
	if (o)
		READ(o->inner.number) = 1;
	return 0;
}
SEC("struct_ops/of_none") long of_none(__u64 *ctx)
{
	return 0;
}

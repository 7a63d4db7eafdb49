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

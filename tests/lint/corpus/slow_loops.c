/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loops that are followed until the verifier gives up, after a million instructions. */
#include "corpus.h"

#define IN(name) PROGRAM("socket", name, struct __sk_buff)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[64]);
} array SEC(".maps");

struct bpf_iter_num;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
struct bpf_iter_num {
	__u64 opaque;
} __attribute__((aligned(8)));

#define TRACED(name) PROGRAM("?raw_tp/sys_enter", name, void)
#define COUNTED(name, n)                                                                                     \
	IN(name)                                                                                             \
	{                                                                                                    \
		__u64 sum = 0;                                                                               \
		for (__u32 i = 0; i < (n); i++) {                                                            \
			asm volatile("" : "+r"(i));                                                          \
			sum += i;                                                                            \
		}                                                                                            \
		return (int)sum;                                                                             \
	}
COUNTED(rounds_of_length, ctx->len)
IN(endless_counting)
{
	__u64 x = ctx->len;
	asm volatile("1: %0 += 1\n if %0 != 0 goto 1b" : "+r"(x));
	return (int)x;
}
TRACED(iterated_counting)
{
	struct bpf_iter_num it;
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&array, &key), n = 0;
	if (!v)
		return 0;
	bpf_iter_num_new(&it, 0, 1000);
	while (bpf_iter_num_next(&it)) {
		if (n < 64)
			v[n] = 1;
		n++;
	}
	bpf_iter_num_destroy(&it);
	return 0;
}

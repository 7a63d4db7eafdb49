/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The stack: its size, what was written to it, and where pointers to it go. */
#include "corpus.h"

#define IN(name) PROGRAM("socket", name, struct __sk_buff)
#define ANY() HIDE((__u64)bpf_get_prandom_u32())

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u64[8]);
	__type(value, __u64[8]);
} table SEC(".maps");

#define ARRAY(name, bytes, index)                                                                            \
	IN(name)                                                                                             \
	{                                                                                                    \
		volatile __u8 a[bytes];                                                                      \
		__u64 i = ANY();                                                                             \
		__builtin_memset((void *)a, 0, sizeof a);                                                    \
		index;                                                                                       \
		asm volatile("" : "+r"(i));                                                                  \
		a[i] = 1;                                                                                    \
		return a[i];                                                                                 \
	}
ARRAY(array_masked, 16, i &= 15)
ARRAY(array_masked_too_much, 16, i &= 31)
ARRAY(array_bounded, 24, if (i >= 24) return 0)
ARRAY(array_bounded_by_one_more, 24, if (i > 24) return 0)
ARRAY(array_signed, 24, if ((__s64)i >= 24) return 0)
ARRAY(array_not_bounded, 24, )
ARRAY(array_large, 400, if (i >= 400) return 0)

#define FRAME(name, bytes)                                                                                   \
	IN(name)                                                                                             \
	{                                                                                                    \
		volatile __u64 a[(bytes) / 8];                                                               \
		for (int i = 0; i < (bytes) / 8; i++)                                                        \
			a[i] = 1;                                                                            \
		return (int)a[ctx->len & 1];                                                                 \
	}
FRAME(frame_of_64, 64)
FRAME(frame_of_256, 256)
FRAME(frame_of_504, 504)

#define RAW(name, text)                                                                                      \
	IN(name)                                                                                             \
	{                                                                                                    \
		__u64 x = 0;                                                                                 \
		asm volatile(text : "=r"(x) : : "r0", "r1", "r2", "r3", "r4", "r5");                         \
		return (int)x;                                                                               \
	}
RAW(raw_512, "r1 = 1\n *(u64 *)(r10 - 512) = r1\n %0 = *(u64 *)(r10 - 512)")
RAW(raw_520, "r1 = 1\n *(u64 *)(r10 - 520) = r1\n %0 = *(u64 *)(r10 - 520)")
RAW(raw_above, "r1 = 1\n *(u64 *)(r10 + 0) = r1\n %0 = 0")
RAW(raw_across, "r1 = 1\n *(u64 *)(r10 - 4) = r1\n %0 = 0")
RAW(raw_unset, "%0 = *(u64 *)(r10 - 8)")
RAW(raw_misaligned, "r1 = 1\n *(u32 *)(r10 - 6) = r1\n %0 = 0")
RAW(raw_spilled, "r1 = 7\n *(u64 *)(r10 - 8) = r1\n %0 = *(u32 *)(r10 - 8)")
RAW(raw_part_of_pointer, "r1 = r10\n *(u64 *)(r10 - 8) = r1\n %0 = *(u32 *)(r10 - 8)")
RAW(raw_part_of_pointer_stored, "r1 = r10\n *(u32 *)(r10 - 8) = r1\n %0 = 0")
RAW(raw_pointer_back, "r1 = r10\n r1 += -16\n *(u64 *)(r10 - 8) = r1\n r2 = *(u64 *)(r10 - 8)\n r3 = 5\n "
		      "*(u64 *)(r2 + 0) = r3\n %0 = *(u64 *)(r10 - 16)")
RAW(raw_pointer_overwritten, "r1 = r10\n r1 += -16\n *(u64 *)(r10 - 8) = r1\n r4 = 0\n *(u8 *)(r10 - 8) = "
			     "r4\n r2 = *(u64 *)(r10 - 8)\n r3 = 5\n *(u64 *)(r2 + 0) = r3\n %0 = 0")
RAW(raw_frame_pointer_written, "r10 += 8\n %0 = 0")
RAW(raw_subtract_from_frame, "r1 = r10\n r1 -= 8\n r2 = 0\n *(u64 *)(r1 + 0) = r2\n %0 = 0")
RAW(raw_subtract_number, "r1 = r10\n r2 = 8\n r1 -= r2\n %0 = 0")
RAW(raw_no_value, "%0 = r8\n r0 = r3")
RAW(raw_clobbered, "r3 = 1\n call 7\n %0 = r3")
RAW(raw_kept, "r0 = 1\n call 7\n %0 = r0")
RAW(raw_division_by_zero, "r1 = 5\n r1 /= 0\n %0 = r1")
RAW(raw_shift_too_far, "r1 = 5\n r1 <<= 64\n %0 = r1")
RAW(raw_division_by_unknown, "call 7\n r1 = 5\n r1 /= r0\n %0 = r1")
RAW(raw_two_pointers, "r1 = r10\n r1 += r10\n %0 = 0")
RAW(raw_endian, "call 7\n r0 = be16 r0\n r0 &= 7\n r1 = r10\n r1 += -16\n r1 += r0\n r2 = 0\n *(u8 *)(r1 + "
		"0) = r2\n %0 = 0")
RAW(raw_zero_spill, "r1 = 0\n *(u64 *)(r10 - 8) = r1\n r2 = *(u32 *)(r10 - 4)\n r3 = r10\n r3 += r2\n *(u8 "
		    "*)(r3 - 1) = r1\n %0 = 0")
RAW(raw_narrow_spill, "call 7\n r0 &= 7\n *(u32 *)(r10 - 8) = r0\n r2 = *(u32 *)(r10 - 8)\n r3 = r10\n r3 += "
		      "-16\n r3 += r2\n r1 = 1\n *(u8 *)(r3 + 0) = r1\n %0 = 0")
RAW(raw_narrow_spill_high, "call 7\n r0 &= 7\n *(u64 *)(r10 - 8) = r0\n r2 = *(u32 *)(r10 - 4)\n r3 = r10\n "
			   "r3 += -16\n r3 += r2\n r1 = 1\n *(u8 *)(r3 + 0) = r1\n %0 = 0")

/* Keys and values that are not whole. */
IN(key_whole)
{
	__u64 key[8] = {1}, value[8] = {2};
	return (int)bpf_map_update_elem(&table, key, value, 0);
}
IN(key_short)
{
	__u64 key[4] = {1}, value[8] = {2};
	return (int)bpf_map_update_elem(&table, &key[3], value, 0);
}
IN(value_short)
{
	__u64 key[8] = {1}, value[4] = {2};
	return (int)bpf_map_update_elem(&table, key, &value[1], 0);
}
IN(key_is_number)
{
	void *v = bpf_map_lookup_elem(&table, (void *)ANY());
	return v ? 1 : 0;
}
IN(key_is_null)
{
	void *v = bpf_map_lookup_elem(&table, (void *)HIDE(0UL));
	return v ? 1 : 0;
}
IN(key_is_context)
{
	void *v = bpf_map_lookup_elem(&table, ctx);
	return v ? 1 : 0;
}
IN(key_is_value)
{
	__u64 key[8] = {1};
	void *v = bpf_map_lookup_elem(&table, key);
	if (!v)
		return 0;
	v = bpf_map_lookup_elem(&table, v);
	return v ? 1 : 0;
}
IN(key_is_maybe_null)
{
	__u64 key[8] = {1};
	void *v = bpf_map_lookup_elem(&table, key);
	v = bpf_map_lookup_elem(&table, v);
	return v ? 1 : 0;
}
IN(map_is_number)
{
	__u64 key[8] = {1};
	void *v = bpf_map_lookup_elem((void *)ANY(), key);
	return v ? 1 : 0;
}

/* Sizes that are handed to helpers. */
#define SIZE(name, bytes, test)                                                                              \
	IN(name)                                                                                             \
	{                                                                                                    \
		__u8 buf[bytes];                                                                             \
		__u64 n = ANY();                                                                             \
		test;                                                                                        \
		asm volatile("" : "+r"(n));                                                                  \
		bpf_skb_load_bytes(ctx, 0, buf, n);                                                          \
		asm volatile("" : : "r"(buf) : "memory");                                                    \
		return 0;                                                                                    \
	}
SIZE(size_bounded, 32, if (n == 0 || n > 32) return 0)
SIZE(size_bounded_above_only, 32, if (n > 32) return 0)
SIZE(size_not_bounded, 32, )
SIZE(size_masked, 32, n &= 31)
SIZE(size_masked_plus_one, 32, n = (n & 31) + 1)
SIZE(size_too_large, 32, n = (n & 63) + 1)
SIZE(size_signed, 32, if ((__s64)n > 32) return 0)
SIZE(size_constant, 32, n = 32)
SIZE(size_constant_too_large, 32, n = 300)
SIZE(size_zero, 32, n = 0)

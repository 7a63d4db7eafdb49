/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Values of maps: an index, its bound, and what is missing of that. */
#include "corpus.h"

struct value {
	__u64 count;
	__u32 cells[16];
	__u8 bytes[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct value);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct value);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

__u32 global[32];
const volatile __u32 limit = 16;
static const __u32 primes[] = {2, 3, 5, 7, 11, 13, 17, 19};

/* All of them look up an element by a number of which nothing is known. */
#define LOOKUP(map)                                                                                          \
	__u32 key = bpf_get_prandom_u32();                                                                   \
	struct value *v = bpf_map_lookup_elem(&map, &key)
#define CHECKED(map)                                                                                         \
	LOOKUP(map);                                                                                         \
	if (!v)                                                                                              \
	return 0
#define ANY() HIDE((__u64)bpf_get_prandom_u32())

#define IN(name) PROGRAM("socket", name, struct __sk_buff)

IN(null_checked)
{
	CHECKED(table);
	return (int)v->count;
}
IN(null_not_checked)
{
	LOOKUP(table);
	return (int)v->count;
}
IN(null_checked_after)
{
	LOOKUP(table);
	__u64 n = HIDE(v)->count;
	if (!v)
		return 0;
	return (int)n;
}
IN(null_checked_the_wrong_way)
{
	LOOKUP(table);
	if (v)
		return 0;
	return (int)v->count;
}
IN(other_pointer_checked)
{
	LOOKUP(table);
	struct value *w = bpf_map_lookup_elem(&table, &key);
	if (!w)
		return 0;
	return (int)v->count;
}

/* The bound of an index: right, off by one, too large, missing. */
#define BOUND(name, test)                                                                                    \
	IN(name)                                                                                             \
	{                                                                                                    \
		CHECKED(table);                                                                              \
		__u64 i = ANY();                                                                             \
		test;                                                                                        \
		asm volatile("" : "+r"(i));                                                                  \
		return (int)v->cells[i];                                                                     \
	}
BOUND(index_below, if (i >= 16) return 0)
BOUND(index_below_by_one_more, if (i > 16) return 0)
BOUND(index_below_twice, if (i >= 32) return 0)
BOUND(index_into_the_next_field, if (i >= 33) return 0)
BOUND(index_masked, i &= 15)
BOUND(index_masked_by_too_much, i &= 63)
BOUND(index_not_checked, )
BOUND(index_signed_below, if ((__s64)i >= 16) return 0)
BOUND(index_signed_both, if ((__s64)i >= 16 || (__s64)i < 0) return 0)
BOUND(index_divided, i /= 268435456)
BOUND(index_shifted, i >>= 28)
BOUND(index_shifted_too_little, i >>= 25)
BOUND(index_remainder, i %= 16)
BOUND(index_equal, if (i != 3) return 0)
BOUND(index_not_equal, if (i == 3) return 0)
BOUND(index_or, i = (i & 7) | 8)
BOUND(index_or_too_large, i = (i & 7) | 64)
BOUND(index_xor, i = (i & 15) ^ 5)
BOUND(index_sum, i = (i & 7) + 8)
BOUND(index_sum_too_large, i = (i & 15) + 50)
BOUND(index_difference, i = 15 - (i & 15))
BOUND(index_difference_below, i = 10 - (i & 15))
BOUND(index_product, i = (i & 3) * 5)
BOUND(index_product_too_large, i = (i & 15) * 5)
BOUND(index_negated, i = -(i & 3))
BOUND(index_of_limit, if (i >= limit) return 0)
BOUND(index_32_bits, if ((__u32)i >= 16) return 0)
BOUND(index_8_bits, i = (__u8)i; if (i >= 16) return 0)
BOUND(index_sign_extended, i = (__s64)(__s8)i; if ((__s64)i >= 16) return 0)
BOUND(index_sign_extended_both, i = (__s64)(__s8)i; if ((__s64)i >= 16 || (__s64)i < 0) return 0)
BOUND(index_bit_tested, if (i & ~15ULL) return 0)
BOUND(index_one_bit_tested, if (!(i & 1)) return 0)
BOUND(index_arithmetic_shift, i = (__u64)((__s64)(i << 32) >> 60))
BOUND(index_arithmetic_shift_masked, i = (__u64)((__s64)(i << 32) >> 60) & 15)

/* Checks that come after the use, or that are of a copy. */
IN(index_checked_after)
{
	CHECKED(table);
	__u64 i = ANY();
	__u32 x = v->cells[HIDE(i)];
	if (i >= 16)
		return 0;
	return (int)x;
}
IN(copy_checked)
{
	CHECKED(table);
	__u64 i = ANY(), j = i;
	asm volatile("if %[i] > 15 goto +1\n %[j] = 0" : [j] "+r"(j) : [i] "r"(i));
	asm volatile("" : "+r"(j));
	return j < 16 ? (int)v->cells[j] : 0;
}
IN(linked_copy)
{
	CHECKED(table);
	__u64 i = bpf_get_prandom_u32();
	__u32 x = 0;
	asm volatile("r1 = %[i]\n"
		     "r2 = r1\n"
		     "if r1 > 15 goto 1f\n"
		     "r2 <<= 2\n"
		     "r3 = %[v]\n"
		     "r3 += r2\n"
		     "%[x] = *(u32 *)(r3 + 8)\n"
		     "1:"
		     : [x] "+r"(x)
		     : [i] "r"(i), [v] "r"(v)
		     : "r1", "r2", "r3");
	return (int)x;
}
IN(linked_sum)
{
	CHECKED(table);
	__u64 i = bpf_get_prandom_u32();
	__u32 x = 0;
	asm volatile("r1 = %[i]\n"
		     "r2 = r1\n"
		     "r2 += 4\n"
		     "if r1 > 11 goto 1f\n"
		     "r2 <<= 2\n"
		     "r3 = %[v]\n"
		     "r3 += r2\n"
		     "%[x] = *(u32 *)(r3 + 8)\n"
		     "1:"
		     : [x] "+r"(x)
		     : [i] "r"(i), [v] "r"(v)
		     : "r1", "r2", "r3");
	return (int)x;
}
IN(linked_sum_too_large)
{
	CHECKED(table);
	__u64 i = bpf_get_prandom_u32();
	__u32 x = 0;
	asm volatile("r1 = %[i]\n"
		     "r2 = r1\n"
		     "r2 += 4\n"
		     "if r1 > 60 goto 1f\n"
		     "r2 <<= 2\n"
		     "r3 = %[v]\n"
		     "r3 += r2\n"
		     "%[x] = *(u32 *)(r3 + 8)\n"
		     "1:"
		     : [x] "+r"(x)
		     : [i] "r"(i), [v] "r"(v)
		     : "r1", "r2", "r3");
	return (int)x;
}

/* Fixed offsets. */
#define FIXED(name, type, offset)                                                                            \
	IN(name)                                                                                             \
	{                                                                                                    \
		CHECKED(table);                                                                              \
		return (int)*(volatile type *)((char *)v + (offset));                                        \
	}
FIXED(last_bytes, __u64, 128)
FIXED(past_the_end, __u64, 136)
FIXED(across_the_end, __u64, 132)
FIXED(before_the_start, __u64, -8)
FIXED(unaligned, __u32, 3)

IN(write_through)
{
	CHECKED(table);
	v->count++;
	return 0;
}
IN(write_past)
{
	CHECKED(table);
	*(volatile __u64 *)((char *)v + 136) = 1;
	return 0;
}
IN(atomic_add)
{
	CHECKED(table);
	__sync_fetch_and_add(&v->count, 1);
	return 0;
}
IN(atomic_unaligned)
{
	CHECKED(table);
	__sync_fetch_and_add((__u64 *)((char *)v + 4), 1);
	return 0;
}

/* Variables. */
IN(global_read)
{
	__u64 i = ANY();
	if (i >= 32)
		return 0;
	asm volatile("" : "+r"(i));
	return (int)global[i];
}
IN(global_read_past)
{
	__u64 i = ANY();
	if (i > 32)
		return 0;
	asm volatile("" : "+r"(i));
	return (int)global[i];
}
IN(global_written)
{
	__u64 i = ANY() & 31;
	asm volatile("" : "+r"(i));
	global[i] = 1;
	return 0;
}
IN(constant_read)
{
	__u64 i = ANY() & 7;
	asm volatile("" : "+r"(i));
	return (int)primes[i];
}
IN(constant_written)
{
	*(volatile __u32 *)&limit = 1;
	return 0;
}
IN(constant_key)
{
	__u32 key = 3;
	struct value *v = bpf_map_lookup_elem(&array, &key);
	return (int)v->count;
}
IN(constant_key_too_large)
{
	__u32 key = 8;
	struct value *v = bpf_map_lookup_elem(&array, &key);
	return (int)v->count;
}
IN(constant_key_zero)
{
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&counters, &key);
	*v += 1;
	return 0;
}
IN(constant_key_of_hash)
{
	__u32 key = 3;
	struct value *v = bpf_map_lookup_elem(&table, &key);
	return (int)v->count;
}
IN(key_not_set)
{
	__u32 key;
	struct value *v = bpf_map_lookup_elem(&table, &key);
	return v ? (int)v->count : 0;
}

/* Pointers that are computed with. */
IN(pointer_advanced)
{
	CHECKED(table);
	__u32 *p = v->cells, sum = 0;
	for (int i = 0; i < 16; i++)
		sum += *HIDE(p++);
	return (int)sum;
}
IN(pointer_advanced_too_far)
{
	CHECKED(table);
	__u32 *p = v->cells, sum = 0;
	for (int i = 0; i < 48; i++)
		sum += *HIDE(p++);
	return (int)sum;
}
IN(pointer_multiplied)
{
	CHECKED(table);
	__u64 p = (__u64)v;
	asm volatile("%0 *= 2" : "+r"(p));
	return (int)*(__u64 *)p;
}
IN(pointer_masked)
{
	CHECKED(table);
	__u64 p = (__u64)v;
	asm volatile("%0 &= -8" : "+r"(p));
	return (int)*(__u64 *)p;
}
IN(pointer_in_32_bits)
{
	CHECKED(table);
	__u64 p = (__u64)v;
	asm volatile("r1 = %0\n w1 += 8\n %0 = r1" : "+r"(p) : : "r1");
	return (int)*(volatile __u64 *)p;
}
IN(pointer_of_number)
{
	__u64 p = ANY();
	return (int)*(volatile __u64 *)p;
}
IN(pointer_difference)
{
	CHECKED(table);
	return (int)((char *)HIDE((char *)&v->cells[3]) - (char *)v);
}
IN(pointer_stored_and_loaded)
{
	CHECKED(table);
	struct value *volatile p = v;
	return (int)p->count;
}
IN(pointer_stored_in_value)
{
	CHECKED(table);
	v->count = (__u64)v;
	struct value *w = (struct value *)*(volatile __u64 *)&v->count;
	return (int)w->count;
}
IN(bytes_copied)
{
	CHECKED(table);
	__u64 i = ANY() & 31, j = ANY() & 31;
	asm volatile("" : "+r"(i), "+r"(j));
	v->bytes[i] = v->bytes[j + 32];
	return 0;
}
IN(bytes_copied_past)
{
	CHECKED(table);
	__u64 i = ANY() & 31, j = ANY() & 31;
	asm volatile("" : "+r"(i), "+r"(j));
	v->bytes[i + 34] = v->bytes[j];
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loops: bounded, endless, and too long to be followed. */
#include "corpus.h"

#define IN(name) PROGRAM("socket", name, struct __sk_buff)
#define ANY() HIDE((__u64)bpf_get_prandom_u32())

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[64]);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} table SEC(".maps");

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
COUNTED(rounds_10, 10)
COUNTED(rounds_100, 100)
COUNTED(rounds_1000, 1000)
COUNTED(rounds_10000, 10000)
COUNTED(rounds_of_length_masked, (ctx->len & 63))

#define BRANCHES(name, n)                                                                                    \
	IN(name)                                                                                             \
	{                                                                                                    \
		__u64 sum = 0;                                                                               \
		for (__u32 i = 0; i < (n); i++) {                                                            \
			asm volatile("" : "+r"(i));                                                          \
			if (bpf_get_prandom_u32() & 1)                                                       \
				sum += i;                                                                    \
		}                                                                                            \
		return (int)sum;                                                                             \
	}
BRANCHES(branches_10, 10)
BRANCHES(branches_100, 100)
BRANCHES(branches_1000, 1000)

IN(endless)
{
	__u64 x = ctx->len;
	asm volatile("1: if %0 != 5 goto 1b" : "+r"(x));
	return (int)x;
}
IN(endless_always)
{
	asm volatile("1: goto 1b");
	return 0;
}
IN(nested)
{
	__u64 sum = 0;
	for (int i = 0; i < 20; i++)
		for (int j = 0; j < 20; j++) {
			asm volatile("" : "+r"(j));
			sum += j;
		}
	return (int)sum;
}
IN(index_of_loop)
{
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&array, &key), sum = 0;
	if (!v)
		return 0;
	for (__u64 i = 0; i < 64; i++) {
		asm volatile("" : "+r"(i));
		sum += v[i];
	}
	return (int)sum;
}
IN(index_of_loop_past)
{
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&array, &key), sum = 0;
	if (!v)
		return 0;
	for (__u64 i = 0; i <= 64; i++) {
		asm volatile("" : "+r"(i));
		sum += v[i];
	}
	return (int)sum;
}
IN(lookups_in_loop)
{
	__u64 sum = 0;
	for (__u32 i = 0; i < 16; i++) {
		__u32 key = i;
		__u64 *v = bpf_map_lookup_elem(&table, &key);
		if (v)
			sum += *v;
	}
	return (int)sum;
}
IN(sorting)
{
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&array, &key);
	if (!v)
		return 0;
	for (int i = 0; i < 8; i++)
		for (int j = 0; j < 7; j++) {
			asm volatile("" : "+r"(j));
			if (v[j & 7] > v[(j + 1) & 7]) {
				__u64 t = v[j & 7];
				v[j & 7] = v[(j + 1) & 7];
				v[(j + 1) & 7] = t;
			}
		}
	return 0;
}

/* Functions that call back. */
struct context {
	__u64 sum;
};
static long add(__u64 i, void *p)
{
	struct context *c = p;
	c->sum += i;
	return 0;
}
static long add_or_stop(__u64 i, void *p)
{
	struct context *c = p;
	c->sum += i;
	return c->sum > 1000;
}
static long wrong_result(__u64 i, void *p)
{
	return (long)i;
}
static long past(__u64 i, void *p)
{
	struct context *c = p;
	return c[4].sum != 0;
}
IN(loop_helper)
{
	struct context c = {0};
	bpf_loop(100, add, &c, 0);
	return (int)c.sum;
}
IN(loop_helper_that_stops)
{
	struct context c = {0};
	bpf_loop(ctx->len, add_or_stop, &c, 0);
	return (int)c.sum;
}
IN(loop_helper_wrong_result)
{
	struct context c = {0};
	bpf_loop(100, wrong_result, &c, 0);
	return (int)c.sum;
}
IN(loop_helper_past)
{
	struct context c = {0};
	bpf_loop(100, past, &c, 0);
	return (int)c.sum;
}
IN(loop_helper_sum_as_index)
{
	struct context c = {0};
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&array, &key);
	if (!v)
		return 0;
	bpf_loop(3, add, &c, 0);
	return (int)v[c.sum];
}
IN(loop_helper_sum_masked)
{
	struct context c = {0};
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&array, &key);
	if (!v)
		return 0;
	bpf_loop(3, add, &c, 0);
	return (int)v[c.sum & 63];
}
static long each(void *map, __u32 *key, __u64 *value, struct context *c)
{
	c->sum += *value + *key;
	return 0;
}
static long each_past(void *map, __u32 *key, __u64 *value, struct context *c)
{
	c->sum += value[1];
	return 0;
}
static long each_key_written(void *map, __u32 *key, __u64 *value, struct context *c)
{
	*key = 1;
	return 0;
}
IN(for_each)
{
	struct context c = {0};
	bpf_for_each_map_elem(&table, each, &c, 0);
	return (int)c.sum;
}
IN(for_each_past)
{
	struct context c = {0};
	bpf_for_each_map_elem(&table, each_past, &c, 0);
	return (int)c.sum;
}
IN(for_each_key_written)
{
	struct context c = {0};
	bpf_for_each_map_elem(&table, each_key_written, &c, 0);
	return (int)c.sum;
}

/* Iterators over numbers. */
struct bpf_iter_num;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
struct bpf_iter_num {
	__u64 opaque;
} __attribute__((aligned(8)));

#define TRACED(name) PROGRAM("?raw_tp/sys_enter", name, void)
TRACED(iterated)
{
	struct bpf_iter_num it;
	__u64 sum = 0;
	int *i;
	bpf_iter_num_new(&it, 0, 1000);
	while ((i = bpf_iter_num_next(&it)))
		sum += *i;
	bpf_iter_num_destroy(&it);
	return (int)sum;
}
struct locked {
	struct bpf_spin_lock lock;
	__u32 sum;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct locked);
} sums SEC(".maps");
PROGRAM("?tc", iterated_with_a_lock_held, struct __sk_buff)
{
	struct bpf_iter_num it;
	__u32 key = 0;
	int *i;
	struct locked *v = bpf_map_lookup_elem(&sums, &key);
	if (!v)
		return 0;
	bpf_spin_lock(&v->lock);
	bpf_iter_num_new(&it, 0, 1000);
	while ((i = bpf_iter_num_next(&it)))
		v->sum += (__u32)*i;
	bpf_iter_num_destroy(&it);
	bpf_spin_unlock(&v->lock);
	return 0;
}
TRACED(iterated_not_destroyed)
{
	struct bpf_iter_num it;
	__u64 sum = 0;
	int *i;
	bpf_iter_num_new(&it, 0, 1000);
	while ((i = bpf_iter_num_next(&it)))
		sum += *i;
	return (int)sum;
}
TRACED(iterated_not_begun)
{
	struct bpf_iter_num it;
	__u64 sum = 0;
	int *i;
	while ((i = bpf_iter_num_next(&it)))
		sum += *i;
	return (int)sum;
}
TRACED(iterated_nested)
{
	struct bpf_iter_num it, in;
	__u64 sum = 0;
	int *i, *j;
	bpf_iter_num_new(&it, 0, 10);
	while ((i = bpf_iter_num_next(&it))) {
		bpf_iter_num_new(&in, 0, 10);
		while ((j = bpf_iter_num_next(&in)))
			sum += *i + *j;
		bpf_iter_num_destroy(&in);
	}
	bpf_iter_num_destroy(&it);
	return (int)sum;
}
TRACED(iterated_index)
{
	struct bpf_iter_num it;
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&array, &key), sum = 0;
	int *i;
	if (!v)
		return 0;
	bpf_iter_num_new(&it, 0, 64);
	while ((i = bpf_iter_num_next(&it)))
		if (*i >= 0 && *i < 64)
			sum += v[*i];
	bpf_iter_num_destroy(&it);
	return (int)sum;
}
TRACED(iterated_index_not_checked)
{
	struct bpf_iter_num it;
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&array, &key), sum = 0;
	int *i;
	if (!v)
		return 0;
	bpf_iter_num_new(&it, 0, 64);
	while ((i = bpf_iter_num_next(&it)))
		sum += v[*i];
	bpf_iter_num_destroy(&it);
	return (int)sum;
}
TRACED(iterated_counting_past)
{
	struct bpf_iter_num it;
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&array, &key), n = 0;
	if (!v)
		return 0;
	bpf_iter_num_new(&it, 0, 10);
	while (bpf_iter_num_next(&it)) {
		v[HIDE(n)] = 1;
		n++;
	}
	bpf_iter_num_destroy(&it);
	return 0;
}
TRACED(left_early)
{
	struct bpf_iter_num it;
	int *i;
	bpf_iter_num_new(&it, 0, 1000);
	while ((i = bpf_iter_num_next(&it)))
		if (*i == 7)
			return 1;
	bpf_iter_num_destroy(&it);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps in maps: what is looked up in the outer one is a map, if it is there. */
#include "corpus.h"

#define IN(name) PROGRAM("tc", name, struct __sk_buff)

struct cells {
	__u64 cell[4];
};
struct inner_array {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct cells);
};
struct inner_hash {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u64);
	__type(value, struct cells);
};
struct inner_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};
struct locked {
	struct bpf_spin_lock lock;
	__u32 n;
};
struct inner_locks {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct locked);
};
struct timed {
	struct bpf_timer timer;
	__u32 n;
};
struct inner_timers {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct timed);
};
#define OUTER(name, map_type, inner)                                                                         \
	struct {                                                                                             \
		__uint(type, BPF_MAP_TYPE_##map_type##_OF_MAPS);                                             \
		__uint(max_entries, 4);                                                                      \
		__type(key, __u32);                                                                          \
		__array(values, struct inner);                                                               \
	} name SEC(".maps")
OUTER(arrays, ARRAY, inner_array);
OUTER(hashes, HASH, inner_hash);
OUTER(rings, ARRAY, inner_ring);
OUTER(locks, HASH, inner_locks);
OUTER(timers, ARRAY, inner_timers);

#define INNER_OF(outer)                                                                                      \
	__u32 key = bpf_get_prandom_u32();                                                                   \
	void *inner = bpf_map_lookup_elem(&outer, &key);                                                     \
	if (!inner)                                                                                          \
	return 0
#define CELLS_OF(outer)                                                                                      \
	INNER_OF(outer);                                                                                     \
	struct cells *v = bpf_map_lookup_elem(inner, &key);                                                  \
	if (!v)                                                                                              \
	return 0

IN(cell_read)
{
	CELLS_OF(arrays);
	return (int)*(volatile __u64 *)&v->cell[3];
}
IN(cell_past)
{
	CELLS_OF(arrays);
	return (int)((volatile __u64 *)v)[4];
}
IN(cell_written_by_index)
{
	CELLS_OF(arrays);
	__u64 i = HIDE((__u64)bpf_get_prandom_u32());
	if (i < 4)
		((volatile __u64 *)v)[i] = 1;
	return 0;
}
IN(cell_written_by_index_off_by_one)
{
	CELLS_OF(arrays);
	__u64 i = HIDE((__u64)bpf_get_prandom_u32());
	if (i <= 4)
		((volatile __u64 *)v)[i] = 1;
	return 0;
}
IN(inner_not_checked)
{
	__u32 key = 0;
	void *inner = bpf_map_lookup_elem(&arrays, &key);
	return bpf_map_lookup_elem(inner, &key) ? 1 : 0;
}
IN(cell_not_checked)
{
	INNER_OF(arrays);
	struct cells *v = bpf_map_lookup_elem(inner, &key);
	return (int)*(volatile __u64 *)&v->cell[0];
}
IN(inner_read_as_value)
{
	INNER_OF(arrays);
	return *(volatile __u8 *)HIDE(inner + 4000);
}
IN(inner_written)
{
	INNER_OF(arrays);
	*(volatile __u64 *)inner = 1;
	return 0;
}
IN(inner_moved)
{
	INNER_OF(arrays);
	return bpf_map_lookup_elem(HIDE(inner + 8), &key) ? 1 : 0;
}
IN(outer_updated)
{
	__u32 key = 0, value = 0;
	return (int)bpf_map_update_elem(&arrays, &key, &value, 0);
}
IN(inner_updated)
{
	INNER_OF(hashes);
	__u64 long_key = key;
	struct cells cells = {{1}};
	return (int)bpf_map_update_elem(inner, &long_key, &cells, 0);
}
IN(inner_updated_by_short_key)
{
	INNER_OF(hashes);
	struct cells cells = {{1}};
	void *short_key;
	asm volatile("%0 = r10; *(u32 *)(%0 - 4) = 1; %0 += -4" : "=r"(short_key) : : "memory");
	return (int)bpf_map_update_elem(inner, short_key, &cells, 0);
}
IN(inner_updated_by_short_value)
{
	INNER_OF(hashes);
	__u64 long_key = key, value = 1;
	return (int)bpf_map_update_elem(inner, &long_key, &value, 0);
}
IN(inner_deleted)
{
	INNER_OF(hashes);
	__u64 long_key = key;
	return (int)bpf_map_delete_elem(inner, &long_key);
}
IN(inner_popped)
{
	INNER_OF(hashes);
	struct cells cells;
	return (int)bpf_map_pop_elem(inner, &cells);
}
IN(inner_kept_over_a_call)
{
	INNER_OF(arrays);
	bpf_get_prandom_u32();
	struct cells *v = bpf_map_lookup_elem(inner, &key);
	return v ? (int)v->cell[1] : 0;
}
IN(one_of_two)
{
	__u32 key = bpf_get_prandom_u32(), other = 1;
	void *a = bpf_map_lookup_elem(&arrays, &key), *b = bpf_map_lookup_elem(&arrays, &other);
	if (!a || !b)
		return 0;
	struct cells *v = bpf_map_lookup_elem(HIDE(key & 1 ? a : b), &other);
	return v ? (int)v->cell[1] : 0;
}
IN(one_of_two_kinds)
{
	__u32 key = bpf_get_prandom_u32();
	__u64 long_key = 1;
	void *a = bpf_map_lookup_elem(&arrays, &key), *b = bpf_map_lookup_elem(&hashes, &key);
	if (!a || !b)
		return 0;
	struct cells *v = bpf_map_lookup_elem(HIDE(key & 1 ? a : b), &long_key);
	return v ? (int)v->cell[1] : 0;
}
IN(record_of_inner)
{
	INNER_OF(rings);
	__u64 *e = bpf_ringbuf_reserve(inner, 16, 0);
	if (!e)
		return 0;
	e[1] = 1;
	bpf_ringbuf_submit(e, 0);
	return 0;
}
IN(record_of_inner_lost)
{
	INNER_OF(rings);
	__u64 *e = bpf_ringbuf_reserve(inner, 16, 0);
	return e ? 1 : 0;
}
IN(record_of_wrong_inner)
{
	INNER_OF(arrays);
	__u64 *e = bpf_ringbuf_reserve(inner, 16, 0);
	if (e)
		bpf_ringbuf_submit(e, 0);
	return 0;
}
/* As an argument it is whole in the debug information. */
static __attribute__((noinline)) void count(struct locked *v)
{
	v->n++;
}
#define LOCKED_OF(name, key)                                                                                 \
	struct locked *name = bpf_map_lookup_elem(inner, &(key));                                            \
	if (!name)                                                                                           \
	return 0
IN(locked_inner)
{
	INNER_OF(locks);
	LOCKED_OF(v, key);
	count(v);
	bpf_spin_lock(&v->lock);
	v->n++;
	bpf_spin_unlock(&v->lock);
	return 0;
}
IN(locked_inner_kept)
{
	INNER_OF(locks);
	LOCKED_OF(v, key);
	bpf_spin_lock(&v->lock);
	v->n++;
	return 0;
}
IN(other_inner_unlocked)
{
	INNER_OF(locks);
	__u32 second = 3;
	LOCKED_OF(v, key);
	LOCKED_OF(w, second);
	bpf_spin_lock(&v->lock);
	v->n++;
	bpf_spin_unlock(&w->lock);
	return 0;
}
IN(lock_of_inner_written)
{
	INNER_OF(locks);
	LOCKED_OF(v, key);
	*(volatile __u32 *)&v->lock = 1;
	return 0;
}
static int tick(void *map, __u32 *key, struct timed *v)
{
	v->n++;
	return 0;
}
IN(timer_of_inner)
{
	INNER_OF(timers);
	struct timed *v = bpf_map_lookup_elem(inner, &key);
	if (!v)
		return 0;
	bpf_timer_init(&v->timer, inner, 1);
	bpf_timer_set_callback(&v->timer, tick);
	return (int)bpf_timer_start(&v->timer, 1000, 0);
}
IN(timer_of_another_inner)
{
	INNER_OF(timers);
	__u32 second = 1;
	void *other = bpf_map_lookup_elem(&timers, &second);
	if (!other)
		return 0;
	struct timed *v = bpf_map_lookup_elem(other, &key);
	if (!v)
		return 0;
	return (int)bpf_timer_init(&v->timer, inner, 1);
}
static long sum(void *map, const void *key, struct cells *v, __u64 *to)
{
	*to += v->cell[0];
	return 0;
}
static long sum_past(void *map, const void *key, struct cells *v, __u64 *to)
{
	*to += ((volatile __u64 *)v)[4];
	return 0;
}
IN(each_of_inner)
{
	INNER_OF(hashes);
	__u64 all = 0;
	bpf_for_each_map_elem(inner, sum, &all, 0);
	return (int)all;
}
IN(each_of_inner_past)
{
	INNER_OF(hashes);
	__u64 all = 0;
	bpf_for_each_map_elem(inner, sum_past, &all, 0);
	return (int)all;
}
IN(each_of_outer)
{
	__u64 all = 0;
	bpf_for_each_map_elem(&hashes, sum, &all, 0);
	return (int)all;
}
/* It is no memory, whether or not it is there. */
__attribute__((noinline)) int first_of(__u32 *p)
{
	return p ? (int)*p : 0;
}
IN(inner_map_as_memory)
{
	__u32 key = 0;
	return first_of(bpf_map_lookup_elem(&arrays, &key));
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Functions of the program's own: static ones, which are followed, and global ones, which are judged apart.
 */
#include "corpus.h"

#define IN(name) PROGRAM("socket", name, struct __sk_buff)
#define ANY() HIDE((__u64)bpf_get_prandom_u32())
#define STATIC static __attribute__((noinline))
#define GLOBAL __attribute__((noinline))

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64[16]);
} table SEC(".maps");

struct pair {
	__u64 a, b;
};

STATIC __u64 first(__u64 *v)
{
	return *(volatile __u64 *)v;
}
STATIC __u64 at(__u64 *v, __u64 i)
{
	return ((volatile __u64 *)v)[i];
}
STATIC __u64 bounded(__u64 i)
{
	asm volatile("" : "+r"(i));
	return i & 15;
}
STATIC void fill(__u64 *p)
{
	*(volatile __u64 *)p = 3;
}
#define CHECKED                                                                                              \
	__u32 key = 1;                                                                                       \
	__u64 *v = bpf_map_lookup_elem(&table, &key);                                                        \
	if (!v)                                                                                              \
	return 0

IN(value_passed)
{
	CHECKED;
	return (int)first(v);
}
IN(value_passed_not_checked)
{
	__u32 key = 1;
	__u64 *v = bpf_map_lookup_elem(&table, &key);
	return (int)first(v);
}
IN(index_passed)
{
	CHECKED;
	return (int)at(v, ANY() & 15);
}
IN(index_passed_too_large)
{
	CHECKED;
	return (int)at(v, ANY() & 31);
}
IN(index_returned)
{
	CHECKED;
	__u64 i = bounded(ANY());
	return (int)((volatile __u64 *)v)[i];
}
IN(stack_passed)
{
	__u64 x = 0;
	fill(&x);
	return (int)x;
}
IN(stack_passed_and_read)
{
	__u64 x[4] = {1, 2, 3, 4};
	return (int)at(x, ANY() & 3);
}
IN(stack_passed_past)
{
	__u64 x[4] = {1, 2, 3, 4};
	return (int)at(x, ANY() & 127);
}
IN(called_often)
{
	CHECKED;
	return (int)(first(v) + at(v, 1) + at(v, 2) + at(v, ANY() & 7) + at(v, bounded(ANY())));
}

/* Depth of calls, and of their stacks. */
#define LEVEL(n, next)                                                                                       \
	STATIC __u64 level##n(__u64 x)                                                                       \
	{                                                                                                    \
		asm volatile("" : "+r"(x));                                                                  \
		return next(x) + 1;                                                                          \
	}
STATIC __u64 level0(__u64 x)
{
	asm volatile("" : "+r"(x));
	return x;
}
LEVEL(1, level0)
LEVEL(2, level1)
LEVEL(3, level2)
LEVEL(4, level3)
LEVEL(5, level4)
LEVEL(6, level5)
LEVEL(7, level6)
LEVEL(8, level7)
IN(seven_deep)
{
	return (int)level5(ctx->len);
}
IN(eight_deep)
{
	return (int)level6(ctx->len);
}
IN(nine_deep)
{
	return (int)level7(ctx->len);
}
IN(ten_deep)
{
	return (int)level8(ctx->len);
}
#define TAKES(name, bytes)                                                                                   \
	STATIC __u64 name(__u64 x)                                                                           \
	{                                                                                                    \
		volatile __u8 a[bytes];                                                                      \
		a[0] = x;                                                                                    \
		a[(bytes)-1] = x;                                                                            \
		return a[0];                                                                                 \
	}
TAKES(takes_200, 200)
TAKES(takes_300, 300)
TAKES(takes_440, 440)
#define WITH(name, type, bytes, callee)                                                                      \
	PROGRAM(type, name, void)                                                                            \
	{                                                                                                    \
		volatile __u8 a[bytes];                                                                      \
		a[0] = 1;                                                                                    \
		a[(bytes)-1] = 1;                                                                            \
		return (int)(callee(a[0]) + a[(bytes)-1]);                                                   \
	}
WITH(stack_200_and_200, "socket", 200, takes_200)
WITH(stack_200_and_300, "socket", 200, takes_300)
WITH(stack_300_and_300, "socket", 300, takes_300)
WITH(stack_16_and_440, "socket", 16, takes_440)
WITH(stack_64_and_440, "socket", 64, takes_440)
WITH(stack_80_and_440, "socket", 80, takes_440)
WITH(traced_300_and_300, "raw_tp/sys_enter", 300, takes_300)
WITH(traced_400_and_440, "kprobe/do_nanosleep", 400, takes_440)

/* Global functions. */
GLOBAL int global_number(int x)
{
	return x + 1;
}
GLOBAL int global_index(__u64 i)
{
	CHECKED;
	return (int)((volatile __u64 *)v)[i];
}
GLOBAL int global_index_checked(__u64 i)
{
	CHECKED;
	if (i >= 16)
		return 0;
	asm volatile("" : "+r"(i));
	return (int)((volatile __u64 *)v)[i];
}
GLOBAL int global_memory(struct pair *p)
{
	return p ? (int)p->a : 0;
}
GLOBAL int global_memory_not_checked(struct pair *p)
{
	return (int)p->a;
}
GLOBAL int global_memory_past(struct pair *p)
{
	return p ? (int)*(volatile __u64 *)(p + 1) : 0;
}
GLOBAL int global_memory_written(struct pair *p)
{
	if (p)
		p->b = 1;
	return 0;
}
GLOBAL int global_nonnull(struct pair *p __attribute__((btf_decl_tag("arg:nonnull"))))
{
	return (int)p->a;
}
GLOBAL int global_context(struct __sk_buff *ctx)
{
	return (int)ctx->len;
}
GLOBAL int global_context_wrong(struct __sk_buff *ctx)
{
	return (int)*(volatile __u32 *)((char *)ctx + 200);
}
IN(calls_number)
{
	return global_number((int)ctx->len);
}
IN(calls_number_as_index)
{
	CHECKED;
	return (int)((volatile __u64 *)v)[(__u32)global_number(1)];
}
IN(calls_index)
{
	return global_index(3);
}
IN(calls_index_checked)
{
	return global_index_checked(ANY());
}
IN(calls_memory)
{
	struct pair p = {1, 2};
	return global_memory(&p);
}
IN(calls_memory_null)
{
	return global_memory(0);
}
IN(calls_memory_not_checked)
{
	struct pair p = {1, 2};
	return global_memory_not_checked(&p);
}
IN(calls_memory_past)
{
	struct pair p = {1, 2};
	return global_memory_past(&p);
}
IN(calls_memory_written)
{
	struct pair p = {1, 2};
	global_memory_written(&p);
	return (int)p.b;
}
IN(calls_memory_too_small)
{
	__u64 x = 1;
	return global_memory((struct pair *)HIDE(&x));
}
IN(calls_memory_of_map)
{
	CHECKED;
	return global_memory((struct pair *)v);
}
IN(calls_memory_at_the_end)
{
	CHECKED;
	return global_memory((struct pair *)&v[15]);
}
IN(calls_memory_maybe_null)
{
	__u32 key = 1;
	return global_memory(bpf_map_lookup_elem(&table, &key));
}
IN(calls_nonnull)
{
	struct pair p = {1, 2};
	return global_nonnull(&p);
}
IN(calls_nonnull_with_null)
{
	return global_nonnull((struct pair *)HIDE(0UL));
}
IN(calls_nonnull_maybe_null)
{
	__u32 key = 1;
	return global_nonnull(bpf_map_lookup_elem(&table, &key));
}
IN(calls_context)
{
	return global_context(ctx);
}
IN(calls_context_wrong)
{
	return global_context_wrong(ctx);
}
IN(calls_context_with_number)
{
	return global_context((struct __sk_buff *)ANY());
}

/* Results of branches that agree, so that paths may be joined. */
#define JOIN8(x)                                                                                             \
	if (ctx->hash & 1)                                                                                   \
		x++;                                                                                         \
	if (ctx->hash & 2)                                                                                   \
		x++;                                                                                         \
	if (ctx->hash & 4)                                                                                   \
		x++;                                                                                         \
	if (ctx->hash & 8)                                                                                   \
		x++;                                                                                         \
	if (ctx->hash & 16)                                                                                  \
		x++;                                                                                         \
	if (ctx->hash & 32)                                                                                  \
		x++;                                                                                         \
	if (ctx->hash & 64)                                                                                  \
		x++;                                                                                         \
	if (ctx->hash & 128)                                                                                 \
	x++
IN(branches_joined)
{
	volatile int y = 0;
	JOIN8(y);
	return y;
}
IN(branches_counted)
{
	__u64 x = 0;
	JOIN8(x);
	asm volatile("" : "+r"(x));
	return (int)x;
}
IN(branches_as_index)
{
	__u64 x = 0;
	CHECKED;
	JOIN8(x);
	asm volatile("" : "+r"(x));
	return (int)((volatile __u64 *)v)[x];
}
IN(branches_as_index_too_large)
{
	__u64 x = 8;
	CHECKED;
	JOIN8(x);
	asm volatile("" : "+r"(x));
	return (int)((volatile __u64 *)v)[x];
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Global functions whose arguments have tags: objects of the kernel, NULL or not, the context; and dynptrs.
 */
#include "corpus.h"

#define TAG(x) __attribute__((btf_decl_tag("arg:" x)))
#define GLOBAL __attribute__((noinline))

struct sock_common {
	unsigned short skc_family;
} KERNELS;
struct sock {
	struct sock_common __sk_common;
	int sk_sndbuf;
} KERNELS;
struct tcp_sock {
	__u32 snd_cwnd, srtt_us;
} KERNELS;
struct ack_sample {
	__u32 pkts_acked;
	int rtt_us;
} KERNELS;
struct tcp_congestion_ops {
	void (*init)(struct sock *);
	void (*pkts_acked)(struct sock *, const struct ack_sample *);
	char name[16];
};
struct bpf_dummy_ops_state {
	int val;
} KERNELS;
struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64[4]);
} table SEC(".maps");

#define IN_OPS(ops, member, fn)                                                                              \
	SEC("struct_ops/" #member) __u64 fn(__u64 *ctx);                                                     \
	SEC(".struct_ops.link") struct ops ops_##fn = {.member = (void *)fn};                                \
	__u64 fn(__u64 *ctx)
#define INIT(fn) IN_OPS(tcp_congestion_ops, init, fn)
#define ACKED(fn) IN_OPS(tcp_congestion_ops, pkts_acked, fn)
#define TEST(fn) IN_OPS(bpf_dummy_ops, test_1, fn)
#define TP ((struct tcp_sock *)ctx[0])

/* An object that is sure to be there. */
GLOBAL int window(struct tcp_sock *tp TAG("trusted"))
{
	return READ(tp->snd_cwnd);
}
INIT(trusted)
{
	return window(TP);
}
ACKED(trusted_of_another_struct)
{
	return window((void *)ctx[1]);
}
INIT(trusted_is_null)
{
	return window(0);
}
INIT(trusted_is_a_number)
{
	return window((void *)HIDE(ctx));
}
GLOBAL int family(struct sock_common *sk TAG("trusted"))
{
	return READ(sk->skc_family);
}
INIT(trusted_as_its_beginning)
{
	return family((void *)TP);
}
GLOBAL int set_window(struct tcp_sock *tp TAG("trusted"))
{
	WRITE(tp->snd_cwnd, 10);
	return 0;
}
INIT(trusted_written)
{
	return set_window(TP);
}
GLOBAL int set_time(struct tcp_sock *tp TAG("trusted"))
{
	WRITE(tp->srtt_us, 10);
	return 0;
}
INIT(trusted_written_where_it_is_read)
{
	return set_time(TP);
}

/* Or not: then it is to be compared. */
GLOBAL int maybe_compared(struct bpf_dummy_ops_state *state TAG("trusted") TAG("nullable"))
{
	return state ? READ(state->val) : -1;
}
TEST(nullable)
{
	return maybe_compared((void *)ctx[0]);
}
TEST(nullable_is_null)
{
	return maybe_compared(0);
}
GLOBAL int maybe_not_compared(struct bpf_dummy_ops_state *state TAG("trusted") TAG("nullable"))
{
	return READ(state->val);
}
TEST(nullable_not_compared)
{
	return maybe_not_compared((void *)ctx[0]);
}
GLOBAL int certain(struct bpf_dummy_ops_state *state TAG("trusted"))
{
	return READ(state->val);
}
TEST(maybe_null_as_trusted)
{
	return certain((void *)ctx[0]);
}
TEST(compared_as_trusted)
{
	void *state = (void *)ctx[0];
	return state ? certain(state) : 0;
}

/* Tags that do not go together. */
GLOBAL int both(struct tcp_sock *tp TAG("trusted") TAG("nonnull"))
{
	return 0;
}
INIT(trusted_and_nonnull)
{
	return both(TP);
}
GLOBAL int nullable_memory(int *p TAG("nullable"))
{
	return p ? *p : 0;
}
INIT(nullable_without_trusted)
{
	int x = 1;
	return nullable_memory(&x);
}
GLOBAL int tagged_number(int n TAG("nonnull"))
{
	return n;
}
INIT(tag_of_a_number)
{
	return tagged_number(1);
}
GLOBAL int unknown_tag(int *p TAG("no_such"))
{
	return 0;
}
INIT(tag_that_is_none)
{
	int x = 1;
	return unknown_tag(&x);
}
struct of_no_kernel {
	int x;
};
GLOBAL int other_struct(struct of_no_kernel *p TAG("trusted"))
{
	return 0;
}
INIT(trusted_of_no_kernel)
{
	return other_struct((void *)TP);
}
GLOBAL int no_size(void *p)
{
	return 0;
}
INIT(pointer_to_nothing)
{
	int x = 1;
	return no_size(&x);
}

/* Memory that is never NULL. */
GLOBAL int nonnull(__u64 *p TAG("nonnull"))
{
	return *(volatile __u64 *)p;
}
INIT(nonnull_of_stack)
{
	__u64 x = 1;
	return nonnull(&x);
}
INIT(nonnull_not_compared)
{
	__u32 key = 0;
	return nonnull(bpf_map_lookup_elem(&table, &key));
}
INIT(nonnull_of_less)
{
	int x = 1;
	return nonnull((void *)&x);
}

/* The context. */
GLOBAL int by_context(__u64 *ctx TAG("ctx"))
{
	return READ(TP->snd_cwnd);
}
INIT(context)
{
	return by_context(ctx);
}
INIT(context_is_not)
{
	__u64 x[1] = {1};
	return by_context(x);
}

/* What may be gone. */
GLOBAL int careful(struct tcp_sock *tp TAG("untrusted"))
{
	return READ(tp->snd_cwnd);
}
INIT(untrusted)
{
	return careful(TP);
}
INIT(untrusted_is_a_number)
{
	return careful((void *)7);
}
GLOBAL int careful_of_bytes(int *p TAG("untrusted"))
{
	return *(volatile int *)p;
}
INIT(untrusted_bytes)
{
	return careful_of_bytes((void *)TP);
}
GLOBAL int careless(int *p TAG("untrusted"))
{
	*(volatile int *)p = 1;
	return 0;
}
INIT(untrusted_written)
{
	return careless((void *)TP);
}

/* Arenas: any number will do. */
GLOBAL int in_arena(int *p TAG("arena"))
{
	return (__u64)p & 1;
}
INIT(arena_of_a_number)
{
	return in_arena((void *)5);
}
INIT(arena_of_an_object)
{
	return in_arena((void *)TP);
}

/* Dynptrs. */
GLOBAL int read_of(const struct bpf_dynptr *d)
{
	__u64 x = 0;
	return bpf_dynptr_read(&x, sizeof x, d, 0, 0) ? 0 : x;
}
#define MADE                                                                                                 \
	__u32 key = 0;                                                                                       \
	__u64 *v = bpf_map_lookup_elem(&table, &key);                                                        \
	struct bpf_dynptr d;                                                                                 \
	if (!v)                                                                                              \
		return 0;                                                                                    \
	bpf_dynptr_from_mem(v, 32, 0, &d)
GLOBAL int read_of_kept(const struct bpf_dynptr *d)
{
	const struct bpf_dynptr *volatile kept = d;
	__u64 x = 0;
	return bpf_dynptr_read(&x, sizeof x, kept, 0, 0) ? 0 : x;
}
INIT(dynptr)
{
	MADE;
	return read_of(&d);
}
INIT(dynptr_kept_on_the_stack)
{
	MADE;
	return read_of_kept(&d);
}
INIT(dynptr_not_made)
{
	struct bpf_dynptr d;
	asm volatile("" ::"r"(&d) : "memory");
	return read_of(&d);
}
INIT(dynptr_moved)
{
	MADE;
	return read_of((void *)((char *)&d + 8));
}
GLOBAL int slice_of(const struct bpf_dynptr *d)
{
	__u64 *x = bpf_dynptr_data(d, 0, 16);
	return x ? READ(x[1]) : 0;
}
INIT(dynptr_data)
{
	MADE;
	return slice_of(&d);
}
GLOBAL int slice_too_far(const struct bpf_dynptr *d)
{
	__u64 *x = bpf_dynptr_data(d, 0, 16);
	return x ? READ(x[2]) : 0;
}
INIT(dynptr_data_behind)
{
	MADE;
	return slice_too_far(&d);
}
GLOBAL int made_again(const struct bpf_dynptr *d)
{
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&table, &key);
	return v ? bpf_dynptr_from_mem(v, 32, 0, (void *)d) : 0;
}
INIT(dynptr_made_where_one_is_passed)
{
	MADE;
	return made_again(&d);
}
GLOBAL int inside_of(const struct bpf_dynptr *d)
{
	return *(volatile int *)d;
}
INIT(dynptr_looked_into)
{
	MADE;
	return inside_of(&d);
}
GLOBAL void nothing(int *p)
{
	if (p)
		*(volatile int *)p = 1;
}
INIT(function_without_result)
{
	int x = 1;
	nothing(&x);
	return x;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Dynptrs that the kernel's functions make, clone and cut slices of; those of newer kernels are weak. */
#include "local.h"

KFUNC int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *to);
KFUNC int bpf_dynptr_from_xdp(struct xdp_md *xdp, __u64 flags, struct bpf_dynptr *to);
KFUNC void *bpf_dynptr_slice(const struct bpf_dynptr *d, __u64 at, void *copy, __u64 size);
KFUNC void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *d, __u64 at, void *copy, __u64 size);
KFUNC int bpf_dynptr_adjust(const struct bpf_dynptr *d, __u64 from, __u64 to);
KFUNC int bpf_dynptr_clone(const struct bpf_dynptr *d, struct bpf_dynptr *to);
KFUNC _Bool bpf_dynptr_is_null(const struct bpf_dynptr *d);
KFUNC _Bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *d);
KFUNC __u32 bpf_dynptr_size(const struct bpf_dynptr *d);
NEWER int bpf_dynptr_from_skb_meta(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *to);
NEWER int bpf_dynptr_copy(
	struct bpf_dynptr *to, __u64 at, struct bpf_dynptr *from, __u64 from_at, __u64 size);
NEWER int bpf_dynptr_memset(struct bpf_dynptr *d, __u64 at, __u64 size, __u8 value);
struct task_struct {
	int pid;
} __attribute__((preserve_access_index));
struct file {
	unsigned int f_flags;
} __attribute__((preserve_access_index));
NEWER int bpf_dynptr_from_file(struct file *file, __u32 flags, struct bpf_dynptr *to);
NEWER int bpf_dynptr_file_discard(struct bpf_dynptr *d);
NEWER int bpf_copy_from_user_dynptr(struct bpf_dynptr *to, __u64 at, __u64 size, const void *from);
NEWER int bpf_copy_from_user_task_dynptr(
	struct bpf_dynptr *to, __u64 at, __u64 size, const void *from, struct task_struct *of);
NEWER int bpf_probe_read_kernel_dynptr(struct bpf_dynptr *to, __u64 at, __u64 size, const void *from);
KFUNC struct file *bpf_get_task_exe_file(struct task_struct *task);
KFUNC void bpf_put_file(struct file *file);
struct cgroup;
struct cgroup_subsys_state {
	struct cgroup *cgroup;
} __attribute__((preserve_access_index));
struct cgroup {
	struct cgroup_subsys_state self;
} __attribute__((preserve_access_index));
KFUNC struct cgroup *bpf_cgroup_from_id(__u64 id);
KFUNC void bpf_cgroup_release(struct cgroup *cgroup);
NEWER int bpf_cgroup_read_xattr(struct cgroup *cgroup, const char *name, struct bpf_dynptr *to);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[4]);
} values SEC(".maps");
static const char attribute[] = "user.name";

#define SKB(d)                                                                                               \
	struct bpf_dynptr d;                                                                                 \
	bpf_dynptr_from_skb(ctx, 0, &d)
#define RING(d)                                                                                              \
	struct bpf_dynptr d;                                                                                 \
	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d)
#define VALUE                                                                                                \
	__u32 key = 0;                                                                                       \
	__u64 *v = bpf_map_lookup_elem(&values, &key)
#define LOCAL(d)                                                                                             \
	struct bpf_dynptr d;                                                                                 \
	VALUE;                                                                                               \
	if (!v)                                                                                              \
		return 0;                                                                                    \
	bpf_dynptr_from_mem(v, 32, 0, &d)

TC(read_by_a_slice)
{
	__u8 copy[14];
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, copy, sizeof copy);
	return p ? READ(p[12]) : 0;
}
TC(slice_not_compared)
{
	__u8 copy[14];
	SKB(d);
	return READ(((__u8 *)bpf_dynptr_slice(&d, 0, copy, sizeof copy))[12]);
}
TC(slice_without_a_copy)
{
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 14);
	return p ? READ(p[13]) : 0;
}
TC(slice_beyond_its_end)
{
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 14);
	return p ? READ(p[14]) : 0;
}
TC(slice_at_any_offset)
{
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, ctx->mark, 0, 14);
	return p ? READ(p[0]) : 0;
}
TC(slice_of_any_size)
{
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, HIDE(ctx->mark) & 7);
	return p ? 1 : 0;
}
TC(slice_of_a_size_by_path)
{
	SKB(d);
	__u64 size = HIDE(ctx->mark) ? 4 : 8;
	if (ctx->len > 100)
		size = HIDE(8);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, size);
	return p ? 1 : 0;
}
TC(slice_larger_than_its_copy)
{
	__u8 copy[8];
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, copy, 24);
	return p ? READ(p[0]) : 0;
}
TC(copy_that_may_be_null)
{
	VALUE;
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, v, 32);
	return p ? READ(p[0]) : 0;
}
TC(slice_written)
{
	__u8 copy[8];
	SKB(d);
	__u8 *p = bpf_dynptr_slice_rdwr(&d, 0, copy, sizeof copy);
	if (p)
		WRITE(p[0], 1);
	return 0;
}
TC(read_only_slice_written)
{
	__u8 copy[8];
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, copy, sizeof copy);
	if (p)
		WRITE(p[0], 1);
	return 0;
}
SEC("cgroup_skb/egress") int slice_to_write_where_packets_are_read(struct __sk_buff *ctx)
{
	__u8 copy[8];
	SKB(d);
	return bpf_dynptr_slice_rdwr(&d, 0, copy, sizeof copy) ? 1 : 0;
}
SEC("cgroup_skb/egress") int slice_where_packets_are_read(struct __sk_buff *ctx)
{
	__u8 copy[8];
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, copy, sizeof copy);
	return p ? READ(p[0]) & 1 : 1;
}
SEC("socket") int packet_of_a_filter(struct __sk_buff *ctx)
{
	__u64 x = 0;
	SKB(d);
	bpf_dynptr_read(&x, sizeof x, &d, 0, 0);
	return (int)x;
}
SEC("raw_tp/sys_enter") int slice_to_write_of_a_value(void *ctx)
{
	LOCAL(d);
	return bpf_dynptr_slice_rdwr(&d, 0, 0, 8) ? 1 : 0;
}
SEC("raw_tp/sys_enter") int slice_of_a_value(void *ctx)
{
	LOCAL(d);
	__u64 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	return p ? (int)READ(*p) : 0;
}
SEC("xdp") int slice_of_a_frame(struct xdp_md *ctx)
{
	__u8 copy[8];
	struct bpf_dynptr d;
	bpf_dynptr_from_xdp(ctx, 0, &d);
	__u8 *p = bpf_dynptr_slice_rdwr(&d, 0, copy, sizeof copy);
	if (p)
		WRITE(p[1], READ(p[0]));
	return 2;
}
SEC("xdp") int frame_as_a_packet(struct xdp_md *ctx)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_skb((void *)ctx, 0, &d);
	return 2;
}
TC(packet_as_a_frame)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_xdp((void *)ctx, 0, &d);
	return 0;
}
TC(of_a_moved_context)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_skb((void *)ctx + 8, 0, &d);
	return 0;
}
TC(of_no_context)
{
	struct bpf_dynptr d;
	__u64 x[32] = {0};
	bpf_dynptr_from_skb((void *)x, 0, &d);
	return 0;
}
SEC("tp_btf/kfree_skb") int packet_of_a_tracepoint(__u64 *ctx)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_skb((void *)ctx[0], 0, &d);
	return bpf_dynptr_size(&d) & 1;
}
SEC("tp_btf/kfree_skb") int no_packet_of_a_tracepoint(__u64 *ctx)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_skb((void *)bpf_get_current_task_btf(), 0, &d);
	return 0;
}
TC(made_in_a_value)
{
	VALUE;
	if (v)
		bpf_dynptr_from_skb(ctx, 0, (void *)v);
	return 0;
}
TC(made_at_half_a_slot)
{
	__u64 place[4] = {0};
	bpf_dynptr_from_skb(ctx, 0, (void *)place + 4);
	return 0;
}
SEC("xdp") int slice_after_the_frame_has_moved(struct xdp_md *ctx)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_xdp(ctx, 0, &d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	if (!p)
		return 1;
	bpf_xdp_adjust_head(ctx, 4);
	return READ(p[0]) & 1;
}
TC(slice_after_the_packet_was_pulled)
{
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	if (!p)
		return 0;
	bpf_skb_pull_data(ctx, 0);
	return READ(p[0]);
}
TC(dynptr_after_the_packet_was_pulled)
{
	SKB(d);
	bpf_skb_pull_data(ctx, 0);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	return p ? READ(p[0]) : 0;
}
TC(slice_after_a_write)
{
	__u64 x = 1;
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	if (!p)
		return 0;
	bpf_dynptr_write(&d, 0, &x, sizeof x, 0);
	return READ(p[0]);
}
TC(data_after_a_write)
{
	__u64 x = 1;
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	SKB(d);
	if (data + 8 > end)
		return 0;
	bpf_dynptr_write(&d, 0, &x, sizeof x, 0);
	return READ(*(__u8 *)data);
}
TC(slice_of_a_value_after_a_write)
{
	__u64 x = 1;
	LOCAL(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	if (!p)
		return 0;
	bpf_dynptr_write(&d, 0, &x, sizeof x, 0);
	bpf_skb_pull_data(ctx, 0);
	return READ(p[0]);
}
TC(slice_of_what_was_made_again)
{
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	bpf_dynptr_from_skb(ctx, 0, &d);
	return p ? READ(p[0]) : 0;
}
TC(slice_to_write_of_what_was_made_again)
{
	SKB(d);
	__u8 *p = bpf_dynptr_slice_rdwr(&d, 0, 0, 8);
	bpf_dynptr_from_skb(ctx, 0, &d);
	return p ? READ(p[0]) : 0;
}
TC(slice_of_a_value_that_was_overwritten)
{
	LOCAL(d);
	__u8 *p = bpf_dynptr_slice_rdwr(&d, 0, 0, 8);
	bpf_dynptr_from_skb(ctx, 0, &d);
	return p ? READ(p[0]) : 0;
}
TC(record_written_by_a_slice)
{
	RING(d);
	__u8 *p = bpf_dynptr_slice_rdwr(&d, 0, 0, 8);
	if (p)
		WRITE(p[0], 1);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}
TC(slice_of_a_submitted_record)
{
	RING(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return p ? READ(p[0]) : 0;
}
TC(clone_submitted)
{
	struct bpf_dynptr clone;
	RING(d);
	bpf_dynptr_clone(&d, &clone);
	bpf_ringbuf_submit_dynptr(&clone, 0);
	return 0;
}
TC(clone_lost)
{
	struct bpf_dynptr clone;
	RING(d);
	bpf_dynptr_clone(&d, &clone);
	return 0;
}
TC(used_after_its_clone_was_submitted)
{
	__u64 x = 1;
	struct bpf_dynptr clone;
	RING(d);
	bpf_dynptr_clone(&d, &clone);
	bpf_ringbuf_submit_dynptr(&clone, 0);
	bpf_dynptr_write(&d, 0, &x, sizeof x, 0);
	return 0;
}
TC(both_submitted)
{
	struct bpf_dynptr clone;
	RING(d);
	bpf_dynptr_clone(&d, &clone);
	bpf_ringbuf_submit_dynptr(&clone, 0);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}
TC(data_of_a_clone_of_what_was_submitted)
{
	struct bpf_dynptr clone;
	RING(d);
	bpf_dynptr_clone(&d, &clone);
	__u8 *p = bpf_dynptr_data(&clone, 0, 8);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return p ? READ(*p) : 0;
}
TC(clone_of_nothing)
{
	struct bpf_dynptr d, clone;
	bpf_dynptr_clone(&d, &clone);
	return 0;
}
TC(one_of_two_is_overwritten)
{
	struct bpf_dynptr clone;
	RING(d);
	bpf_dynptr_clone(&d, &clone);
	bpf_dynptr_from_skb(ctx, 0, &d);
	bpf_ringbuf_submit_dynptr(&clone, 0);
	return 0;
}
TC(both_are_overwritten)
{
	struct bpf_dynptr clone;
	RING(d);
	bpf_dynptr_clone(&d, &clone);
	bpf_dynptr_from_skb(ctx, 0, &d);
	bpf_dynptr_from_skb(ctx, 0, &clone);
	return 0;
}
TC(record_is_overwritten)
{
	RING(d);
	bpf_dynptr_from_skb(ctx, 0, &d);
	return 0;
}
TC(slice_of_a_clone_that_was_overwritten)
{
	struct bpf_dynptr clone;
	SKB(d);
	bpf_dynptr_clone(&d, &clone);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	bpf_dynptr_from_skb(ctx, 0, &clone);
	return p ? READ(p[0]) : 0;
}
/* Which of the two is overwritten, with the slice, depends on the way that led here. */
TC(slice_of_either)
{
	struct bpf_dynptr a, b;
	__u8 *p;
	if (HIDE(ctx->mark)) {
		bpf_dynptr_from_skb(ctx, 0, &a);
		p = bpf_dynptr_slice(&a, 0, 0, 8);
		bpf_dynptr_from_skb(ctx, 0, &b);
	} else {
		bpf_dynptr_from_skb(ctx, 0, &b);
		p = bpf_dynptr_slice(&b, 0, 0, 8);
		bpf_dynptr_from_skb(ctx, 0, &a);
	}
	if (!p)
		return 0;
	WRITE(*(__u64 *)&b, 1);
	return READ(p[0]);
}
TC(slice_of_the_only_one)
{
	struct bpf_dynptr a, b;
	__u8 *p;
	if (HIDE(ctx->mark)) {
		bpf_dynptr_from_skb(ctx, 0, &b);
		p = bpf_dynptr_slice(&b, 0, 0, 8);
		bpf_dynptr_from_skb(ctx, 0, &a);
	} else {
		bpf_dynptr_from_skb(ctx, 0, &a);
		p = bpf_dynptr_slice(&a, 0, 0, 8);
	}
	if (!p)
		return 0;
	WRITE(*(__u64 *)&b, 1);
	return READ(p[0]);
}
TC(made_in_a_loop)
{
	int sum = 0;
	for (int i = 0; i < 10; i++) {
		SKB(d);
		__u8 *p = bpf_dynptr_slice(&d, i, 0, 1);
		if (!p)
			break;
		sum += READ(p[0]);
	}
	return sum;
}
TC(packet_submitted)
{
	SKB(d);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}
TC(asked_and_cut)
{
	SKB(d);
	if (bpf_dynptr_is_null(&d) || bpf_dynptr_is_rdonly(&d) || bpf_dynptr_adjust(&d, 4, 8))
		return 0;
	return bpf_dynptr_size(&d);
}
TC(size_of_nothing)
{
	struct bpf_dynptr d;
	return bpf_dynptr_size(&d);
}
TC(size_of_its_second_half)
{
	SKB(d);
	return bpf_dynptr_size((void *)&d + 8);
}
TC(size_of_null)
{
	return bpf_dynptr_size(0);
}
TC(made_on_one_path)
{
	struct bpf_dynptr d;
	if (ctx->mark)
		bpf_dynptr_from_skb(ctx, 0, &d);
	return bpf_dynptr_size(&d);
}
TC(read_as_memory)
{
	SKB(d);
	return (int)READ(*(__u64 *)&d);
}
TC(read_into_itself)
{
	SKB(d);
	return (int)bpf_dynptr_read(&d, sizeof d, &d, 0, 0);
}
TC(read_beside_itself)
{
	__u64 x[2];
	SKB(d);
	return (int)bpf_dynptr_read(x, sizeof x, &d, 0, 0);
}
TC(memory_read_into_it)
{
	SKB(d);
	bpf_skb_load_bytes(ctx, 0, &d, 8);
	return 0;
}
TC(written_as_memory)
{
	SKB(d);
	WRITE(*(__u64 *)&d, 1);
	return bpf_dynptr_size(&d);
}
static __attribute__((noinline)) int cut(struct __sk_buff *ctx, struct bpf_dynptr *d)
{
	__u8 *p = bpf_dynptr_slice(d, 0, 0, 8);
	return p ? READ(p[0]) : 0;
}
TC(passed_to_a_function)
{
	SKB(d);
	return cut(ctx, &d);
}
__attribute__((noinline)) int size_of(const struct bpf_dynptr *d)
{
	__u8 *p = bpf_dynptr_slice(d, 0, 0, 8);
	return bpf_dynptr_size(d) + (p ? READ(p[7]) : 0);
}
TC(passed_to_a_global_function)
{
	SKB(d);
	return size_of(&d);
}
__attribute__((noinline)) int cloned(const struct bpf_dynptr *d)
{
	struct bpf_dynptr clone;
	bpf_dynptr_clone(d, &clone);
	return bpf_dynptr_size(&clone);
}
TC(passed_to_be_cloned)
{
	LOCAL(d);
	return cloned(&d);
}
__attribute__((noinline)) int pull(struct __sk_buff *skb)
{
	return bpf_skb_pull_data(skb, 0);
}
TC(slice_after_a_function_that_pulls)
{
	SKB(d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	if (!p)
		return 0;
	pull(ctx);
	return READ(p[0]);
}
__attribute__((noinline)) int pull_and_read(struct __sk_buff *skb, __u64 *x)
{
	bpf_skb_pull_data(skb, 0);
	return x ? (int)*x : 0;
}
TC(slice_to_a_function_that_pulls)
{
	SKB(d);
	__u64 *p = bpf_dynptr_slice_rdwr(&d, 0, 0, 8);
	return p ? pull_and_read(ctx, p) : 0;
}
TC(meta_read)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_skb_meta(ctx, 0, &d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 4);
	return p ? READ(p[0]) : 0;
}
TC(slice_of_meta_after_the_packet_was_pulled)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_skb_meta(ctx, 0, &d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 4);
	if (!p)
		return 0;
	bpf_skb_pull_data(ctx, 0);
	return READ(p[0]);
}
TC(slice_of_meta_after_a_write)
{
	struct bpf_dynptr d;
	__u32 x = 1;
	bpf_dynptr_from_skb_meta(ctx, 0, &d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 4);
	if (!p)
		return 0;
	bpf_dynptr_write(&d, 0, &x, sizeof x, 0);
	return READ(p[0]);
}
SEC("cgroup_skb/egress") int meta_of_a_cgroup(struct __sk_buff *ctx)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_skb_meta(ctx, 0, &d);
	return 1;
}
TC(copied)
{
	LOCAL(d);
	SKB(from);
	return bpf_dynptr_copy(&d, 0, &from, 0, 16);
}
TC(copied_from_nothing)
{
	struct bpf_dynptr from;
	LOCAL(d);
	return bpf_dynptr_copy(&d, 0, &from, 0, 16);
}
TC(filled)
{
	LOCAL(d);
	return bpf_dynptr_memset(&d, 0, 8, 7);
}
TC(value_filled)
{
	VALUE;
	return v ? bpf_dynptr_memset((void *)v, 0, 8, 7) : 0;
}
OF_MAP(A) struct bpf_spin_lock lock;
TC(size_with_a_lock_held)
{
	SKB(d);
	bpf_spin_lock(&lock);
	__u32 n = bpf_dynptr_size(&d);
	bpf_spin_unlock(&lock);
	return n;
}

/* Of files: what is held of one is given back before the file is. */
#define OF_A_FILE(name) SEC("lsm.s/file_open") int name(__u64 *ctx)
#define EXE(file)                                                                                            \
	struct file *file = bpf_get_task_exe_file(bpf_get_current_task_btf());                               \
	if (!file)                                                                                           \
	return 0
OF_A_FILE(file_read)
{
	__u64 x = 0;
	struct bpf_dynptr d;
	EXE(file);
	bpf_dynptr_from_file(file, 0, &d);
	bpf_dynptr_read(&x, sizeof x, &d, 0, 0);
	bpf_dynptr_file_discard(&d);
	bpf_put_file(file);
	return x ? 0 : -1;
}
OF_A_FILE(file_of_the_hook)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_file((void *)ctx[0], 0, &d);
	bpf_dynptr_file_discard(&d);
	return 0;
}
OF_A_FILE(file_dynptr_lost)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_file((void *)ctx[0], 0, &d);
	return 0;
}
OF_A_FILE(file_put_first)
{
	struct bpf_dynptr d;
	EXE(file);
	bpf_dynptr_from_file(file, 0, &d);
	bpf_put_file(file);
	bpf_dynptr_file_discard(&d);
	return 0;
}
OF_A_FILE(slice_of_a_file_discarded)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_file((void *)ctx[0], 0, &d);
	__u8 *p = bpf_dynptr_slice(&d, 0, 0, 8);
	bpf_dynptr_file_discard(&d);
	return p ? -(READ(p[0]) & 1) : 0;
}
OF_A_FILE(file_submitted)
{
	struct bpf_dynptr d;
	bpf_dynptr_from_file((void *)ctx[0], 0, &d);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}
OF_A_FILE(record_discarded_as_a_file)
{
	RING(d);
	bpf_dynptr_file_discard(&d);
	return 0;
}
OF_A_FILE(value_discarded_as_a_file)
{
	LOCAL(d);
	bpf_dynptr_file_discard(&d);
	return 0;
}
OF_A_FILE(clone_of_a_file_discarded)
{
	struct bpf_dynptr d, clone;
	bpf_dynptr_from_file((void *)ctx[0], 0, &d);
	bpf_dynptr_clone(&d, &clone);
	bpf_dynptr_file_discard(&clone);
	return 0;
}
OF_A_FILE(file_discarded_after_its_clone)
{
	struct bpf_dynptr d, clone;
	bpf_dynptr_from_file((void *)ctx[0], 0, &d);
	bpf_dynptr_clone(&d, &clone);
	bpf_dynptr_file_discard(&clone);
	bpf_dynptr_file_discard(&d);
	return 0;
}

/* Of memory of processes. */
#define COPIES(section, name) SEC(section) int name(void *ctx)
COPIES("syscall", copied_from_user)
{
	LOCAL(d);
	return bpf_copy_from_user_dynptr(&d, 0, 8, (void *)8);
}
COPIES("syscall", copied_from_user_to_nothing)
{
	struct bpf_dynptr d;
	return bpf_copy_from_user_dynptr(&d, 0, 8, (void *)8);
}
TC(copied_from_user_where_nothing_sleeps)
{
	LOCAL(d);
	return bpf_copy_from_user_dynptr(&d, 0, 8, (void *)8);
}
COPIES("syscall", copied_from_a_task)
{
	LOCAL(d);
	return bpf_copy_from_user_task_dynptr(&d, 0, 8, (void *)8, bpf_get_current_task_btf());
}
COPIES("syscall", copied_from_no_task)
{
	LOCAL(d);
	return bpf_copy_from_user_task_dynptr(&d, 0, 8, (void *)8, 0);
}
COPIES("raw_tp/sys_enter", probed)
{
	LOCAL(d);
	return bpf_probe_read_kernel_dynptr(&d, 0, 8, (void *)8);
}

/* Of attributes of groups. */
#define GROUP(group)                                                                                         \
	struct cgroup *group = bpf_cgroup_from_id(1);                                                        \
	if (!group)                                                                                          \
	return 0
TC(attribute_of_a_group)
{
	LOCAL(d);
	GROUP(group);
	bpf_cgroup_read_xattr(group, attribute, &d);
	bpf_cgroup_release(group);
	return 0;
}
TC(attribute_of_what_its_state_is_of)
{
	LOCAL(d);
	GROUP(group);
	bpf_cgroup_read_xattr(READ(group->self.cgroup), attribute, &d);
	bpf_cgroup_release(group);
	return 0;
}
TC(attribute_of_maybe_a_group)
{
	LOCAL(d);
	struct cgroup *group = bpf_cgroup_from_id(1);
	bpf_cgroup_read_xattr(group, attribute, &d);
	if (group)
		bpf_cgroup_release(group);
	return 0;
}
TC(attribute_named_on_the_stack)
{
	char name[] = "user.x";
	LOCAL(d);
	GROUP(group);
	bpf_cgroup_read_xattr(group, name, &d);
	bpf_cgroup_release(group);
	return 0;
}
TC(attribute_to_nothing)
{
	struct bpf_dynptr d;
	GROUP(group);
	bpf_cgroup_read_xattr(group, attribute, &d);
	bpf_cgroup_release(group);
	return 0;
}

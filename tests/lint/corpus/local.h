/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* local.h: what programs declare to have objects of their own types. */
#ifndef LOCAL_H
#define LOCAL_H

/* Headers have them as the kernel has, since Linux 6.2 to 6.6: here they are the same wherever this is
 * compiled. */
#define bpf_list_head header_list_head
#define bpf_list_node header_list_node
#define bpf_rb_root header_rb_root
#define bpf_rb_node header_rb_node
#define bpf_refcount header_refcount
#include "corpus.h"
#undef bpf_list_head
#undef bpf_list_node
#undef bpf_rb_root
#undef bpf_rb_node
#undef bpf_refcount

struct bpf_list_head {
	__u64 opaque[2];
};
struct bpf_list_node {
	__u64 opaque[3];
};
struct bpf_rb_root {
	__u64 opaque[2];
};
struct bpf_rb_node {
	__u64 opaque[4];
};
struct bpf_refcount {
	__u32 opaque[1];
};

#define KPTR __attribute__((btf_type_tag("kptr")))
#define KPTR_UNTRUSTED __attribute__((btf_type_tag("kptr_untrusted")))
#define PERCPU_KPTR __attribute__((btf_type_tag("percpu_kptr")))
#define CONTAINS(name, node) __attribute__((btf_decl_tag("contains:" #name ":" #node)))
/* Variables in a map of their own, which nothing outside of the program maps. */
#define OF_MAP(name) SEC(".bss." #name) __attribute__((visibility("hidden"), aligned(8)))
#define CONTAINER(p, type, member) ((type *)((void *)(p) - __builtin_offsetof(type, member)))

KFUNC void *bpf_obj_new_impl(__u64 type, void *meta);
KFUNC void bpf_obj_drop_impl(void *p, void *meta);
KFUNC void *bpf_refcount_acquire_impl(void *p, void *meta);
KFUNC void bpf_rcu_read_lock(void);
KFUNC void bpf_rcu_read_unlock(void);
#define NEW(type) ((type *)bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), 0))
#define DROP(p) bpf_obj_drop_impl(p, 0)
#define ACQUIRE(p) ((__typeof__(*(p)) *)bpf_refcount_acquire_impl(p, 0))

#define TC(name) SEC("tc") int name(struct __sk_buff *ctx)

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Functions of the kernel's that take strings, keys and the like; those that a kernel lacks are not called
 * there. */
#include "local.h"

struct bpf_crypto_params {
	char type[14];
	__u8 reserved[2];
	char algo[128];
	__u8 key[256];
	__u32 key_len, authsize;
};
struct bpf_crypto_ctx {
	int siv_len;
} KERNELS;
struct bpf_key {
	_Bool has_ref;
} KERNELS;
struct kmem_cache {
	unsigned int size;
} KERNELS;
struct bpf_sock_addr_kern {
	void *sk;
} KERNELS;
struct task_struct {
	int pid;
} KERNELS;

NEWER int bpf_copy_from_user_str(void *dst, __u32 size, const void *from, __u64 flags);
NEWER int bpf_copy_from_user_task_str(
	void *dst, __u32 size, const void *from, struct task_struct *task, __u64 flags);
NEWER struct kmem_cache *bpf_get_kmem_cache(__u64 address);
NEWER int bpf_stream_vprintk(int stream, const char *text, const void *args, __u32 size);
KFUNC struct bpf_key *bpf_lookup_user_key(__s32 serial, __u64 flags);
KFUNC struct bpf_key *bpf_lookup_system_key(__u64 id);
KFUNC void bpf_key_put(struct bpf_key *key);
KFUNC struct bpf_crypto_ctx *bpf_crypto_ctx_create(
	const struct bpf_crypto_params *params, __u32 size, int *error);
KFUNC struct bpf_crypto_ctx *bpf_crypto_ctx_acquire(struct bpf_crypto_ctx *c);
KFUNC void bpf_crypto_ctx_release(struct bpf_crypto_ctx *c);
KFUNC void *bpf_cast_to_kern_ctx(void *context);
KFUNC int bpf_sock_addr_set_sun_path(struct bpf_sock_addr_kern *address, const __u8 *path, __u32 size);

struct value {
	struct bpf_crypto_ctx KPTR *crypto;
	struct bpf_crypto_params params;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

#define SLEEPS(name) SEC("syscall") int name(void *ctx)
#define HOOK(name) SEC("lsm.s/bpf") int name(void *ctx)
#define ADDRESS(name) SEC("cgroup/connect_unix") int name(struct bpf_sock_addr *ctx)
#define VALUE                                                                                                \
	__u32 key = 0;                                                                                       \
	struct value *v = bpf_map_lookup_elem(&values, &key);                                                \
	if (!v)                                                                                              \
	return 0

/* ---- texts ---- */

SLEEPS(text_of_a_user)
{
	char text[8] = {0};
	return bpf_copy_from_user_str(text, sizeof text, (void *)8, 0) > 0 ? text[0] & 1 : 0;
}
SLEEPS(text_of_a_user_and_more)
{
	char text[8] = {0};
	return bpf_copy_from_user_str(text, sizeof text + 1, (void *)8, 0) > 0 ? text[0] & 1 : 0;
}
SLEEPS(text_of_a_user_in_a_section)
{
	char text[8] = {0};
	bpf_rcu_read_lock();
	bpf_copy_from_user_str(text, sizeof text, (void *)8, 0);
	bpf_rcu_read_unlock();
	return text[0] & 1;
}
TC(text_of_a_user_asleep)
{
	char text[8] = {0};
	bpf_copy_from_user_str(text, sizeof text, (void *)8, 0);
	return text[0] & 1;
}
SLEEPS(text_of_a_task)
{
	char text[8] = {0};
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	bpf_copy_from_user_task_str(text, sizeof text, (void *)8, task, 0);
	return text[0] & 1;
}
TC(text_is_printed)
{
	static const char text[] = "%d";
	__u64 args[] = {ctx->len};
	bpf_stream_vprintk(1, text, args, sizeof args);
	return 0;
}
TC(text_that_is_no_constant)
{
	char text[] = "%d";
	__u64 args[] = {ctx->len};
	bpf_stream_vprintk(1, text, args, sizeof args);
	return 0;
}
TC(text_with_more_values)
{
	static const char text[] = "%d";
	__u64 args[] = {ctx->len};
	bpf_stream_vprintk(1, text, args, sizeof args + 8);
	return 0;
}

/* ---- keys and ciphers ---- */

HOOK(key_of_the_system)
{
	struct bpf_key *k = bpf_lookup_system_key(0);
	if (k)
		bpf_key_put(k);
	return 0;
}
HOOK(key_of_the_system_kept)
{
	return bpf_lookup_system_key(0) ? 0 : 0;
}
HOOK(key_of_a_user)
{
	struct bpf_key *k = bpf_lookup_user_key(1, 0);
	if (k)
		bpf_key_put(k);
	return 0;
}
HOOK(key_is_put_unchecked)
{
	bpf_key_put(bpf_lookup_user_key(1, 0));
	return 0;
}
HOOK(key_is_put_twice)
{
	struct bpf_key *k = bpf_lookup_system_key(0);
	if (k) {
		bpf_key_put(k);
		bpf_key_put(k);
	}
	return 0;
}
SEC("lsm/bpf") int key_of_a_user_asleep(void *ctx)
{
	struct bpf_key *k = bpf_lookup_user_key(1, 0);
	if (k)
		bpf_key_put(k);
	return 0;
}
SLEEPS(cipher)
{
	int error = 0;
	VALUE;
	struct bpf_crypto_ctx *c = bpf_crypto_ctx_create(&v->params, sizeof v->params, &error);
	if (!c)
		return error;
	c = bpf_kptr_xchg(&v->crypto, c);
	if (c)
		bpf_crypto_ctx_release(c);
	return 0;
}
SLEEPS(cipher_is_lost)
{
	int error = 0;
	VALUE;
	return bpf_crypto_ctx_create(&v->params, sizeof v->params, &error) ? 1 : 0;
}
SLEEPS(cipher_of_more_parameters)
{
	int error = 0;
	VALUE;
	struct bpf_crypto_ctx *c = bpf_crypto_ctx_create(&v->params, sizeof v->params + 8, &error);
	if (c)
		bpf_crypto_ctx_release(c);
	return 0;
}
SLEEPS(cipher_acquired)
{
	VALUE;
	bpf_rcu_read_lock();
	struct bpf_crypto_ctx *c = v->crypto;
	c = c ? bpf_crypto_ctx_acquire(c) : 0;
	bpf_rcu_read_unlock();
	if (c)
		bpf_crypto_ctx_release(c);
	return 0;
}
SLEEPS(cipher_acquired_outside)
{
	VALUE;
	struct bpf_crypto_ctx *c = v->crypto;
	c = c ? bpf_crypto_ctx_acquire(c) : 0;
	if (c)
		bpf_crypto_ctx_release(c);
	return 0;
}
TC(cipher_elsewhere)
{
	int error = 0;
	VALUE;
	struct bpf_crypto_ctx *c = bpf_crypto_ctx_create(&v->params, sizeof v->params, &error);
	if (c)
		bpf_crypto_ctx_release(c);
	return 0;
}

/* ---- others ---- */

/* It gives a pointer, and that is how libbpf finds out whether it is meant. */
NEWER int bpf_task_from_pid___number(__s32 pid);
TC(another_by_its_type)
{
	return bpf_task_from_pid___number(1) & 1;
}
TC(another_by_its_type_asked_for)
{
	return bpf_ksym_exists(bpf_task_from_pid___number) ? bpf_task_from_pid___number(1) & 1 : 0;
}

TC(cache_of_an_address)
{
	struct kmem_cache *c = bpf_get_kmem_cache(ctx->len);
	return c ? (int)READ(c->size) & 1 : 0;
}
TC(cache_is_written)
{
	struct kmem_cache *c = bpf_get_kmem_cache(ctx->len);
	if (c)
		WRITE(c->size, 1);
	return 0;
}
ADDRESS(path_of_a_socket)
{
	__u8 path[] = "/x";
	struct bpf_sock_addr_kern *address = bpf_cast_to_kern_ctx(ctx);
	return !bpf_sock_addr_set_sun_path(address, path, sizeof path - 1);
}
ADDRESS(path_of_a_socket_beyond_its_end)
{
	__u8 path[] = "/x";
	struct bpf_sock_addr_kern *address = bpf_cast_to_kern_ctx(ctx);
	return !bpf_sock_addr_set_sun_path(address, path, 12);
}

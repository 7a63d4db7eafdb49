/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ciphers, which a system call makes and keeps in a map, and dynptrs that they are given. */
#include "local.h"

struct bpf_crypto_params {
	char type[14];
	__u8 reserved[2];
	char algo[128];
	__u8 key[256];
	__u32 key_len, authsize;
};
struct bpf_crypto_ctx {
	__u32 siv_len;
} __attribute__((preserve_access_index));
KFUNC struct bpf_crypto_ctx *bpf_crypto_ctx_create(
	const struct bpf_crypto_params *by, __u32 size, int *error);
KFUNC struct bpf_crypto_ctx *bpf_crypto_ctx_acquire(struct bpf_crypto_ctx *ctx);
KFUNC void bpf_crypto_ctx_release(struct bpf_crypto_ctx *ctx);
KFUNC int bpf_crypto_encrypt(struct bpf_crypto_ctx *by, const struct bpf_dynptr *from,
	const struct bpf_dynptr *to, const struct bpf_dynptr *first);
KFUNC int bpf_crypto_decrypt(struct bpf_crypto_ctx *by, const struct bpf_dynptr *from,
	const struct bpf_dynptr *to, const struct bpf_dynptr *first);
KFUNC int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *to);

struct cipher {
	struct bpf_crypto_ctx KPTR *ctx;
	__u64 bytes[4];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct cipher);
} ciphers SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[4]);
} texts SEC(".maps");
struct bpf_crypto_params params;

#define VALUE(v, map)                                                                                        \
	__u32 key_##v = bpf_get_prandom_u32();                                                               \
	__typeof__(*(map).value) *v = bpf_map_lookup_elem(&(map), &key_##v);                                 \
	if (!v)                                                                                              \
	return 0
#define TEXT(d)                                                                                              \
	VALUE(text, texts);                                                                                  \
	struct bpf_dynptr d;                                                                                 \
	bpf_dynptr_from_mem(text, 32, 0, &d)
#define CALL(name) SEC("syscall") int name(void *ctx)

CALL(made_and_kept)
{
	int error = 0;
	VALUE(v, ciphers);
	struct bpf_crypto_ctx *c = bpf_crypto_ctx_create(&params, sizeof params, &error);
	if (c && (c = bpf_kptr_xchg(&v->ctx, c)))
		bpf_crypto_ctx_release(c);
	return error;
}
CALL(made_and_lost)
{
	int error = 0;
	return bpf_crypto_ctx_create(&params, sizeof params, &error) ? error : 0;
}
CALL(made_by_too_much)
{
	int error = 0;
	struct bpf_crypto_ctx *c = bpf_crypto_ctx_create(&params, sizeof params + 8, &error);
	if (c)
		bpf_crypto_ctx_release(c);
	return 0;
}
CALL(released_unchecked)
{
	int error = 0;
	bpf_crypto_ctx_release(bpf_crypto_ctx_create(&params, sizeof params, &error));
	return 0;
}
CALL(encrypted_in_a_system_call)
{
	TEXT(d);
	VALUE(v, ciphers);
	bpf_rcu_read_lock();
	struct bpf_crypto_ctx *c = v->ctx;
	int error = c ? bpf_crypto_encrypt(c, &d, &d, 0) : 0;
	bpf_rcu_read_unlock();
	return error;
}
TC(made_for_a_packet)
{
	int error = 0;
	struct bpf_crypto_ctx *c = bpf_crypto_ctx_create(&params, sizeof params, &error);
	if (c)
		bpf_crypto_ctx_release(c);
	return 0;
}
TC(encrypted)
{
	TEXT(d);
	VALUE(v, ciphers);
	struct bpf_dynptr packet;
	bpf_dynptr_from_skb(ctx, 0, &packet);
	struct bpf_crypto_ctx *c = v->ctx;
	return c ? bpf_crypto_encrypt(c, &packet, &d, 0) : 0;
}
TC(decrypted_from_what_is_given)
{
	TEXT(d);
	VALUE(v, ciphers);
	struct bpf_crypto_ctx *c = v->ctx;
	return c ? bpf_crypto_decrypt(c, &d, &d, &d) : 0;
}
TC(encrypted_by_maybe_nothing)
{
	TEXT(d);
	VALUE(v, ciphers);
	return bpf_crypto_encrypt(v->ctx, &d, &d, 0);
}
TC(encrypted_to_null)
{
	TEXT(d);
	VALUE(v, ciphers);
	struct bpf_crypto_ctx *c = v->ctx;
	return c ? bpf_crypto_encrypt(c, &d, 0, 0) : 0;
}
TC(encrypted_to_what_was_not_made)
{
	struct bpf_dynptr none;
	TEXT(d);
	VALUE(v, ciphers);
	struct bpf_crypto_ctx *c = v->ctx;
	return c ? bpf_crypto_encrypt(c, &d, &none, 0) : 0;
}
SEC("raw_tp/sys_enter") int encrypted_in_a_tracepoint(void *ctx)
{
	TEXT(d);
	VALUE(v, ciphers);
	struct bpf_crypto_ctx *c = v->ctx;
	return c ? bpf_crypto_encrypt(c, &d, &d, 0) : 0;
}

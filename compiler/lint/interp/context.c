/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * context.c: what a program is called with, by its type: what may be read and written of it, and what it has
 * to return.
 */
#include <linux/bpf_perf_event.h>
#include <stddef.h>
#include <string.h>
#include "kernel.h"

#define NARROW 0x100
#define ANY 0x200
#define OR_NULL 0x400
#define FIRST 0x800
#define WHOLE 0x1000
#define WIDE 0x2000
#define SIZE_OF(how) ((how)&0xffu)

struct field {
	uint16_t first, end; /* bytes */
	uint16_t size;       /* of one access, and how */
	uint8_t kind;
	const char *readers, *writers;
};

enum layout {
	LAYOUT_NONE,
	LAYOUT___sk_buff,
	LAYOUT_xdp_md,
	LAYOUT_bpf_sock_addr,
	LAYOUT_bpf_sock,
	LAYOUT_bpf_tcp_sock,
	LAYOUT_bpf_cgroup_dev_ctx,
	LAYOUT_bpf_sysctl,
	LAYOUT_bpf_sockopt,
	LAYOUT_bpf_sock_ops,
	LAYOUT_sk_msg_md,
	LAYOUT_bpf_sk_lookup,
	LAYOUT_sk_reuseport_md,
	LAYOUT_bpf_perf_event_data,
};

#define END(type, member) (offsetof(struct type, member) + sizeof(((struct type *)0)->member))

static const struct {
	enum layout layout;
	struct field field;
} fields[] = {
#define X(type, from, to, kind, how, readers, writers)                                                       \
	{LAYOUT_##type, {offsetof(struct type, from), END(type, to), (how), IN_##kind, readers, writers}},
#include "contexts.def"
#undef X
};

/* Numbers only, at multiples of their size: from `first` on, up to `end`. */
struct plain {
	uint16_t first, end;
	bool writable;
};

#define PT_REGS 168 /* x86-64: struct pt_regs */

static const struct context {
	int type; /* enum bpf_prog_type */
	enum layout layout;
	const char *family;
	struct plain plain; /* where there is no layout */
	bool packet_read, packet_write;
} contexts[] = {
	{BPF_PROG_TYPE_SOCKET_FILTER, LAYOUT___sk_buff, "s", {0, 0, 0}, false, false},
	{BPF_PROG_TYPE_SCHED_CLS, LAYOUT___sk_buff, "t", {0, 0, 0}, true, true},
	{BPF_PROG_TYPE_SCHED_ACT, LAYOUT___sk_buff, "t", {0, 0, 0}, true, true},
	{BPF_PROG_TYPE_CGROUP_SKB, LAYOUT___sk_buff, "c", {0, 0, 0}, true, false},
	{BPF_PROG_TYPE_LWT_IN, LAYOUT___sk_buff, "l", {0, 0, 0}, true, false},
	{BPF_PROG_TYPE_LWT_OUT, LAYOUT___sk_buff, "l", {0, 0, 0}, true, false},
	{BPF_PROG_TYPE_LWT_SEG6LOCAL, LAYOUT___sk_buff, "l", {0, 0, 0}, true, false},
	{BPF_PROG_TYPE_FLOW_DISSECTOR, LAYOUT___sk_buff, "F", {0, 0, 0}, true, false},
	{BPF_PROG_TYPE_LWT_XMIT, LAYOUT___sk_buff, "l", {0, 0, 0}, true, true},
	{BPF_PROG_TYPE_SK_SKB, LAYOUT___sk_buff, "k", {0, 0, 0}, true, true},
	{BPF_PROG_TYPE_SK_MSG, LAYOUT_sk_msg_md, "M", {0, 0, 0}, true, true},
	{BPF_PROG_TYPE_SK_REUSEPORT, LAYOUT_sk_reuseport_md, "R", {0, 0, 0}, true, false},
	{BPF_PROG_TYPE_SK_LOOKUP, LAYOUT_bpf_sk_lookup, "L", {0, 0, 0}, false, false},
	{BPF_PROG_TYPE_SOCK_OPS, LAYOUT_bpf_sock_ops, "O", {0, 0, 0}, false, false},
	{BPF_PROG_TYPE_XDP, LAYOUT_xdp_md, "x", {0, 0, 0}, true, true},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, LAYOUT_bpf_sock_addr, "a", {0, 0, 0}, false, false},
	{BPF_PROG_TYPE_CGROUP_SOCK, LAYOUT_bpf_sock, "o", {0, 0, 0}, false, false},
	{BPF_PROG_TYPE_CGROUP_DEVICE, LAYOUT_bpf_cgroup_dev_ctx, "v", {0, 0, 0}, false, false},
	{BPF_PROG_TYPE_CGROUP_SYSCTL, LAYOUT_bpf_sysctl, "y", {0, 0, 0}, false, false},
	{BPF_PROG_TYPE_CGROUP_SOCKOPT, LAYOUT_bpf_sockopt, "g", {0, 0, 0}, true, true},
	{BPF_PROG_TYPE_PERF_EVENT, LAYOUT_bpf_perf_event_data, "e", {0, 0, 0}, false, false},
	{BPF_PROG_TYPE_KPROBE, LAYOUT_NONE, "", {0, PT_REGS, false}, false, false},
	/* Before the record come eight bytes that are the kernel's own. */
	{BPF_PROG_TYPE_TRACEPOINT, LAYOUT_NONE, "", {8, 8192, false}, false, false},
	{BPF_PROG_TYPE_RAW_TRACEPOINT, LAYOUT_NONE, "", {0, ARGUMENTS_MAX * 8, false}, false, false},
	{BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, LAYOUT_NONE, "", {0, ARGUMENTS_MAX * 8, false}, false, false},
	{NEW_BPF_PROG_TYPE_NETFILTER, LAYOUT_NONE, "", {0, 0, false}, false, false},
	{BPF_PROG_TYPE_SYSCALL, LAYOUT_NONE, "", {0, UINT16_MAX, true}, false, false},
};

static const struct context *context_of(const struct machine *m)
{
	for (size_t i = 0; i < sizeof contexts / sizeof *contexts; i++)
		if (contexts[i].type == (int)m->p->type)
			return &contexts[i];
	return NULL;
}

/* What an attach type adds to the family of its program's type. */
static const struct {
	enum bpf_attach_type attach;
	const char *family;
} attached[] = {
	{BPF_XDP_DEVMAP, "xd"},
	{BPF_CGROUP_INET4_BIND, "a4"},
	{BPF_CGROUP_INET4_CONNECT, "a4"},
	{BPF_CGROUP_INET4_GETPEERNAME, "a4"},
	{BPF_CGROUP_INET4_GETSOCKNAME, "a4"},
	{BPF_CGROUP_UDP4_RECVMSG, "a4"},
	{BPF_CGROUP_UDP4_SENDMSG, "a4m"},
	{BPF_CGROUP_INET6_BIND, "a6"},
	{BPF_CGROUP_INET6_CONNECT, "a6"},
	{BPF_CGROUP_INET6_GETPEERNAME, "a6"},
	{BPF_CGROUP_INET6_GETSOCKNAME, "a6"},
	{BPF_CGROUP_UDP6_RECVMSG, "a6"},
	{BPF_CGROUP_UDP6_SENDMSG, "a6n"},
	{BPF_CGROUP_INET_SOCK_CREATE, "ow"},
	{BPF_CGROUP_INET_SOCK_RELEASE, "ow"},
	{BPF_CGROUP_INET4_POST_BIND, "op"},
	{BPF_CGROUP_INET6_POST_BIND, "oq"},
	{BPF_CGROUP_SETSOCKOPT, "b"},
};

static const char *family(const struct machine *m, const struct context *c)
{
	bool by_attach = c->layout == LAYOUT_xdp_md || c->layout == LAYOUT_bpf_sock_addr ||
			 c->layout == LAYOUT_bpf_sock || c->layout == LAYOUT_bpf_sockopt;
	for (size_t i = 0; by_attach && i < sizeof attached / sizeof *attached; i++)
		if (attached[i].attach == m->p->attach)
			return attached[i].family;
	return c->family;
}

static bool narrow_ok(unsigned off, unsigned size, unsigned whole)
{
	return size <= whole && (off & (whole - 1)) + size <= whole;
}

static bool field_access(enum layout layout, const char *who, int off, unsigned size, enum access how,
	const struct field **found)
{
	if (off < 0 || (unsigned)off % size)
		return false;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const struct field *f = &fields[i].field;
		bool wide = (f->size & WIDE) && off == f->first && size == 4;
		if (fields[i].layout != layout || (unsigned)off < f->first ||
			((unsigned)off + size > f->end && !wide))
			continue;
		if (!strpbrk(who, how == WRITE ? f->writers : f->readers))
			return false;
		*found = f;
		if (f->size & ANY)
			return how == READ || size >= 4 || !(f->size & WHOLE);
		if (wide)
			return true;
		if ((f->size & FIRST) && off != f->first)
			return size == SIZE_OF(f->size);
		return (f->size & NARROW) && how == READ ? narrow_ok((unsigned)off, size, SIZE_OF(f->size))
							 : size == SIZE_OF(f->size);
	}
	return false;
}

static bool plain_access(const struct plain *p, int off, unsigned size, enum access how)
{
	return (how == READ || p->writable) && off >= p->first && !((unsigned)off % size) &&
	       (unsigned)off + size <= p->end;
}

/* ---- struct_ops: io_uring's step, which is called with its ring and its parameters ---- */

enum object {
	OBJECT_RING = 1,
	OBJECT_LOOP_PARAMS,
};

static bool step_argument(int off, unsigned size, enum access how, struct context_value *v)
{
	if (how == WRITE || size != 8 || (off != 0 && off != 8))
		return false;
	*v = (struct context_value){
		.kind = IN_OBJECT, .flags = TRUSTED, .which = off ? OBJECT_LOOP_PARAMS : OBJECT_RING};
	return true;
}

/* ---- netfilter: where a packet comes by, and the packet ---- */

static bool hook_argument(struct machine *m, int off, unsigned size, enum access how, struct context_value *v)
{
	const char *name = off ? "sk_buff" : "nf_hook_state";

	if (how == WRITE || size != 8 || (off != 0 && off != 8))
		return false;
	need_kernel(m);
	int id = btf__find_by_name_kind(m->kernel, name, BTF_KIND_STRUCT);
	if (id <= 0)
		not_judged(m, "the kernel whose BTF is at hand has no `struct %s`", name);
	*v = (struct context_value){.kind = IN_STRUCT, .flags = TRUSTED, .which = id};
	return true;
}

bool context_access(struct machine *m, int off, unsigned size, enum access how, struct context_value *v)
{
	const struct context *c = context_of(m);
	const struct field *f = NULL;

	if (is_uring_step(m))
		return step_argument(off, size, how, v);
	if (is_of_kernel(m))
		return target_argument(m, off, size, how, v);
	if (m->p->type == BPF_PROG_TYPE_EXT)
		not_judged(m, "the context is that of the program in which a function is replaced");
	if (!c)
		not_judged(m, "what a program of section `%s` is called with depends on the kernel",
			m->p->section);
	if ((int)m->p->type == NEW_BPF_PROG_TYPE_NETFILTER)
		return hook_argument(m, off, size, how, v);
	if (m->p->type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE && !off) {
		v->kind = IN_BUFFER;
		return how == READ && size == 8;
	}
	if (c->layout == LAYOUT_NONE)
		return plain_access(&c->plain, off, size, how);
	if (!field_access(c->layout, family(m, c), off, size, how, &f))
		return false;
	v->kind = f->kind;
	v->flags = f->size & OR_NULL ? MAYBE_NULL : 0;
	v->which = f->kind == IN_FLOW_KEYS ? (int32_t)sizeof(struct bpf_flow_keys) : 0;
	return true;
}

bool object_access(struct machine *m, const struct reg *r, int off, unsigned size, enum access how)
{
	const struct field *f;
	static const enum layout layouts[] = {[IN_SOCKET] = LAYOUT_bpf_sock,
		[IN_SOCK_COMMON] = LAYOUT_bpf_sock,
		[IN_TCP_SOCK] = LAYOUT_bpf_tcp_sock};

	if (r->kind == IN_OBJECT) {
		if (r->which == OBJECT_LOOP_PARAMS)
			return num_is(&r->v, 0) && off == 0 && size == 4; /* cq_wait_idx */
		not_judged(m, "an object of the kernel is accessed, whose layout depends on it");
	}
	if (how == WRITE || r->v.smin < 0 || !num_is_known(&r->v))
		return false;
	return field_access(layouts[r->kind], r->kind == IN_SOCK_COMMON ? "c" : "f",
		off + (int)r->v.bits.value, size, how, &f);
}

bool packet_accessible(const struct machine *m)
{
	const struct context *c = context_of(m);
	return c && c->packet_read;
}

bool packet_writable(const struct machine *m)
{
	const struct context *c = context_of(m);
	return c && c->packet_write;
}

/* ---- what has to be returned ---- */

static const struct {
	int type;   /* enum bpf_prog_type */
	int attach; /* -1: any other */
	int8_t min, max;
} returns[] = {
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_RECVMSG, 1, 1},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG, 1, 1},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETPEERNAME, 1, 1},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETPEERNAME, 1, 1},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETSOCKNAME, 1, 1},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETSOCKNAME, 1, 1},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, NEW_BPF_CGROUP_UNIX_RECVMSG, 1, 1},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, NEW_BPF_CGROUP_UNIX_GETPEERNAME, 1, 1},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, NEW_BPF_CGROUP_UNIX_GETSOCKNAME, 1, 1},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND, 0, 3},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND, 0, 3},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, -1, 0, 1},
	{BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 0, 3},
	{BPF_PROG_TYPE_CGROUP_SKB, -1, 0, 1},
	{BPF_PROG_TYPE_CGROUP_SOCK, -1, 0, 1},
	{BPF_PROG_TYPE_SOCK_OPS, -1, 0, 1},
	{BPF_PROG_TYPE_CGROUP_DEVICE, -1, 0, 1},
	{BPF_PROG_TYPE_CGROUP_SYSCTL, -1, 0, 1},
	{BPF_PROG_TYPE_CGROUP_SOCKOPT, -1, 0, 1},
	{BPF_PROG_TYPE_SK_LOOKUP, -1, 0, 1},
	{NEW_BPF_PROG_TYPE_NETFILTER, -1, 0, 1},
	{BPF_PROG_TYPE_KPROBE, NEW_BPF_TRACE_KPROBE_SESSION, 0, 1},
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, 0, 0},
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, 0, 0},
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 0, 1},
};

bool returned_range(const struct machine *m, int32_t *min, int32_t *max)
{
	if (is_of_kernel(m) && target_returns(m, min, max))
		return true;
	if (ops_gives(m)) { /* or NULL */
		*min = *max = 0;
		return true;
	}
	for (size_t i = 0; i < sizeof returns / sizeof *returns; i++) {
		if (returns[i].type != (int)m->p->type ||
			(returns[i].attach >= 0 && returns[i].attach != (int)m->p->attach))
			continue;
		*min = returns[i].min;
		*max = returns[i].max;
		return true;
	}
	return false;
}

void context_judged(struct machine *m)
{
	if (is_of_kernel(m))
		find_target(m);
	else if (!context_of(m) && !is_uring_step(m) && m->p->type != BPF_PROG_TYPE_EXT)
		not_judged(m, "programs of section `%s` are not modelled", m->p->section);
}

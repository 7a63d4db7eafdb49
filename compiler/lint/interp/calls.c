/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * calls.c: calls of helpers. What each takes and gives is in prototypes.def; what a few do besides is here.
 */
#include <inttypes.h>
#include <string.h>
#include "call.h"
#include "core.h"
#include "kernel.h"
#include "local.h"

/* Types that prototypes.def names by a letter. */
static const struct {
	int type; /* enum bpf_prog_type */
	char letters[3];
} type_letters[] = {
	{BPF_PROG_TYPE_SOCKET_FILTER, "s"},
	{BPF_PROG_TYPE_SCHED_CLS, "t"},
	{BPF_PROG_TYPE_SCHED_ACT, "t"},
	{BPF_PROG_TYPE_XDP, "x"},
	{BPF_PROG_TYPE_CGROUP_SKB, "c"},
	{BPF_PROG_TYPE_CGROUP_SOCK, "o"},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "a"},
	{BPF_PROG_TYPE_PERF_EVENT, "e"},
	{BPF_PROG_TYPE_KPROBE, "k"},
	{BPF_PROG_TYPE_TRACEPOINT, "p"},
	{BPF_PROG_TYPE_RAW_TRACEPOINT, "r"},
	{BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, "r"},
	/* As raw tracepoints, and more. */
	{BPF_PROG_TYPE_TRACING, "rT"},
	{BPF_PROG_TYPE_LSM, "rA"},
	{BPF_PROG_TYPE_LWT_IN, "l"},
	{BPF_PROG_TYPE_LWT_OUT, "l"},
	{BPF_PROG_TYPE_LWT_XMIT, "m"},
	{BPF_PROG_TYPE_LWT_SEG6LOCAL, "6"},
	{BPF_PROG_TYPE_SOCK_OPS, "O"},
	{BPF_PROG_TYPE_SK_SKB, "S"},
	{BPF_PROG_TYPE_SK_MSG, "M"},
	{BPF_PROG_TYPE_SK_REUSEPORT, "R"},
	{BPF_PROG_TYPE_FLOW_DISSECTOR, "F"},
	{BPF_PROG_TYPE_CGROUP_SYSCTL, "y"},
	{BPF_PROG_TYPE_CGROUP_SOCKOPT, "b"},
	{BPF_PROG_TYPE_CGROUP_DEVICE, "v"},
	{BPF_PROG_TYPE_SK_LOOKUP, "L"},
	{BPF_PROG_TYPE_SYSCALL, "Y"},
	{NEW_BPF_PROG_TYPE_NETFILTER, "N"},
};

static const struct helper helpers[] = {
#define X(number, name, result, arguments, who, flags)                                                       \
	[number] = {"bpf_" #name, arguments, who, flags, result},
#include "prototypes.def"
#undef X
};

#define HELPERS 211 /* no more are added: what is new is a kfunc */

static const struct helper *helper(uint32_t id)
{
	return id < sizeof helpers / sizeof *helpers && helpers[id].name ? &helpers[id] : NULL;
}

bool flagged(const struct helper *h, char flag)
{
	return h && strchr(h->flags, flag);
}

unsigned helper_arguments(uint32_t id)
{
	const struct helper *h = helper(id);
	return h ? (unsigned)strlen(h->arguments) : 5;
}

bool helper_calls_back(uint32_t id, bool *async)
{
	*async = flagged(helper(id), 'A');
	return *async || flagged(helper(id), 'B');
}

bool helper_changes_packet(uint32_t id)
{
	return flagged(helper(id), 'P');
}

bool helper_sleeps(uint32_t id)
{
	return flagged(helper(id), 'Z');
}

/* ---- maps and the helpers that are for them ---- */

static const struct {
	uint16_t helper;
	uint8_t maps[6];
} only_for[] = {
	{H_tail_call, {BPF_MAP_TYPE_PROG_ARRAY}},
	{H_perf_event_read, {BPF_MAP_TYPE_PERF_EVENT_ARRAY}},
	{H_perf_event_output, {BPF_MAP_TYPE_PERF_EVENT_ARRAY}},
	{H_perf_event_read_value, {BPF_MAP_TYPE_PERF_EVENT_ARRAY}},
	{H_get_stackid, {BPF_MAP_TYPE_STACK_TRACE}},
	{H_skb_output, {BPF_MAP_TYPE_PERF_EVENT_ARRAY}},
	{H_xdp_output, {BPF_MAP_TYPE_PERF_EVENT_ARRAY}},
	{H_ringbuf_output, {BPF_MAP_TYPE_RINGBUF}},
	{H_ringbuf_reserve, {BPF_MAP_TYPE_RINGBUF}},
	{H_ringbuf_query, {BPF_MAP_TYPE_RINGBUF}},
	{H_ringbuf_reserve_dynptr, {BPF_MAP_TYPE_RINGBUF}},
	{H_user_ringbuf_drain, {BPF_MAP_TYPE_USER_RINGBUF}},
	{H_current_task_under_cgroup, {BPF_MAP_TYPE_CGROUP_ARRAY}},
	{H_skb_under_cgroup, {BPF_MAP_TYPE_CGROUP_ARRAY}},
	{H_redirect_map,
		{BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_DEVMAP_HASH, BPF_MAP_TYPE_CPUMAP, BPF_MAP_TYPE_XSKMAP}},
	{H_get_local_storage, {BPF_MAP_TYPE_CGROUP_STORAGE, BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE}},
	{H_sk_redirect_map, {BPF_MAP_TYPE_SOCKMAP}},
	{H_sk_redirect_hash, {BPF_MAP_TYPE_SOCKHASH}},
	{H_sock_map_update, {BPF_MAP_TYPE_SOCKMAP}},
	{H_sock_hash_update, {BPF_MAP_TYPE_SOCKHASH}},
	{H_msg_redirect_map, {BPF_MAP_TYPE_SOCKMAP}},
	{H_msg_redirect_hash, {BPF_MAP_TYPE_SOCKHASH}},
	{H_sk_select_reuseport,
		{BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_SOCKHASH}},
	{H_sk_storage_get, {BPF_MAP_TYPE_SK_STORAGE}},
	{H_sk_storage_delete, {BPF_MAP_TYPE_SK_STORAGE}},
	{H_inode_storage_get, {BPF_MAP_TYPE_INODE_STORAGE}},
	{H_inode_storage_delete, {BPF_MAP_TYPE_INODE_STORAGE}},
	{H_task_storage_get, {BPF_MAP_TYPE_TASK_STORAGE}},
	{H_task_storage_delete, {BPF_MAP_TYPE_TASK_STORAGE}},
	{H_cgrp_storage_get, {NEW_BPF_MAP_TYPE_CGRP_STORAGE}},
	{H_cgrp_storage_delete, {NEW_BPF_MAP_TYPE_CGRP_STORAGE}},
	{H_map_push_elem, {BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK, BPF_MAP_TYPE_BLOOM_FILTER}},
	{H_map_pop_elem, {BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK}},
	{H_map_peek_elem, {BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK, BPF_MAP_TYPE_BLOOM_FILTER}},
	{H_map_lookup_percpu_elem,
		{BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH}},
	{H_for_each_map_elem,
		{BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY,
			BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH}},
};

/* What of a map's elements can be looked up, set and deleted by programs, beyond what is only for it. */
static bool is_common_map(uint32_t type, uint32_t id)
{
	switch (type) {
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_STACK_TRACE:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case NEW_BPF_MAP_TYPE_CGRP_STORAGE:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_BLOOM_FILTER:
	case BPF_MAP_TYPE_CPUMAP:
		return false;
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_XSKMAP:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return id == H_map_lookup_elem;
	default:
		return true;
	}
}

#define SOCKETS_LOCKED_SINCE 0x0703

static void check_map_helper(struct machine *m, const struct lint_map *map, uint32_t id)
{
	bool listed = false;
	for (size_t i = 0; i < sizeof only_for / sizeof *only_for; i++) {
		if (only_for[i].helper != id)
			continue;
		listed = true;
		for (unsigned k = 0; k < 6 && only_for[i].maps[k]; k++)
			if (only_for[i].maps[k] == map->type)
				return;
	}
	if (listed || !is_common_map(map->type, id))
		reject(m, L_wrong_map, "Use the helper that is made for that type of map.",
			"%s() is not for map `%s`, by its type", helpers[id].name, map->name);
}

/* The sockets in it are only changed where none of them is locked already. */
static bool may_change_sockets(struct machine *m, uint32_t id)
{
	switch ((int)m->p->type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
		return lint_kernel(m->lint) < SOCKETS_LOCKED_SINCE;
	case BPF_PROG_TYPE_SK_REUSEPORT:
	case BPF_PROG_TYPE_SK_LOOKUP:
		return true;
	case BPF_PROG_TYPE_SOCK_OPS:
		return id == H_map_delete_elem;
	case BPF_PROG_TYPE_TRACING:
		return m->p->attach == BPF_TRACE_ITER;
	default:
		return false;
	}
}

static void check_socket_map(struct machine *m, const struct lint_map *map, uint32_t id)
{
	bool changes = id == H_map_update_elem || id == H_map_delete_elem;
	bool sockets = map->type == BPF_MAP_TYPE_SOCKMAP || map->type == BPF_MAP_TYPE_SOCKHASH;
	if (changes && sockets && !may_change_sockets(m, id))
		reject(m, L_wrong_map, "Change it by a program for another hook, or from outside.",
			"a program of this type cannot change the sockets of map `%s` by %s()", map->name,
			helpers[id].name);
}

/* ---- results ---- */

void forget_caller_saved(struct machine *m)
{
	for (unsigned i = 0; i < 6; i++)
		reg_forget(reg_now(m, i));
}

void lose_packet(struct machine *m)
{
	FOR_EACH_REG(m->cur, r, {
		if (is_packet(r) || r->kind == IN_PACKET_END || (r->flags & OF_PACKET))
			reg_unknown(r);
	})
}

/* Another program was called, and its result is that of the function. */
static void lose_packet_and_return(struct machine *m)
{
	lose_packet(m);
	reg_unknown(reg_now(m, 0));
	return_from(m);
}

static void give_value(struct machine *m, const struct call *c, struct reg *r0, bool may_be_null)
{
	reg_point(r0, IN_VALUE, c->map_index);
	r0->of = c->inner;
	if (may_be_null) {
		r0->flags = MAYBE_NULL;
		r0->id = ++m->ids;
	} else {
		if (has_lock(&m->map_fields[c->map_index]))
			r0->id = ++m->ids;
	}
}

static void give_socket(struct machine *m, const struct call *c, struct reg *r0)
{
	static const uint8_t kinds[128] = {['s'] = IN_SOCKET,
		['c'] = IN_SOCK_COMMON,
		['f'] = IN_SOCKET,
		['F'] = IN_SOCKET,
		['t'] = IN_TCP_SOCK};
	reg_point(r0, kinds[(unsigned char)c->h->result], 0);
	r0->flags = MAYBE_NULL;
	if (c->h->result == 's' || c->h->result == 'c') {
		r0->id = r0->held = hold(m, m->insn);
	} else {
		r0->id = ++m->ids;
		r0->held = c->h->result == 'F' ? 0 : c->held;
	}
}

static void give_struct(
	struct machine *m, const struct call *c, struct reg *r0, const char *name, bool may_be_null)
{
	need_kernel(m);
	int id = btf__find_by_name_kind(m->kernel, name, BTF_KIND_STRUCT);
	if (id <= 0)
		not_judged(m, "the kernel whose BTF is at hand has not what %s() gives", c->h->name);
	reg_point(r0, IN_STRUCT, id);
	if (may_be_null) {
		r0->flags = MAYBE_NULL;
		r0->id = ++m->ids;
	}
}

static void give(struct machine *m, const struct call *c)
{
	struct reg *r0 = reg_now(m, 0);
	bool known_there;

	switch (c->h->result) {
	case '0':
		reg_forget(r0);
		return;
	case 'n':
		reg_unknown(r0);
		if (flagged(c->h, 'M'))
			num_at_most(
				&r0->v, -4095, c->size_max > INT32_MAX ? INT32_MAX : (int64_t)c->size_max);
		return;
	case 'v':
		/* An inner map may have fewer elements than the one that it is defined by. */
		known_there = lint_kernel(m->lint) >= 0x060e && c->id == H_map_lookup_elem && c->key >= 0 &&
			      c->key < c->map->max_entries && !c->map->is_inner;
		give_value(m, c, r0, !known_there);
		if (c->id == H_map_lookup_elem &&
			(c->map->type == BPF_MAP_TYPE_SOCKMAP || c->map->type == BPF_MAP_TYPE_SOCKHASH))
			r0->id = r0->held = hold(m, m->insn);
		return;
	case 'V':
		give_value(m, c, r0, false);
		return;
	case 'm':
		reg_point(r0, IN_MEMORY, (int32_t)(uint32_t)c->alloc_size);
		r0->flags = MAYBE_NULL | RINGBUF;
		r0->id = r0->held = hold(m, m->insn);
		return;
	case 'M':
		give_data(m, &c->dynptr, (uint32_t)c->alloc_size);
		return;
	case 'k':
		point_by_field(m, r0, c->field);
		r0->flags |= MAYBE_NULL;
		r0->id = r0->held = hold(m, m->insn);
		return;
	case 'e': /* bpf_skc_to_udp6_sock() */
		give_struct(m, c, r0, c->h->name + strlen("bpf_skc_to_"), true);
		r0->held = c->held;
		return;
	case 'g':
		give_struct(m, c, r0, "pt_regs", false);
		return;
	case 'j':
		give_struct(m, c, r0, "socket", true);
		return;
	case 'p':
		reg_point(r0, IN_LOCAL, (int32_t)c->local_type);
		r0->flags = ALLOCATED | RCU;
		return;
	case 'o': {
		if (!m->kernel && lint_kernel_btf(m->lint))
			need_kernel(m);
		int task = m->kernel ? btf__find_by_name_kind(m->kernel, "task_struct", BTF_KIND_STRUCT) : 0;
		reg_point(r0, task > 0 ? IN_STRUCT : IN_OBJECT, task > 0 ? task : 0);
		r0->flags = TRUSTED;
		return;
	}
	default:
		give_socket(m, c, r0);
		return;
	}
}

/* ---- helpers that call back ---- */

static void callback_of_map(struct frame *callee, int32_t map, uint32_t inner, const struct reg *context)
{
	reg_point(&callee->regs[1], IN_MAP, map);
	reg_point(&callee->regs[2], IN_KEY, map);
	reg_point(&callee->regs[3], IN_VALUE, map);
	for (unsigned i = 1; i <= 3; i++)
		callee->regs[i].of = inner;
	if (context)
		callee->regs[4] = *context;
}

struct frame *call_later(
	struct machine *m, uint32_t function, int32_t map, uint32_t inner_map, bool sleepable)
{
	struct state *s = follow_alone(m, m->p->functions.at[function].first, function);
	m->functions[function].is_async = true;
	s->sleepable = sleepable;
	s->frames[0]->in_async = true;
	s->frames[0]->asked_for = frame_now(m)->asked_for + 1;
	callback_of_map(s->frames[0], map, inner_map, NULL);
	return s->frames[0];
}

struct frame *call_back_later(struct machine *m, uint32_t function)
{
	struct state *s = follow_later(m, m->p->functions.at[function].first, m->insn);

	enter_callback(m, s, function);
	s->callback_unroll++;
	s->frames[s->top - 1]->callback_depth++;
	frame_now(m)->callback_depth = 0;
	s->frames[s->top]->returns_min = 0;
	s->frames[s->top]->returns_max = 1;
	return s->frames[s->top];
}

static void call_back(struct machine *m, const struct call *c)
{
	struct frame *caller = frame_now(m);
	struct reg r1 = caller->regs[1], r3 = caller->regs[3], r4 = caller->regs[4];

	if (c->id == H_loop) {
		need_precise(m, 1);
		if (is_null(&caller->regs[4]))
			need_precise(m, 4);
		if (caller->callback_depth >= r1.v.umax) {
			caller->callback_depth = 0;
			return;
		}
	}
	struct frame *callee = call_back_later(m, c->function);
	switch (c->id) {
	case H_loop:
		reg_unknown(&callee->regs[1]);
		callee->regs[2] = r3;
		return;
	case H_find_vma:
		callee->regs[1] = r1;
		give_struct(m, c, &callee->regs[2], "vm_area_struct", false);
		callee->regs[3] = r4;
		return;
	case H_user_ringbuf_drain:
		reg_point(&callee->regs[1], IN_DYNPTR, DYNPTR_LOCAL);
		callee->regs[1].of = ++m->ids;
		callee->regs[2] = r3;
		return;
	default:
		callback_of_map(callee, r1.which, r1.of, &r3);
	}
}

/* ---- the call ---- */

/* What a hook of a cgroup returns is not known, or not asked for, at some of them. */
static bool has_retval(const struct machine *m)
{
	static const uint8_t without[] = {BPF_CGROUP_UDP4_RECVMSG, BPF_CGROUP_UDP6_RECVMSG,
		BPF_CGROUP_INET4_GETPEERNAME, BPF_CGROUP_INET6_GETPEERNAME, BPF_CGROUP_INET4_GETSOCKNAME,
		BPF_CGROUP_INET6_GETSOCKNAME, NEW_BPF_CGROUP_UNIX_RECVMSG, NEW_BPF_CGROUP_UNIX_GETPEERNAME,
		NEW_BPF_CGROUP_UNIX_GETSOCKNAME};
	return m->p->type == BPF_PROG_TYPE_LSM ? m->p->attach == BPF_LSM_CGROUP
					       : !memchr(without, (int)m->p->attach, sizeof without);
}

/* Functions in which no lock is held that finding a path takes; of hooks it is not known. */
#define PATH_FUNCTIONS                                                                                       \
	"security_file_permission security_inode_getattr security_file_open security_path_truncate "         \
	"vfs_truncate vfs_fallocate dentry_open vfs_getattr filp_close"

/* Before, only what stands in a trampoline has its arguments and result at hand. */
#define TRACEPOINTS_HAVE_ARGUMENTS_SINCE 0x0700

static bool has_arguments(const struct machine *m, uint32_t id)
{
	if (m->p->type == BPF_PROG_TYPE_LSM)
		return m->p->attach == BPF_LSM_MAC;
	if (m->p->attach == BPF_TRACE_RAW_TP)
		return id != H_get_func_ret && lint_kernel(m->lint) >= TRACEPOINTS_HAVE_ARGUMENTS_SINCE;
	return m->p->attach == BPF_TRACE_FENTRY || m->p->attach == BPF_TRACE_FEXIT ||
	       m->p->attach == BPF_MODIFY_RETURN;
}

/* By what a program is attached to, beside its type. */
static bool attached_rightly(const struct machine *m, uint32_t id)
{
	const char *slash = strchr(m->p->section, '/');
	switch (id) {
	case H_get_retval:
	case H_set_retval:
		return has_retval(m);
	case H_setsockopt:
	case H_getsockopt:
		if (m->p->type == BPF_PROG_TYPE_TRACING)
			return m->p->attach == BPF_TRACE_ITER && slash &&
			       (!strcmp(slash, "/tcp") || !strcmp(slash, "/unix"));
		return m->p->type != BPF_PROG_TYPE_CGROUP_SOCKOPT || m->p->attach == BPF_CGROUP_SETSOCKOPT;
	case H_sk_storage_get:
	case H_sk_storage_delete:
		return m->p->type != BPF_PROG_TYPE_TRACING || m->p->attach == BPF_TRACE_RAW_TP ||
		       m->p->attach == BPF_TRACE_ITER ||
		       ((m->p->attach == BPF_TRACE_FENTRY || m->p->attach == BPF_TRACE_FEXIT) && slash &&
			       strncmp(slash + 1, "bpf_sk_storage", 14) != 0);
	case H_d_path:
		return m->p->type != BPF_PROG_TYPE_TRACING || m->p->attach == BPF_TRACE_ITER ||
		       (slash && has_word(PATH_FUNCTIONS, slash + 1));
	case H_seq_printf_btf:
		return m->p->attach == BPF_TRACE_ITER;
	case H_get_func_arg:
	case H_get_func_ret:
	case H_get_func_arg_cnt:
		return has_arguments(m, id);
	default:
		return true;
	}
}

static void check_allowed(struct machine *m, const struct helper *h, uint32_t id)
{
	const char *letters = NULL;
	for (size_t i = 0; i < sizeof type_letters / sizeof *type_letters; i++)
		if (type_letters[i].type == (int)m->p->type)
			letters = type_letters[i].letters;
	if (m->p->type == BPF_PROG_TYPE_STRUCT_OPS)
		letters = ops_letters(m);
	if (m->p->type == BPF_PROG_TYPE_STRUCT_OPS && ops_lacks(m, h->name))
		reject(m, L_helper_not_allowed, NULL, "`%s` of a `struct %s` cannot call %s()", m->p->member,
			m->p->ops, h->name);
	bool early = lint_kernel(m->lint) < 0x0610, for_all = !*h->who || (flagged(h, 'b') && !early);
	if (m->p->type == BPF_PROG_TYPE_STRUCT_OPS && flagged(h, 's') && early)
		reject(m, L_helper_not_allowed, NULL,
			"a program of this type cannot call %s() before Linux 6.16", h->name);
	if (!for_all && !letters && m->p->type == BPF_PROG_TYPE_STRUCT_OPS)
		not_judged(m, "whether programs of a `struct %s` may call %s() is not known", m->p->ops,
			h->name);
	if (!for_all && flagged(h, 'u') && (!letters || !strpbrk(h->who, letters)))
		not_judged(m, "whether programs of this type may call %s() is not known", h->name);
	if ((!for_all && letters && (!*letters || !strpbrk(h->who, letters))) || !attached_rightly(m, id))
		reject(m, L_helper_not_allowed, NULL, "a program of this type cannot call %s()", h->name);
	if (!for_all && m->p->type == BPF_PROG_TYPE_EXT)
		not_judged(m,
			"whether %s() may be called depends on the program in which a function is replaced",
			h->name);
	if (flagged(h, 'G') && !m->o->gpl)
		reject(m, L_helper_not_allowed,
			"Declare the licence: char _license[] SEC(\"license\") = \"GPL\";",
			"%s() is only for programs under the GPL", h->name);
	if (flagged(h, 'Z') && !may_sleep(m))
		reject(m, L_sleeps, "Make the program sleepable by its section's name, `.s`.",
			"%s() may sleep, and must not here", h->name);
}

bool may_sleep(const struct machine *m)
{
	const struct state *s = m->cur;
	return s->sleepable && !s->rcu && !s->preempt && !s->irqs;
}

void check_held(struct machine *m, const char *what)
{
	check_held_but(m, 0, what);
}

void check_held_but(struct machine *m, uint32_t given, const char *what)
{
	for (unsigned i = 0; i < m->cur->nheld; i++) {
		if (m->cur->held[i].kind != HELD_OBJECT || (given && m->cur->held[i].id == given))
			continue;
		reject(m, L_not_released, "Release it on every path, also where something fails.",
			"%s is still held: %s", held_name(m, m->cur->held[i].insn), what);
	}
	if (m->cur->rcu)
		reject(m, L_lock, "Call bpf_rcu_read_unlock() on every path.", "RCU is still locked: %s",
			what);
	if (m->cur->preempt)
		reject(m, L_lock, "Call bpf_preempt_enable() on every path.", "preemption is still off: %s",
			what);
	if (m->cur->irqs)
		reject(m, L_lock, "Call bpf_local_irq_restore() on every path.",
			"interrupts are still off: %s", what);
}

static void check_format(struct machine *m)
{
	const struct reg *text = reg_now(m, 3), *size = reg_now(m, 5);
	const struct lint_map *map = &m->o->maps.at[text->which];
	if (!format_fits((const char *)map->bytes + text->v.bits.value + text->off, size->v.bits.value / 8))
		reject(m, L_bad_argument, NULL,
			"argument 3 of bpf_snprintf() has a place for more values than are given, or of no "
			"known "
			"kind");
}

#define RETVAL_CHECKED_SINCE 0x0702

/* What a hook of a cgroup is to return instead. */
static void check_retval(struct machine *m)
{
	const struct reg *r = reg_now(m, 1);
	int32_t min = -ERRNO_MAX, max = 0;
	char said[80];
	bool has_result = m->p->type != BPF_PROG_TYPE_LSM || hook_returns(m, &min, &max);

	if (!has_result)
		reject(m, L_bad_argument, NULL,
			"the hook returns nothing that bpf_set_retval() could change");
	if (lint_kernel(m->lint) < RETVAL_CHECKED_SINCE)
		return;
	if (!is_number(r))
		reject(m, L_bad_argument, NULL, "argument 1 of bpf_set_retval() is to be a number; it is %s",
			reg_words(m, r));
	if (m->p->type == BPF_PROG_TYPE_CGROUP_SOCKOPT && m->p->attach == BPF_CGROUP_GETSOCKOPT)
		return;
	need_precise(m, 1);
	if (r->v.smin32 < min || r->v.smax32 > max)
		reject(m, L_bad_argument, "Pass the negative of an error's number, or 0.",
			"argument 1 of bpf_set_retval() may be %s, and is to be %d to %d",
			num_say(&r->v, said, sizeof said), min, max);
}

/* Before, a timer's function might sleep where the program might. */
#define TIMERS_AWAKE_SINCE 0x0612

static void before_result(struct machine *m, struct call *c)
{
	if (c->fill.size)
		access_by_helper(m, c->fill.reg, c->fill.size, WRITE, true, true);
	if (c->release && c->kept && in_rcu(m))
		keep_by_rcu(m, c->release);
	else if (c->release)
		release(m, c->release);
	if (c->id == H_tail_call)
		check_held(m, "a tail call does not come back");
	if (c->id == H_tail_call && num_is_known(&reg_now(m, 3)->v) && is_number(reg_now(m, 3)) &&
		reg_now(m, 3)->v.bits.value < c->map->max_entries)
		need_precise(m, 3);
	if (c->id == H_get_local_storage && !is_null(reg_now(m, 2)))
		reject(m, L_bad_argument, NULL, "argument 2 of %s() has to be 0", c->h->name);
	if (c->id == H_snprintf)
		check_format(m);
	if (c->id == H_set_retval)
		check_retval(m);
	if (c->id == H_timer_set_callback)
		call_later(m, c->function, c->map_index, c->inner,
			m->p->sleepable && lint_kernel(m->lint) < TIMERS_AWAKE_SINCE);
	else if (flagged(c->h, 'B'))
		call_back(m, c);
}

/* What is written into a packet may have to be moved for it. */
static bool writes_packet(const struct call *c)
{
	return c->id == H_dynptr_write && is_of_skb(c->dynptr.kind);
}

void call_helper(struct machine *m, const struct bpf_insn *in)
{
	struct call c = {.h = helper((uint32_t)in->imm), .id = (uint32_t)in->imm, .key = -1};

	if (c.id == CORE_NO_HELPER)
		reject(m, L_bad_object, "Ask first: `if (bpf_core_field_exists(...))`.",
			"it depends on a field or type that the kernel whose BTF is at hand does not have");
	if (c.id == 0 || c.id > HELPERS)
		reject(m, L_bad_instruction, NULL, "there is no helper %d", in->imm);
	if (!c.h)
		not_judged(m, "it calls helper %d, which is not modelled", in->imm);
	if (m->cur->locks && c.id != H_spin_unlock &&
		!(c.id == H_kptr_xchg && lint_kernel(m->lint) >= 0x0701))
		reject(m, L_lock, "Call it before the lock, or after.", "%s() is called with a lock held",
			c.h->name);
	check_allowed(m, c.h, c.id);
	for (unsigned i = 0; c.h->arguments[i]; i++)
		argument(m, &c, i + 1, c.h->arguments[i]);
	if (c.map && (c.map->flags & BPF_F_RDONLY_PROG) &&
		(c.id == H_map_update_elem || c.id == H_map_delete_elem || c.id == H_map_push_elem ||
			c.id == H_map_pop_elem))
		reject(m, L_read_only, NULL, "map `%s` is only to be read by programs", c.map->name);
	if (c.map && !strchr(c.h->arguments, 'i')) {
		check_map_helper(m, c.map, c.id);
		check_socket_map(m, c.map, c.id);
	}
	before_result(m, &c);
	forget_caller_saved(m);
	give(m, &c);
	bool goes_on = c.id == H_tail_call && returns_early(m, "a tail call"); /* with all that it has */
	if (goes_on && m->cur->top)
		lose_packet_and_return(m);
	else if ((flagged(c.h, 'P') && !goes_on) || writes_packet(&c))
		lose_packet(m);
}

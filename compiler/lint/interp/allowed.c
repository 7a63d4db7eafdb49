/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * allowed.c: whether a helper may be called at all: by a program of that type and there, and with that map.
 */
#include <string.h>
#include "call.h"
#include "kernel.h"

/* ---- by the program ---- */

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

void check_allowed(struct machine *m, const struct call *c)
{
	const struct helper *h = c->h;
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
	if ((!for_all && letters && (!*letters || !strpbrk(h->who, letters))) || !attached_rightly(m, c->id))
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

/* ---- by the map ---- */

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

static void check_map_type(struct machine *m, const struct call *c)
{
	bool listed = false;
	for (size_t i = 0; i < sizeof only_for / sizeof *only_for; i++) {
		if (only_for[i].helper != c->id)
			continue;
		listed = true;
		for (unsigned k = 0; k < 6 && only_for[i].maps[k]; k++)
			if (only_for[i].maps[k] == c->map->type)
				return;
	}
	if (listed || !is_common_map(c->map->type, c->id))
		reject(m, L_wrong_map, "Use the helper that is made for that type of map.",
			"%s() is not for map `%s`, by its type", c->h->name, c->map->name);
}

#define SOCKETS_LOCKED_SINCE 0x0703

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

static void check_sockets(struct machine *m, const struct call *c)
{
	bool changes = c->id == H_map_update_elem || c->id == H_map_delete_elem;
	bool sockets = c->map->type == BPF_MAP_TYPE_SOCKMAP || c->map->type == BPF_MAP_TYPE_SOCKHASH;
	if (changes && sockets && !may_change_sockets(m, c->id))
		reject(m, L_wrong_map, "Change it by a program for another hook, or from outside.",
			"a program of this type cannot change the sockets of map `%s` by %s()", c->map->name,
			c->h->name);
}

void check_map_allowed(struct machine *m, const struct call *c)
{
	check_map_type(m, c);
	check_sockets(m, c);
}

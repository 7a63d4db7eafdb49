/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * casts.c: kfuncs that give what they are given, as another type: the context as the kernel has it, and what
 * is at any address. check_special_kfunc() in the kernel's kernel/bpf/verifier.c.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <strings.h>
#include "kfunc.h"
#include "../names.h"

/* The kernel has a struct in which each type of program has a member for that. */
static const struct btf_type *context_type(struct machine *m, uint32_t *id)
{
	need_kernel(m);
	const struct btf *btf = m->kernel;
	int table = btf__find_by_name_kind(btf, "bpf_ctx_convert", BTF_KIND_STRUCT);
	const struct btf_type *t = table > 0 ? btf__type_by_id(btf, (uint32_t)table) : NULL;
	const char *type = libbpf_bpf_prog_type_str(m->p->type);
	char name[64];

	snprintf(name, sizeof name, "BPF_PROG_TYPE_%s_kern", type ? type : "");
	for (unsigned i = 0; t && i < btf_vlen(t); i++)
		if (!strcasecmp(btf_name(btf, btf_members(t)[i].name_off), name)) {
			*id = btf_members(t)[i].type;
			return btf__type_by_id(btf, *id);
		}
	not_judged(m, "the kernel whose BTF is at hand does not say what the context of such a program is");
}

void cast_context(struct machine *m, const struct kfunc *k)
{
	const struct reg *r = reg_now(m, 1);
	uint32_t id;

	if (m->p->type == BPF_PROG_TYPE_EXT)
		not_judged(m, "the context is that of the program in which a function is replaced");
	if (r->kind != IN_CONTEXT)
		reject(m, L_bad_argument, NULL, "argument 1 of %s() is to be the context; it is %s", k->name,
			reg_words(m, r));
	need_unchanged(m, 1, r, false);
	if (!btf_is_composite(context_type(m, &id)))
		reject(m, L_bad_argument, NULL, "%s(): the context of such a program is no struct", k->name);
	forget_caller_saved(m);
	reg_point(reg_now(m, 0), IN_STRUCT, (int32_t)id);
	reg_now(m, 0)->flags = TRUSTED;
}

/* Before, only a struct could be meant. */
#define NO_TYPE_SINCE 0x0611

void cast_read_only(struct machine *m, const struct kfunc *k)
{
	const struct reg *r = reg_now(m, 2);

	if (!is_number(r) || !num_is_known(&r->v))
		reject(m, L_bad_argument, "Pass `bpf_core_type_id_kernel(struct NAME)`.",
			"argument 2 of %s() is to be a constant", k->name);
	need_precise(m, 2);
	need_kernel(m);
	uint32_t id = (uint32_t)r->v.bits.value;
	const struct btf_type *t = btf__type_by_id(m->kernel, id);
	bool any = !id && lint_kernel(m->lint) >= NO_TYPE_SINCE;
	if (!any && (!id || !t || !btf_is_composite(t)))
		reject(m, L_bad_argument, "Pass `bpf_core_type_id_kernel(struct NAME)`.",
			"the type that is given to %s() is none of the kernel's structs", k->name);
	forget_caller_saved(m);
	reg_point(reg_now(m, 0), any ? IN_MEMORY : IN_STRUCT, (int32_t)id);
	reg_now(m, 0)->flags = UNTRUSTED | (any ? READ_ONLY : 0);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * compiler_link.c: what the runtime gives the kernel (runtime/kernel_link.c) is what the linter shows of an
 * object (lint/link.c), instruction by instruction: so numbers in the verifier's log mean the same, and two
 * linkers that were written apart agree.
 */
#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../compiler/lint/program.h"
#include "../../compiler/lint/open.h"
#include "../../runtime/kernel_link.h"
#include "../../runtime/manifest.h"
#include "../../runtime/object.h"

enum { IMAGE = 1000, REGION = 1001, KFUNC = 2000 }; /* in the place of descriptors and numbers */

static uint32_t objects, kfuncs, of_region, calls;

/* What an instruction refers to, in the place of its name. */
static void same_reference(
	const char *path, const struct lint_object *o, const struct lint_ref *ref, const struct bpf_insn *in)
{
	const char *map = ref->kind == REF_VALUE ? o->maps.at[ref->index].name : "";

	switch (ref->kind) {
	case REF_KFUNC:
		kfuncs++;
		ck_assert_msg(in->src_reg == BPF_PSEUDO_KFUNC_CALL && in->imm >= KFUNC, "%s", path);
		ck_assert_msg(in->imm == KFUNC + !strcmp(o->externs.at[ref->index].name, RL_GET_REGION), "%s",
			path);
		break;
	case REF_VALUE:
		ck_assert_int_eq(in->src_reg, BPF_PSEUDO_MAP_VALUE);
		ck_assert_int_eq(in[1].imm, ref->offset);
		ck_assert_msg(
			in->imm == (strcmp(map, RL_REGION_SECTION) ? IMAGE : REGION), "%s: %s", path, map);
		of_region += in->imm == REGION;
		break;
	case REF_CALL:
		calls++;
		ck_assert_int_eq(in->src_reg, BPF_PSEUDO_CALL);
		break;
	default:
		ck_assert_msg(ref->kind == REF_NONE, "%s: a reference of kind %d", path, ref->kind);
	}
}

static void same_lines(const char *path, const struct lint_object *o, const struct lint_program *p,
	const struct rl_linked *l)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct bpf_line_info *line = &l->lines[next];

		if (next == l->nlines || line->insn_off != i)
			continue;
		next++;
		ck_assert_ptr_nonnull(p->lines[i]);
		ck_assert_uint_eq(p->lines[i]->line, line->line_col >> 10);
		ck_assert_str_eq(p->lines[i]->text, btf__name_by_offset(o->btf, line->line_off));
	}
	ck_assert_msg(next == l->nlines && next >= 3, "%s: %u of %u lines", path, next, l->nlines);
}

static void same_functions(const struct lint_program *p, const struct rl_linked *l)
{
	ck_assert_uint_eq(l->nfunctions, p->functions.n);
	for (uint32_t i = 0; i < l->nfunctions; i++) {
		ck_assert_uint_eq(l->functions[i].insn_off, p->functions.at[i].first);
		ck_assert_uint_eq(l->functions[i].type_id, p->functions.at[i].btf_id);
	}
}

static struct rl_linked linked(const char *path, struct rl_object *o, struct bytes file)
{
	struct rl_kernel_type names[RL_MAX_KFUNCS];
	struct rl_link_targets to = {IMAGE, REGION, names, 0};
	char text[256] = "";
	struct rl_why why = {text, sizeof text};
	struct rl_linked out;
	void *copy = malloc(file.n);
	int n;

	memcpy(copy, file.at, file.n);
	ck_assert_msg(!rl_object_parse(o, copy, file.n, text, sizeof text), "%s: %s", path, text);
	n = rl_link_kfuncs(o, names, &why);
	ck_assert_msg(n > 0, "%s: %s", path, text);
	for (int i = 0; i < n; i++)
		names[i].id = KFUNC + !strcmp(names[i].name, RL_GET_REGION);
	to.nkfuncs = (unsigned)n;
	ck_assert_msg(!rl_link(o, &to, &out, &why), "%s: %s", path, text);
	return out;
}

static void same(const char *path)
{
	struct arena *a = arena_new();
	const char *why = NULL;
	struct bytes file;
	struct rl_object object;

	ck_assert_ptr_null(read_file(a, path, &file));
	struct lint_object *o = lint_object_read(a, path, file.at, file.n, &why);
	ck_assert_msg(o && o->programs.n == 1, "%s: %s", path, why);
	struct rl_linked l = linked(path, &object, file);
	const struct lint_program *p = o->programs.at[0];
	ck_assert_uint_eq(l.ninsns, p->n);
	for (uint32_t i = 0; i < p->n; i++) {
		const struct bpf_insn *x = &p->insns[i], *y = &l.insns[i];
		ck_assert_msg(x->code == y->code && x->dst_reg == y->dst_reg && x->off == y->off, "%s: %u",
			path, i);
		same_reference(path, o, &p->refs[i], y);
		if (p->refs[i].kind != REF_KFUNC && p->refs[i].kind != REF_VALUE)
			ck_assert_msg(x->imm == y->imm && x->src_reg == y->src_reg, "%s: %u", path, i);
		if (p->refs[i].kind == REF_VALUE)
			i++;
	}
	same_functions(p, &l);
	same_lines(path, o, p, &l);
	objects++;
	rl_linked_free(&l);
	rl_object_free(&object);
	lint_object_close(o);
	arena_free(a);
}

START_TEST(the_kernel_is_given_what_the_linter_shows)
{
	const char *build = getenv("OBJDIR");
	static const char *const suites[] = {
		"examples", "tests/lang", "tests/ops", "tests/unit", "tests/ref"};
	glob_t all = {0};
	char pattern[4096];

	for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
		snprintf(pattern, sizeof pattern, "%s/%s/*.bpf.o", build ? build : "build", suites[i]);
		ck_assert_int_eq(glob(pattern, i ? GLOB_APPEND : 0, NULL, &all), 0);
	}
	for (size_t i = 0; i < all.gl_pathc; i++)
		same(all.gl_pathv[i]);
	globfree(&all);
	ck_assert(objects > 100 && kfuncs > objects && of_region > 0 && calls > objects);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("compiler_link");
	TCase *t = tcase_create("compiler_link");
	SRunner *r = srunner_create(s);

	tcase_set_timeout(t, 200);
	tcase_add_test(t, the_kernel_is_given_what_the_linter_shows);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

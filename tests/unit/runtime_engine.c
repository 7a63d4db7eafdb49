/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_engine.c: which engine is taken, with which privilege, and what is said where it is not the better
 * one. */
#include <libelf.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "left.h"
#include "privilege.h"
#include "runtime_test.h"

static bool kernel_engine_here(void)
{
	enum ringlet_engine_kind all[2];

	engines(all);
	return all[0] == RINGLET_KERNEL;
}

START_TEST(auto_takes_the_better_engine_and_says_why_not)
{
	enum ringlet_engine_kind all[2];
	struct ringlet *r = loaded(RINGLET_AUTO, 10, 0);
	const char *why, *name = ringlet_engine(r, &why);
	bool works = true;
	size_t n;
	const struct ringlet_feature *f = ringlet_probe(&n);

	for (size_t i = 0; i < n; i++)
		works = works && (f[i].status == 0 || !f[i].kernel_engine);
	ck_assert_str_eq(name, works ? "kernel" : "user");
	ck_assert_int_eq(*why != '\0', !works);
	/* Where this run is said to have the kernel engine, it is no excuse that the probe says no. */
	if (engines(all) && all[0] == RINGLET_KERNEL)
		ck_assert_msg(works, "%s", why);
	ck_assert_int_eq(ringlet_run(r), 0);
	ringlet_close(r);
}
END_TEST

START_TEST(a_kernel_without_the_engine_is_told_what_it_lacks)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_KERNEL};
	const struct ringlet_feature *f, *lacks = NULL;
	struct ringlet *r;
	size_t n;

	f = ringlet_probe(&n);
	for (size_t i = 0; i < n && !lacks; i++)
		if (f[i].kernel_engine && f[i].status != 0)
			lacks = &f[i];
	if (!lacks)
		return;
	r = ringlet_open(reference_path(), &opts);
	ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
	ck_assert_int_eq(ringlet_load(r), lacks->status == -EPERM ? -EPERM : -EOPNOTSUPP);
	ck_assert_msg(strstr(ringlet_error(r), lacks->name) && strstr(ringlet_error(r), lacks->since) &&
			      strstr(ringlet_error(r), lacks->hint),
		"%s", ringlet_error(r));
	ringlet_close(r);
}
END_TEST

/* With less than the two capabilities: the kernel engine says which ones, auto goes on without it. */
static const uint64_t too_few[] = {0, 1ull << CAP_BPF, 1ull << CAP_PERFMON};

START_TEST(without_privilege_auto_goes_on)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_KERNEL};
	struct bytes b = reference_object(); /* read while we may */
	struct held before;
	struct ringlet *r;
	const char *why;

	if (getuid() == 0)
		become(too_few[_i]);
	before = held();
	r = ringlet_open_mem(b.at, b.n, &opts);
	ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
	if (kernel_engine_here()) {
		ck_assert_int_eq(ringlet_load(r), -EPERM);
		ck_assert_ptr_nonnull(strstr(ringlet_error(r), "grant CAP_BPF and CAP_PERFMON"));
	} else {
		ck_assert_int_lt(ringlet_load(r), 0);
	}
	ringlet_close(r);
	opts.engine = RINGLET_AUTO;
	r = ringlet_open_mem(b.at, b.n, &opts);
	ck_assert_int_eq(ringlet_set_u64(r, "n", 100), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s", ringlet_error(r));
	ck_assert_str_eq(ringlet_engine(r, &why), "user");
	ck_assert(!kernel_engine_here() || strstr(why, "grant CAP_BPF and CAP_PERFMON"));
	ck_assert_int_eq(ringlet_run(r), 0);
	ringlet_close(r);
	ck_assert(nothing_left(before));
	free(b.at);
}
END_TEST

START_TEST(two_capabilities_are_enough)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_KERNEL};
	struct rlimit usual = {8u << 20, 8u << 20};
	struct bytes b = reference_object();
	struct ringlet *r;

	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &usual), 0);
	become(1ull << CAP_BPF | 1ull << CAP_PERFMON);
	r = ringlet_open_mem(b.at, b.n, &opts);
	ck_assert_int_eq(ringlet_set_u64(r, "n", 100), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	ck_assert_int_eq(ringlet_run(r), 0);
	ck_assert_uint_eq(*(uint64_t *)ringlet_shared(r, "done", NULL), 100);
	ringlet_close(r);
	free(b.at);
}
END_TEST

/* Makes the program's first read of its arguments one from far behind them. */
static void break_program(struct bytes b)
{
	Elf *elf;
	Elf_Scn *scn = NULL;
	size_t names;

	elf_version(EV_CURRENT);
	elf = elf_memory((char *)b.at, b.n - sizeof(struct rl_trailer));
	ck_assert_int_eq(elf_getshdrstrndx(elf, &names), 0);
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		Elf64_Shdr *sh = elf64_getshdr(scn);

		if (strcmp(elf_strptr(elf, names, sh->sh_name), "struct_ops.s/" RL_PROGRAM) != 0)
			continue;
		for (unsigned char *insn = b.at + sh->sh_offset; insn < b.at + sh->sh_offset + sh->sh_size;
			insn += 8) {
			if (insn[0] != 0x79 || insn[1] >> 4 != 1) /* BPF_LDX | BPF_DW | BPF_MEM, from r1 */
				continue;
			insn[3] = 0x40; /* the offset's high byte */
			elf_end(elf);
			return;
		}
	}
	ck_abort_msg("the program does not read its arguments");
}

/* What the kernel refuses although it has all that is needed is shown, with the verifier's words: it is no
 * reason for another engine. */
START_TEST(a_refused_program_is_a_bug_to_report)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_AUTO};
	struct bytes b = reference_object();
	struct ringlet *r;

	break_program(b);
	seal(b);
	r = ringlet_open_mem(b.at, b.n, &opts);
	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_set_u64(r, "n", 100), 0);
	ck_assert_int_lt(ringlet_load(r), 0);
	ck_assert_ptr_nonnull(strstr(ringlet_error(r), "please report it as a bug of ringc"));
	ck_assert_ptr_nonnull(strstr(ringlet_load_log(r), "invalid bpf_context access"));
	ck_assert_int_eq(ringlet_load_log(r)[strlen(ringlet_load_log(r)) - 1], '\n');
	ck_assert_ptr_null(ringlet_engine(r, NULL));
	ringlet_close(r);
	free(b.at);
}
END_TEST

/* As where it was built without them, or /sys is not mounted. */
START_TEST(a_kernel_that_does_not_tell_its_types_is_said_to_be_one)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_KERNEL};
	struct ringlet *r = ringlet_open(reference_path(), &opts);

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("none", "/sys/kernel/btf", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
	ck_assert_int_eq(ringlet_load(r), -EOPNOTSUPP);
	ck_assert_msg(strstr(ringlet_error(r), "it needs btf"), "%s", ringlet_error(r));
	ringlet_close(r);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, auto_takes_the_better_engine_and_says_why_not);
	tcase_add_test(t, a_kernel_without_the_engine_is_told_what_it_lacks);
	tcase_add_loop_test(t, without_privilege_auto_goes_on, 0, sizeof(too_few) / sizeof(too_few[0]));
	if (!kernel_engine_here())
		return;
	tcase_add_test(t, two_capabilities_are_enough);
	tcase_add_test(t, a_refused_program_is_a_bug_to_report);
	tcase_add_test(t, a_kernel_that_does_not_tell_its_types_is_said_to_be_one);
}

int main(void)
{
	return run_tests("runtime_engine", add);
}

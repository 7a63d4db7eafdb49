/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * runtime_link.c: what a load on the kernel engine makes before it asks the kernel: the program out of an
 * object, which may be damaged in any way, and the kernel's types, which libbpf finds too.
 */
#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>

#include "kernel_link.h"
#include "runtime_test.h"

/* By hand and without functions; with functions of the kernel's, and a region. */
static const char *const objects[] = {"tests/ref/nop.bpf.o", "examples/nop.bpf.o", "tests/unit/region.bpf.o"};
#define NOBJECTS (int)(sizeof(objects) / sizeof(objects[0]))

static char said[256];

/* In memory of its own and exactly so large, so that a sanitizer sees a read past the end. */
static int link_of(const void *data, size_t n)
{
	struct rl_kernel_type kfuncs[RL_MAX_KFUNCS];
	struct rl_link_targets to = {100, 101, kfuncs, 0};
	struct rl_why why = {said, sizeof(said)};
	struct rl_object o;
	struct rl_linked out;
	void *exact = malloc(n);
	int found, err;

	memcpy(exact, data, n);
	*said = 0;
	err = rl_object_parse(&o, exact, n, said, sizeof(said));
	if (err)
		return err;
	found = rl_link_kfuncs(&o, kfuncs, &why);
	for (int i = 0; i < found; i++)
		kfuncs[i].id = 200;
	to.nkfuncs = found < 0 ? 0 : (unsigned)found;
	err = rl_link(&o, &to, &out, &why);
	ck_assert_int_eq(!err, out.ninsns && !*said);
	rl_linked_free(&out);
	rl_object_free(&o);
	return err;
}

/* ---- damage ---- */

static bool section(struct bytes b, const char *name, Elf64_Shdr *out, uint64_t *header)
{
	Elf64_Ehdr eh;
	Elf64_Shdr names;

	memcpy(&eh, b.at, sizeof(eh));
	memcpy(&names, b.at + eh.e_shoff + eh.e_shstrndx * sizeof(names), sizeof(names));
	for (unsigned i = 0; i < eh.e_shnum; i++) {
		*header = eh.e_shoff + i * sizeof(*out);
		memcpy(out, b.at + *header, sizeof(*out));
		if (!strcmp((const char *)b.at + names.sh_offset + out->sh_name, name))
			return true;
	}
	return false;
}

static const char *const sections[] = {RL_STEP_SECTION, ".text", ".rel" RL_STEP_SECTION, ".rel.text",
	".symtab", ".strtab", ".BTF", ".BTF.ext", "license"};
#define NSECTIONS (sizeof(sections) / sizeof(sections[0]))

/* In a guest, which has the same linker and is slow, some. */
static size_t stride(void)
{
	const char *ringc = getenv("RINGC");

	return ringc && !*ringc ? 37 : 1;
}

START_TEST(a_damaged_object_does_no_harm)
{
	static const unsigned char bits[] = {0x01, 0x80, 0xff, 0x10};
	struct bytes b = whole_object(built(objects[_i]));
	unsigned refused = 0, taken = 0;

	ck_assert_msg(!link_of(b.at, b.n), "%s", said);
	for (size_t s = 0; s < NSECTIONS; s++) {
		Elf64_Shdr sh;
		uint64_t header;

		if (!section(b, sections[s], &sh, &header))
			continue;
		for (size_t i = 0; i < sh.sh_size; i += stride()) {
			unsigned char *at = b.at + sh.sh_offset + i;

			*at ^= bits[i % sizeof(bits)];
			seal(b);
			if (link_of(b.at, b.n))
				refused++;
			else
				taken++;
			*at ^= bits[i % sizeof(bits)];
		}
	}
	ck_assert_uint_gt(refused, stride() == 1 ? 200 : 5);
	ck_assert_uint_gt(taken, stride() == 1 ? 200 : 5);
	free(b.at);
}
END_TEST

/* What is missing, or cut off at any byte. */
START_TEST(sections_may_be_of_any_size)
{
	struct bytes b = whole_object(built(objects[_i]));

	for (size_t s = 0; s < NSECTIONS; s++) {
		Elf64_Shdr sh, less;
		uint64_t header;

		if (!section(b, sections[s], &sh, &header))
			continue;
		less = sh;
		for (less.sh_size = 0; less.sh_size < sh.sh_size; less.sh_size += stride() * 3) {
			memcpy(b.at + header, &less, sizeof(less));
			seal(b);
			link_of(b.at, b.n);
		}
		memcpy(b.at + header, &sh, sizeof(sh));
	}
	seal(b);
	ck_assert_int_eq(link_of(b.at, b.n), 0);
	free(b.at);
}
END_TEST

/* What can be linked goes to the kernel, which takes it or says why not. */
START_TEST(a_damaged_object_is_loaded_or_refused)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_KERNEL};
	struct bytes b = whole_object(built("examples/nop.bpf.o"));
	unsigned refused = 0;
	uint32_t seed = 7;

	for (size_t s = 0; s < NSECTIONS; s++) {
		Elf64_Shdr sh;
		uint64_t header;

		ck_assert(section(b, sections[s], &sh, &header));
		for (int turn = 0; turn < 8; turn++) {
			unsigned char *at = b.at + sh.sh_offset + (seed >> 8) % sh.sh_size;
			unsigned char was = *at;
			struct ringlet *r;
			int err;

			seed = seed * 1664525u + 1013904223u;
			*at ^= (unsigned char)(1 + (seed >> 24) % 255);
			seal(b);
			r = ringlet_open_mem(b.at, b.n, &opts);
			*at = was;
			if (!r)
				continue;
			ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
			err = ringlet_load(r);
			ck_assert_int_eq(!err, !*ringlet_error(r));
			ck_assert_msg(err != -ENOMEM && err != -EAGAIN, "%s", ringlet_error(r));
			refused += err != 0;
			ringlet_close(r);
		}
	}
	ck_assert_uint_gt(refused, 10);
	free(b.at);
}
END_TEST

/* ---- what is said ---- */

static const struct lie {
	const char *section;
	enum {
		FUNCTION_SIZE,
		FUNCTION_PLACE,
		RELOC_PLACE,
		RELOC_SYMBOL,
		TO_NOTHING,
		EXT_RECORD,
		NO_BYTES,
		CUT
	} what;
	const char *says;
} lies[] = {
	{".symtab", FUNCTION_SIZE, "a function is not within its section"},
	{".symtab", FUNCTION_PLACE, "a function is not within its section"},
	{".rel" RL_STEP_SECTION, RELOC_PLACE, "a relocation of nothing, or to nothing"},
	{".rel" RL_STEP_SECTION, RELOC_SYMBOL, "a relocation of nothing, or to nothing"},
	{".symtab", TO_NOTHING, "an instruction refers to what is not there"},
	{".BTF.ext", EXT_RECORD, "the types of functions, or the lines, cannot be read"},
	{".BTF.ext", NO_BYTES, "no types of functions"},
	{".BTF", NO_BYTES, "no types"},
	{".symtab", NO_BYTES, "a relocation of nothing, or to nothing"},
	{RL_STEP_SECTION, CUT, "a function is not within its section"},
	{".text", CUT, "a function is not within its section"},
};

/* The first symbol of that type, from the second on. */
static Elf64_Sym *symbol_of_type(struct bytes b, const Elf64_Shdr *symbols, unsigned type)
{
	Elf64_Sym *s = (void *)(b.at + symbols->sh_offset);

	for (size_t i = 1; i < symbols->sh_size / sizeof(*s); i++)
		if (ELF64_ST_TYPE(s[i].st_info) == type && s[i].st_size)
			return &s[i];
	ck_abort_msg("no symbol of type %u", type);
}

START_TEST(lies_are_noticed)
{
	const struct lie *l = &lies[_i];
	struct bytes b = whole_object(built("examples/copy.bpf.o"));
	Elf64_Shdr sh;
	uint64_t header;
	Elf64_Rel *rel;

	ck_assert(section(b, l->section, &sh, &header));
	rel = (void *)(b.at + sh.sh_offset);
	switch (l->what) {
	case FUNCTION_SIZE:
		symbol_of_type(b, &sh, STT_FUNC)->st_size += 1u << 20;
		break;
	case FUNCTION_PLACE:
		symbol_of_type(b, &sh, STT_FUNC)->st_value = (uint64_t)-8;
		break;
	case RELOC_PLACE:
		rel->r_offset += 4;
		break;
	case RELOC_SYMBOL:
		rel->r_info |= (uint64_t)0xffffff << 32;
		break;
	case TO_NOTHING:
		symbol_of_type(b, &sh, STT_OBJECT)->st_shndx = SHN_ABS;
		break;
	case EXT_RECORD:
		b.at[sh.sh_offset + b.at[sh.sh_offset + 4]] =
			4; /* after the header, the size of what says the type of a function */
		break;
	case NO_BYTES:
	case CUT:
		sh.sh_size = l->what == CUT ? sh.sh_size - 8 : 0;
		memcpy(b.at + header, &sh, sizeof(sh));
	}
	seal(b);
	ck_assert_int_eq(link_of(b.at, b.n), -EBADMSG);
	ck_assert_msg(strstr(said, l->says), "%s", said);
	free(b.at);
}
END_TEST

START_TEST(a_function_that_the_kernel_has_not_is_named)
{
	struct bytes b = reference_object();
	struct rl_kernel_type kfuncs[RL_MAX_KFUNCS];
	struct rl_link_targets to = {100, -1, kfuncs, 1};
	struct rl_why why = {said, sizeof(said)};
	struct rl_linked out;
	struct rl_object o;

	ck_assert_int_eq(rl_object_parse(&o, b.at, b.n, said, sizeof(said)), 0);
	ck_assert_int_eq(rl_link_kfuncs(&o, kfuncs, &why), 1);
	ck_assert_int_eq(rl_link(&o, &to, &out, &why), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(said, "the kernel has no function `bpf_io_uring_submit_sqes`"));
	rl_linked_free(&out);
	rl_object_free(&o);
}
END_TEST

/* ---- the kernel's types ---- */

START_TEST(types_of_the_kernel_are_those_that_libbpf_finds)
{
	static const char *const names[] = {
		"task_struct", "file", "vfs_read", "io_ring_ctx", "schedule", "no_such_type"};
	enum { N = sizeof(names) / sizeof(names[0]) };
	struct btf *btf = btf__load_vmlinux_btf();
	struct rl_kernel_type wanted[2 * N];
	struct rl_kernel_types k;
	unsigned found = 0;
	uint32_t at = 0;
	int err = rl_kernel_types_open(&k), member;

	ck_assert_int_eq(err, btf ? 0 : -ENOENT);
	if (err)
		return;
	for (unsigned i = 0; i < 2 * N; i++)
		wanted[i] = (struct rl_kernel_type){
			.name = names[i / 2], .kind = i % 2 ? BTF_KIND_FUNC : BTF_KIND_STRUCT};
	rl_kernel_types_find(&k, wanted, 2 * N);
	for (unsigned i = 0; i < 2 * N; i++) {
		int id = btf__find_by_name_kind(btf, wanted[i].name, wanted[i].kind);

		ck_assert_msg(
			wanted[i].id == (id > 0 ? (uint32_t)id : 0), "%s: %u", wanted[i].name, wanted[i].id);
		found += wanted[i].id != 0;
	}
	ck_assert_uint_gt(found, 3);
	ck_assert(wanted[0].t && !wanted[2 * N - 1].id);
	member = rl_btf_member(&k.btf, wanted[0].t, "mm", &at);
	ck_assert_int_gt(member, 0);
	ck_assert_uint_eq(
		at, btf_member_bit_offset(btf__type_by_id(btf, wanted[0].id), (uint32_t)member) / 8);
	ck_assert_int_lt(rl_btf_member(&k.btf, wanted[0].t, "no_such_member", &at), 0);
	rl_kernel_types_close(&k);
	btf__free(btf);
}
END_TEST

/* One type, and each number of the header as large as can be. */
START_TEST(headers_of_types_are_not_trusted)
{
	static const uint32_t values[] = {1, 2, 4, 23, 25, 1000, INT32_MAX, UINT32_MAX, UINT32_MAX - 3};
	const struct {
		struct btf_header h;
		struct btf_type t;
		char strings[4];
	} whole = {{.magic = BTF_MAGIC,
			   .version = 1,
			   .hdr_len = sizeof(struct btf_header),
			   .type_len = 12,
			   .str_off = 12,
			   .str_len = 4},
		{.name_off = 1, .info = BTF_KIND_FLOAT << 24, .size = 4}, "\0f"};
	unsigned char *exact = malloc(sizeof(whole));
	const uint32_t *fields = &whole.h.hdr_len;
	struct rl_btf_walk walk;
	struct rl_btf btf;

	ck_assert(rl_btf_open(&btf, &whole, sizeof(whole)));
	walk = rl_btf_walk(&btf);
	ck_assert_str_eq(rl_btf_name(&btf, rl_btf_next(&walk)->name_off), "f");
	ck_assert_ptr_null(rl_btf_next(&walk));
	ck_assert_uint_eq(walk.id, 1);
	for (unsigned f = 0; f < 5; f++)
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			memcpy(exact, &whole, sizeof(whole));
			memcpy(exact + ((const unsigned char *)&fields[f] - (const unsigned char *)&whole),
				&values[v], 4);
			if (!rl_btf_open(&btf, exact, sizeof(whole)))
				continue;
			for (walk = rl_btf_walk(&btf); rl_btf_next(&walk);)
				;
			rl_btf_name(&btf, values[v]);
		}
	for (size_t n = 0; n < sizeof(whole); n++)
		ck_assert(!rl_btf_open(&btf, &whole, n));
	free(exact);
}
END_TEST

/* Kinds that are not known, and more elements than there is room for. */
START_TEST(types_are_not_followed_past_their_end)
{
	struct btf_type t = {.size = 4};
	struct rl_btf btf = {(unsigned char *)&t, (unsigned char *)(&t + 1), "", 1};

	for (uint32_t kind = 0; kind < 0x80; kind++)
		for (uint32_t n = 0; n < 3; n++) {
			struct rl_btf_walk walk = rl_btf_walk(&btf);

			t.info = kind << 24 | (n < 2 ? n : 0xffffff);
			if (rl_btf_next(&walk))
				ck_assert(!rl_btf_room[kind].once && (!n || !rl_btf_room[kind].each));
			ck_assert_ptr_null(rl_btf_next(&walk));
			ck_assert(walk.next <= walk.end);
		}
}
END_TEST

static void add(TCase *t)
{
	enum ringlet_engine_kind all[2];

	engines(all);
	tcase_add_loop_test(t, a_damaged_object_does_no_harm, 0, NOBJECTS);
	tcase_add_loop_test(t, sections_may_be_of_any_size, 0, NOBJECTS);
	if (all[0] == RINGLET_KERNEL)
		tcase_add_test(t, a_damaged_object_is_loaded_or_refused);
	tcase_add_loop_test(t, lies_are_noticed, 0, sizeof(lies) / sizeof(lies[0]));
	tcase_add_test(t, a_function_that_the_kernel_has_not_is_named);
	tcase_add_test(t, types_of_the_kernel_are_those_that_libbpf_finds);
	tcase_add_test(t, headers_of_types_are_not_trusted);
	tcase_add_test(t, types_are_not_followed_past_their_end);
}

int main(void)
{
	return run_tests("runtime_link", add);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* docs_lint.c: the linter's tables, compiler/lint/, for docs.c. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "docs.h"

/* ---- rules ---- */

void rules_table(FILE *out)
{
	enum { LEVEL_ERROR, LEVEL_WARNING, LEVEL_NOTE };
	static const char *const levels[] = {"error", "warning", "note"};
	static const struct {
		unsigned number;
		const char *name;
		int level;
		const char *format, *explain;
	} rules[] = {
#define X(number, name, level, format, explain) {number, #name, level, format, explain},
#include "../compiler/lint/rules.def"
#undef X
	};
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		fprintf(out, "%s### L%04u\n\n**%s, `", i ? "\n" : "", rules[i].number,
			levels[rules[i].level]);
		for (const char *c = rules[i].name; *c; c++)
			fputc(*c == '_' ? '-' : *c, out);
		fputs("`: ", out);
		docs_pattern(rules[i].format, out);
		fputs("**\n\n", out);
		docs_explanation(rules[i].explain, out);
	}
}

/* ---- limits ---- */

void program_limits_table(FILE *out)
{
	fputs("| limit | value | since | in the kernel's |\n| --- | --- | --- | --- |\n", out);
#define LIMIT(name, value, since, source, text)                                                              \
	fprintf(out, "| %s | %d | %s | %s |\n", text, value, since, source);
#define LATER(name, value, since, source) fprintf(out, "| | %d | %s | %s |\n", value, since, source);
#include "../compiler/lint/limits.def"
#undef LIMIT
#undef LATER
}

static void size_range(FILE *out, unsigned least, unsigned most)
{
	if (least == most && !least)
		fputs(" none |", out);
	else if (least == most)
		fprintf(out, " %u |", least);
	else if (most >= 0x7fffffff)
		fprintf(out, " %u or more |", least);
	else
		fprintf(out, " %u to %u |", least, most);
}

void map_sizes_table(FILE *out)
{
	fputs("| type | bytes of a key | of a value | elements | needs | in the kernel's |\n"
	      "| --- | --- | --- | --- | --- | --- |\n",
		out);
#define SIZES(type, kmin, kmax, vmin, vmax, emin, emax, flag, one, source)                                   \
	fputs("| " #type " |", out);                                                                         \
	size_range(out, kmin, kmax);                                                                         \
	size_range(out, vmin, vmax);                                                                         \
	size_range(out, emin, emax);                                                                         \
	fprintf(out, " %s | %s |\n", #flag[0] == '0' ? "" : #flag, source);
#include "../compiler/lint/map_sizes.def"
#undef SIZES
}

/* ---- needs ---- */

static void head(FILE *out, const char *what)
{
	fprintf(out,
		"| %s | since | capability | configuration | on older kernels | commit |\n"
		"| --- | --- | --- | --- | --- | --- |\n",
		what);
}

void program_types_table(FILE *out)
{
	head(out, "type");
#define PROGRAM_TYPE(number, name, since, capability, config, instead, commit)                               \
	fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", #name, since, capability, config, instead, commit);
#include "../compiler/lint/program_types.def"
#undef PROGRAM_TYPE
}

void map_types_table(FILE *out)
{
	head(out, "type");
#define MAP_TYPE(number, name, since, capability, config, instead, commit)                                   \
	fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", #name, since, capability, config, instead, commit);
#include "../compiler/lint/map_types.def"
#undef MAP_TYPE
}

void map_flags_table(FILE *out)
{
	fputs("| flag | since | commit |\n| --- | --- | --- |\n", out);
#define MAP_FLAG(name, bit, since, commit) fprintf(out, "| BPF_F_%s | %s | %s |\n", #name, since, commit);
#include "../compiler/lint/map_flags.def"
#undef MAP_FLAG
}

void struct_ops_table(FILE *out)
{
	fputs("| struct | since | capability | configuration | on older kernels | in the kernel's |\n"
	      "| --- | --- | --- | --- | --- | --- |\n",
		out);
#define STRUCT_OPS(name, since, capability, config, instead, source)                                         \
	fprintf(out, "| `%s` | %s | %s | %s | %s | %s |\n", #name, since, capability, config, instead,       \
		source);
#include "../compiler/lint/struct_ops.def"
#undef STRUCT_OPS
}

void insns_table(FILE *out)
{
	fputs("| in a program | since | on older kernels | commit |\n| --- | --- | --- | --- |\n", out);
#define INSN(name, since, text, instead, commit)                                                             \
	fprintf(out, "| %s | %s | %s | %s |\n", text, since, instead, commit);
#include "../compiler/lint/insns.def"
#undef INSN
}

void helpers_table(FILE *out)
{
	fputs("| number | helper | since | licence | capability | configuration | on older kernels | commit "
	      "|\n"
	      "| --- | --- | --- | --- | --- | --- | --- | --- |\n",
		out);
#define HELPER(number, name, since, gpl, capability, config, instead, commit)                                \
	fprintf(out, "| %d | `bpf_%s` | %s | %s | %s | %s | %s | %s |\n", number, #name, since,              \
		gpl ? "GPL" : "", capability, config, instead, commit);
#include "../compiler/lint/helpers.def"
#undef HELPER
}

void kfuncs_table(FILE *out)
{
	fputs("| kfunc | since | configuration | commit |\n| --- | --- | --- | --- |\n", out);
#define KFUNC(name, since, config, commit)                                                                   \
	fprintf(out, "| `%s` | %s | %s | %s |\n", #name, since, config, commit);
#include "../compiler/lint/kfuncs.def"
#undef KFUNC
}

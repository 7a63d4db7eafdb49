/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * docs.c: the parts of docs/ that are tables, made of those that the compiler and the runtime are made of.
 *
 *     docs [--check] FILE.md...
 *
 * rewrites what stands between the lines `<!-- table: NAME -->` and `<!-- end of table -->` of each file.
 * With --check it changes nothing, and names the files that differ from what it would write. Exit status 0:
 * done, or all is as it should be; 1: something differs or cannot be read or written; 2: wrong usage.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../compiler/check.h"
#include "../compiler/lower.h"
#include "../compiler/ops.h"
#include "../runtime/image.h"
#include "docs.h"

static void broken(const char *what, const char *which)
{
	fprintf(stderr, "docs: %s `%s`\n", what, which);
	exit(1);
}

/* ---- operations ---- */

static const char *const kinds[] = {
	[ARG_FD] = "fd, or slot of a table",
	[ARG_PLAIN] = "fd, no slot",
	[ARG_SLOT] = "slot of a table",
	[ARG_FDS] = "array of fd",
	[ARG_INT] = "integer",
	[ARG_OPT] = "integer, may be left out",
	[ARG_BUF_W] = "bytes that the kernel writes",
	[ARG_BUF_R] = "bytes that the kernel reads",
	[ARG_PATH] = "path",
	[ARG_IOV] = "list of buffers",
	[ARG_TIME] = "duration",
	[ARG_OBJ_W] = "struct that the kernel writes",
	[ARG_OBJ_R] = "struct that the kernel reads",
	[ARG_ARR_W] = "array that the kernel writes",
	[ARG_ARR_R] = "array that the kernel reads",
	[ARG_PLACE] = "variable of 32 bits, shared or private",
	[ARG_MSG_R] = "list of buffers, in a struct msghdr",
	[ARG_MSG_W] = "list of buffers, in a struct msghdr",
	[ARG_QUEUE] = "queue",
	[ARG_TARGET] = "user_data of a request in flight to the queue",
	[ARG_PEER] = "struct for an address, may be left out",
	[ARG_POOL] = "pool of buffers",
	[ARG_ZCRX] = "pool of buffers of kind `zcrx`",
	[ARG_CMD] = "struct or bytes that the SQE has, may be left out",
};

static const char *field_name(enum sqe_field f)
{
	switch (f) {
	case F_FD:
		return "fd";
	case F_OFF:
		return "off";
	case F_ADDR:
		return "addr";
	case F_LEN:
		return "len";
	case F_RW_FLAGS:
		return "rw_flags";
	case F_BUF_INDEX:
		return "buf_index";
	case F_SPLICE_FD_IN:
		return "splice_fd_in";
	case F_CMD_OP:
		return "cmd_op";
	case F_LEVEL:
		return "level";
	case F_OPTNAME:
		return "optname";
	case F_ADDR_LEN:
		return "addr_len";
	case F_ADDR3:
		return "addr3";
	case F_CMD:
	case F_CMD128:
		return "cmd";
	case F_IOPRIO:
		return "ioprio";
	case F_NONE:
		return "msg_name";
	default:
		broken("a field of the SQE without a name", "");
		return "";
	}
}

/* The name of its manual page; a few have one that is not the operation's. */
static const char *page(const char *op)
{
	static const char *const others[][2] = {{"accept_multishot", "multishot_accept"},
		{"accept_multishot_direct", "multishot_accept_direct"}, {"timeout_multishot", "timeout"},
		{"cmd_tx_timestamp", "cmd_sock"}, {"uring_cmd_multishot", "uring_cmd"}};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (!strcmp(others[i][0], op))
			return others[i][1];
	return op;
}

static void operations_table(FILE *out)
{
	fputs("| operation | opcode | result | kernel | as in |\n| --- | --- | --- | --- | --- |\n", out);
	for (uint32_t i = 0; i < noperations; i++) {
		const struct operation *op = operation_find(operations[i].name);
		fprintf(out, "| [`%s`](#%s) | %u | %s | %s | io_uring_prep_%s(3) |\n", op->name, op->name,
			op->opcode, op->result, op->since, page(op->name));
	}
	for (uint32_t i = 0; i < noperations; i++) {
		const struct operation *op = operation_find(operations[i].name);
		fprintf(out, op->multi ? "\n### %s\n\n`for (cqe c in %s(" : "\n### %s\n\n`await %s(",
			op->name, op->name);
		for (uint32_t k = 0; k < op->nargs; k++)
			fprintf(out, "%s%s%s%s", k ? ", " : "", k >= op->required ? "[" : "",
				op->args[k].name, k >= op->required ? "]" : "");
		fprintf(out, "%s`: %s. Opcode %u, Linux %s.\n", op->multi ? ")) ..." : ")", op->result,
			op->opcode, op->since);
		if (op->wide)
			fprintf(out,
				"Its SQE has 128 bytes; in a ring where all have, opcode %u, Linux 5.19.\n",
				op->opcode128);
		if (operation_note(op))
			fprintf(out, "\n%s\n", operation_note(op));
		if (op->nargs)
			fputs("\n| argument | is a | SQE field |\n| --- | --- | --- |\n", out);
		for (uint32_t k = 0; k < op->nargs; k++) {
			const struct op_arg *a = &op->args[k];
			enum sqe_field length = op_arg_length(a);
			bool one = a->kind == ARG_TIME || a->kind == ARG_MSG_R || a->kind == ARG_MSG_W;
			bool many = a->kind == ARG_IOV || a->kind == ARG_FDS || a->kind == ARG_ARR_R ||
				    a->kind == ARG_ARR_W;
			fprintf(out, "| `%s` | %s", a->name, kinds[a->kind]);
			if (a->kind == ARG_SLOT && op->multi)
				fputs(", which is the table itself: the kernel takes free ones", out);
			else if (a->kind == ARG_SLOT && a->value == 2)
				fputs(", and the one after it", out);
			else if (a->kind == ARG_SLOT && !a->value)
				fputs(", and as many after it", out);
			else if (a->kind == ARG_CMD)
				fprintf(out, "; up to %u bytes, then zeros", FIELD_SIZE(a->field));
			else if (a->kind == ARG_OPT && a->value)
				fprintf(out, "; %#llx if left out", (long long)a->value);
			fprintf(out, " | `%s`", field_name(a->field));
			if (length != F_NONE)
				fprintf(out,
					one                   ? ", and 1 in `%s`"
					: many                ? ", their number in `%s`"
					: a->kind == ARG_PEER ? ", the address of its length in `%s`"
							      : ", its length in `%s`",
					field_name(length));
			fputs(" |\n", out);
		}
	}
}

static void made_table(FILE *out)
{
	fputs("| operation | opcode | instead |\n| --- | --- | --- |\n", out);
	for (uint32_t i = 0; i < nmade_operations; i++)
		fprintf(out, "| `%s` | %u | %s |\n", made_operations[i].name, made_operations[i].opcode,
			made_operations[i].instead);
}

/* ---- diagnostics ---- */

static const struct {
	unsigned number;
	const char *name;
	enum severity severity;
	const char *format, *explain;
} diagnostics[] = {
#define X(number, name, severity, format, explain) {number, #name, severity, format, explain},
#include "../compiler/diags.def"
#undef X
};
#define NDIAGNOSTICS (sizeof diagnostics / sizeof diagnostics[0])

/* A format with what it is given left out, as in `ringc explain`. */
void docs_pattern(const char *f, FILE *out)
{
	for (; *f; f++) {
		if (*f != '%') {
			fputc(*f, out);
		} else if (f[1] == '%') {
			fputc(*f++, out);
		} else {
			fputs("...", out);
			f += 1 + strspn(f + 1, "0123456789lz");
			if (!*f)
				return;
		}
	}
}

/* Examples are the indented lines. */
void docs_explanation(const char *text, FILE *out)
{
	bool code = false, blank = true;
	while (*text) {
		size_t n = strcspn(text, "\n");
		bool indented = !strncmp(text, "    ", 4);
		if (indented && !code)
			fputs(blank ? "```text\n" : "\n```text\n", out);
		else if (!indented && code)
			fputs(n ? "```\n\n" : "```\n", out);
		code = indented;
		blank = !n;
		fprintf(out, "%.*s\n", (int)n - 4 * indented, text + 4 * indented);
		text += n + (text[n] == '\n');
	}
	if (code)
		fputs("```\n", out);
}

static void diagnostics_table(FILE *out)
{
	for (size_t i = 0; i < NDIAGNOSTICS; i++) {
		fprintf(out, "%s### R%04u\n\n**%s: ", i ? "\n" : "", diagnostics[i].number,
			diagnostics[i].severity == SEV_ERROR ? "error" : "warning");
		docs_pattern(diagnostics[i].format, out);
		fputs("**\n\n", out);
		docs_explanation(diagnostics[i].explain, out);
	}
}

/* ---- builtins ---- */

static const struct {
	const char *name;
	unsigned least, most;
} builtins[B_COUNT] = {
#define B(name, least, most) [B_##name] = {#name, least, most},
#include "../compiler/builtins.def"
#undef B
};

#define ORDER "; `order` is one of `relaxed acquire release seq_cst`"
static const struct {
	const char *args; /* as written in a call; those that may be left out in [ ] */
	const char *result, *what;
} says[B_COUNT] = {
	[B_log] = {"\"format\", ...", "", "sends the host a message"},
	[B_progress] = {"done, total", "", "says how far the program is"},
	[B_assert] = {"condition", "", "a trap unless the condition holds"},
	[B_trap] = {"\"why\"", "", "a trap: ends the program at once"},
	[B_fail] = {"error", "", "ends the program with an error, through the defers"},
	[B_wake] = {"place", "", "resumes every instance that is in `await signal(place)`"},
	[B_signal] = {"place", "s32", "only after `await`: suspends until `wake(place)`; 0, or -ECANCELED"},
	[B_copy_from_user] = {"slice, address", "s32",
		"fills a slice with bytes at an address in the process of the host: 0, or -EFAULT"},
	[B_stream_of] = {"file", "s32",
		"the number of the `fd` parameter that `file` is, if it is a stream; else -1"},
	[B_fixed_index] = {"array", "u16", "the number under which a `fixed` array is registered"},
	[B_emit] = {"queue, user_data, res, [flags]", "bool",
		"appends a completion to a queue; `false` where there is no room"},
	[B_reap] = {"queue, c", "bool", "takes a completion from a queue into the cqe `c`, if there is one"},
	[B_wait] = {"queue, n", "s32", "only after `await`: suspends until a queue has n completions; 0"},
	[B_room] = {"queue", "s32", "only after `await`: suspends until an `out` queue has room; 0"},
	[B_has] = {"table, key", "bool", "whether a table has the key"},
	[B_insert] = {"table, key, value", "bool",
		"puts a value into a table; `false` where it is full and has no such key"},
	[B_address] = {"place", "u64", "the address of a variable in the process of the host"},
	[B_bytes] = {"place", "u8[]", "a slice of the bytes of a variable, element or field"},
	[B_ns] = {"n", "u64", "a duration of n nanoseconds"},
	[B_us] = {"n", "u64", "a duration of n microseconds"},
	[B_ms] = {"n", "u64", "a duration of n milliseconds"},
	[B_s] = {"n", "u64", "a duration of n seconds"},
	[B_be16] = {"x", "u16", "x with the bytes of a big-endian number"},
	[B_be32] = {"x", "u32", "the same"},
	[B_be64] = {"x", "u64", "the same"},
	[B_le16] = {"x", "u16", "x with the bytes of a little-endian number: x itself"},
	[B_le32] = {"x", "u32", "the same"},
	[B_le64] = {"x", "u64", "the same"},
	[B_atomic_load] = {"place, [order]", "its type", "the value" ORDER " but `release`"},
	[B_atomic_store] = {"place, value, [order]", "", "stores" ORDER " but `acquire`"},
	[B_atomic_add] = {"place, value, [order]", "its type", "adds; the value before"},
	[B_atomic_sub] = {"place, value, [order]", "its type", "subtracts; the value before"},
	[B_atomic_and] = {"place, value, [order]", "its type", "and; the value before"},
	[B_atomic_or] = {"place, value, [order]", "its type", "or; the value before"},
	[B_atomic_xor] = {"place, value, [order]", "its type", "exclusive or; the value before"},
	[B_atomic_xchg] = {"place, value, [order]", "its type", "exchanges; the value before"},
	[B_atomic_cas] = {"place, old, new, [order]", "its type",
		"stores `new` if the value is `old`; the value before"},
};

/* The text has to agree with the table about how many arguments there are. */
static void check_builtin(int b)
{
	unsigned least = 0, most = 0;
	if (!says[b].args)
		broken("tools/docs.c says nothing of the builtin", builtins[b].name);
	for (const char *p = says[b].args; *p; p += strspn(p, ", ")) {
		size_t n = strcspn(p, ",");
		if (!strncmp(p, "...", 3)) {
			most += RL_LOG_ARGS;
		} else {
			most++;
			least += *p != '[';
		}
		p += n;
	}
	if (least != builtins[b].least || most != builtins[b].most)
		broken("tools/docs.c has another number of arguments for the builtin", builtins[b].name);
}

static void builtins_table(FILE *out)
{
	fputs("| call | result | what it does |\n| --- | --- | --- |\n", out);
	for (int b = 1; b < B_COUNT; b++) {
		check_builtin(b);
		fprintf(out, "| `%s(%s)` | %s | %s |\n", builtins[b].name, says[b].args, says[b].result,
			says[b].what);
	}
}

/* ---- constants ---- */

static void constants_table(FILE *out)
{
	/* By prefix: the first row whose text a name begins with. */
	static const struct {
		const char *prefix, *title, *show;
	} groups[] = {
		{"O_", "openat, openat2", "%#llo"},
		{"AT_", "the `*at` operations", "%#llx"},
		{"STATX_", "statx: mask", "%#llx"},
		{"S_I", "statx: mode", "%#llo"},
		{"FSYNC_", "fsync", "%lld"},
		{"FALLOC_", "fallocate", "%#llx"},
		{"FADV_", "fadvise", "%lld"},
		{"RENAME_", "renameat", "%lld"},
		{"RESOLVE_", "openat2: resolve", "%#llx"},
		{"SPLICE_", "splice, tee", "%lld"},
		{"TIMEOUT_", "timeout", "%lld"},
		{"IOSQE_", "SQE flags", "%lld"},
		{"RECVSEND_", "`ioprio` of sends and receives", "%lld"},
		{"RECV_", "`ioprio` of receives", "%lld"},
		{"SEND_ZC_", "send_zc: zc_flags", "%lld"},
		{"ACCEPT_", "`ioprio` of accept", "%lld"},
		{"RWF_", "`rw_flags` of reads and writes", "%#llx"},
		{"NOP_", "nop", "%lld"},
		{"URING_CMD_", "uring_cmd", "%lld"},
		{"ASYNC_CANCEL_", "cancel_fd", "%lld"},
		{"AF_", "socket: domain", "%lld"},
		{"SOCK_", "socket: type", "%#llo"},
		{"IPPROTO_", "socket: protocol", "%lld"},
		{"TCP_", "options of TCP", "%lld"},
		{"INADDR_", "addresses", "%#llx"},
		{"SHUT_", "shutdown", "%lld"},
		{"MSG_", "send, recv", "%#llx"},
		{"SOL_", "options: level", "%lld"},
		{"SO_", "options of sockets", "%lld"},
		{"SOF_", "SO_TIMESTAMPING", "%#llx"},
		{"TSTAMP_", "cmd_tx_timestamp: types", "%lld"},
		{"CQE_", "`flags` of a cqe", "%#llx"},
		{"SOCKET_", "cmd_sock", "%lld"},
		{"POLL", "poll_add", "%#llx"},
		{"EPOLL", "epoll_ctl, epoll_wait", "%#llx"},
		{"MADV_", "madvise", "%lld"},
		{"SYNC_", "sync_file_range", "%lld"},
		{"XATTR_", "setxattr", "%lld"},
		{"P_", "waitid: type", "%lld"},
		{"W", "waitid: options", "%#llx"},
		{"FUTEX2_", "futexes", "%lld"},
		{"E", "errno", "%lld"},
	};
	size_t ngroups = sizeof groups / sizeof groups[0];
	bool any_left = false;
	fputs("| for | constants |\n| --- | --- |\n", out);
	for (size_t g = 0; g <= ngroups; g++) {
		bool first = true;
		for (uint32_t i = 0; i < nconstants; i++) {
			size_t of = 0;
			while (of < ngroups &&
				strncmp(constants[i].name, groups[of].prefix, strlen(groups[of].prefix)))
				of++;
			if (of != g)
				continue;
			if (g == ngroups)
				broken("tools/docs.c has no group for the constant", constants[i].name);
			fprintf(out, first ? "| %s | " : "%s", first ? groups[g].title : ", ");
			fprintf(out, "`%s` ", constants[i].name);
			fprintf(out, constants[i].value < 0 ? "%lld" : groups[g].show,
				(long long)constants[i].value);
			first = false;
		}
		if (!first)
			fputs(" |\n", out);
		any_left |= !first;
	}
	if (!any_left)
		broken("no constants", "");
}

/* ---- limits ---- */

static void limits_table(FILE *out)
{
	fputs("| limit | value |\n| --- | --- |\n", out);
	fprintf(out, "| instances of all tasks together | %d |\n", MAX_INSTANCES);
	fprintf(out, "| completions that a queue holds | %d |\n", MAX_CAPACITY);
	fprintf(out, "| queues of an array | %d |\n", MAX_QUEUES);
	fprintf(out, "| parameters of type `fd` | %d |\n", MAX_FD_PARAMS);
	fprintf(out, "| parameters of a function or task | %d |\n", MAX_CALL_ARGS);
	fprintf(out, "| dimensions of an array that are indexed by variables | %d |\n", IR_MAX_TERMS);
	fprintf(out, "| memory of a program, all variables, frames and queues | %u MiB |\n",
		RL_IMAGE_MAX >> 20);
	fprintf(out, "| rounds of loops without a visible bound, between two awaits | %u |\n", LOOP_BUDGET);
	fprintf(out, "| arguments of a `log` after the format | %d |\n", RL_LOG_ARGS);
	fprintf(out, "| bytes of all slices in one `log` message | %d |\n", RL_LOG_TEXT);
	fprintf(out, "| open brackets at one place of a script | %d |\n", PARSE_OPEN_MAX);
	fprintf(out, "| height of an expression or chain of `else if` | %d |\n", PARSE_HEIGHT_MAX);
}

/* ---- what a kernel needs ---- */

static void features_table(FILE *out)
{
	fputs("| feature | since | engine | without it | to do |\n| --- | --- | --- | --- | --- |\n", out);
#define FEATURE(name, since, kernel, user, probe, how, blocks, hint)                                         \
	fprintf(out, "| %s | %s | %s | %s | %s |\n", name, since,                                            \
		kernel &&user ? "both"                                                                       \
		: kernel      ? "kernel"                                                                     \
			      : "",                                                                               \
		blocks, hint);
#define OPERATION(opcode)
#include "../runtime/features.def"
#undef FEATURE
}

/* ---- files ---- */

static const struct {
	const char *name;
	void (*write)(FILE *);
} tables[] = {
	{"operations", operations_table},
	{"diagnostics", diagnostics_table},
	{"builtins", builtins_table},
	{"made", made_table},
	{"constants", constants_table},
	{"limits", limits_table},
	{"features", features_table},
	{"rules", rules_table},
	{"program-limits", program_limits_table},
	{"map-sizes", map_sizes_table},
	{"program-types", program_types_table},
	{"map-types", map_types_table},
	{"map-flags", map_flags_table},
	{"struct-ops", struct_ops_table},
	{"instructions", insns_table},
	{"helpers", helpers_table},
	{"kfuncs", kfuncs_table},
};

static const char opening[] = "<!-- table: ", closing[] = "<!-- end of table -->\n";

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t n = 0;
	if (!f || getdelim(&text, &n, 0, f) < 0)
		broken("cannot read", path);
	fclose(f);
	return text;
}

static void write_table(const char *line, FILE *out)
{
	const char *name = line + strlen(opening);
	size_t n = strcspn(name, " ");
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		if (strlen(tables[i].name) == n && !strncmp(tables[i].name, name, n)) {
			tables[i].write(out);
			return;
		}
	broken("there is no table called", name);
}

/* The file as it should be. */
static char *renew(const char *path, const char *text)
{
	char *made = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&made, &size);
	if (!out)
		broken("no memory for", path);
	while (*text) {
		size_t n = strcspn(text, "\n");
		n += text[n] == '\n';
		fwrite(text, 1, n, out);
		if (!strncmp(text, opening, strlen(opening))) {
			write_table(text, out);
			text = strstr(text, closing);
			if (!text)
				broken("a table does not end in", path);
			continue; /* with the closing line */
		}
		text += n;
	}
	if (fclose(out))
		broken("no memory for", path);
	return made;
}

int main(int argc, char **argv)
{
	bool check = argc > 1 && !strcmp(argv[1], "--check");
	int status = 0;
	if (argc < 2 + check) {
		fputs("usage: docs [--check] FILE.md...\n", stderr);
		return 2;
	}
	for (int i = 1 + check; i < argc; i++) {
		char *old = read_file(argv[i]), *made = renew(argv[i], old);
		if (strcmp(old, made)) {
			FILE *f = check ? NULL : fopen(argv[i], "w");
			if (check) {
				fprintf(stderr, "%s differs from the tables: make docs\n", argv[i]);
				status = 1;
			} else if (!f || fputs(made, f) < 0 || fclose(f)) {
				broken("cannot write", argv[i]);
			}
		}
		free(old);
		free(made);
	}
	return status;
}

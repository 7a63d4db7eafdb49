/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* program.c: a whole script: its data, functions, tasks and `main`. */
#include <stddef.h>
#include "generate.h"

struct record records[8];
int nrecords;
struct fn fns[40];
int nfns;

static struct place top; /* what everybody may read */
static unsigned logs;

/* ---- data ---- */

static void record(void)
{
	struct record *r = &records[nrecords];
	r->name = new_name("st");
	r->nfields = 1 + (int)pick(MAX_FIELDS);
	open_brace("struct %s", r->name);
	for (int i = 0; i < r->nfields; i++) {
		struct type t = {.of = (int)pick(SCALARS)};
		if (nrecords && one_in(5))
			t.of = SCALARS + (int)pick((unsigned)nrecords);
		else if (one_in(3)) {
			t.ndims = 1;
			t.dims[0] = 1 + pick(12);
		}
		r->fields[i] = (struct field){text("f%d", i), t};
		line("%s;", declarator(t, r->fields[i].name));
	}
	close_brace();
	nrecords++;
}

/* Numbers of every size that the compiler does not know. */
static void numbers(void)
{
	static const char *const edges[] = {"0", "1", "7", "255", "256", "65536", "2147483647", "4294967295",
		"9223372036854775807", "123456789", "98765432123456", "4294967296"};
	for (unsigned i = 0; i < 12; i++) {
		const char *name = text("k%u", i);
		bool minus = one_in(3);
		line("%ss64 %s = %s%s;", one_in(2) ? "shared " : "", name, minus ? "-" : "", edges[i]);
		declare(&top, name, (struct type){.of = S64}, false);
	}
	for (int i = 0; i < SCALARS; i++) {
		const char *name = text("g%d", i);
		if (one_in(3))
			line("param %s %s = %u;", scalar_name[i], name, pick(i == BOOL ? 2 : 100));
		else
			line("%s %s = %u;", scalar_name[i], name, pick(i == BOOL ? 2 : 100));
		declare(&top, name, (struct type){.of = i}, false);
	}
}

static void constants(void)
{
	line("u8 letters[16] = \"some letters...\";");
	declare(&top, "letters", (struct type){.of = U8, .ndims = 1, .dims = {16}}, false);
	for (unsigned i = pick(4); i-- > 0;) {
		struct type t = {.of = (int)pick(BOOL), .ndims = 1 + (int)pick(3)};
		const char *name = new_name("ro"), *init = "";
		for (int d = 0; d < t.ndims; d++)
			t.dims[d] = 2 + pick(5);
		if (t.ndims == 1)
			for (unsigned k = 0; k < t.dims[0]; k++)
				init = text("%s%s%u", init, k ? ", " : "", pick(100));
		line("%s%s%s;", one_in(2) ? "shared " : "", declarator(t, name),
			*init ? text(" = { %s }", init) : "");
		declare(&top, name, t, false);
	}
}

/* ---- functions ---- */

static struct place function_place(struct place *up, struct fn *f)
{
	return (struct place){.up = up,
		.result = f->result,
		.returns = true,
		.sum = "sum",
		.times = 1,
		.height = f->height,
		.cost = &f->cost,
		.size = &f->size,
		.logs = &logs,
		.instances = 1000, /* no messages: it may be called often */
		.awaits = f->awaits};
}

static void function(bool awaits)
{
	struct fn f = {.name = new_name(awaits ? "a" : "f"), .awaits = awaits};
	f.result = awaits ? S32 : (int)pick(SCALARS);
	f.height = pick(awaits ? 2 : 4) + 1;
	f.nparams = (int)pick(one_in(6) ? 10 : 4);
	const char *params = "";
	struct place p = function_place(&top, &f);
	for (int i = 0; i < f.nparams; i++) {
		struct type t = {.of = (int)pick(SCALARS)};
		const char *name = new_name("p");
		if (one_in(4)) {
			t = (struct type){.of = U8, .slice = true, .dims = {1 + pick(6)}};
			f.params[i].writable = one_in(2);
		}
		f.params[i].type = t;
		declare(&p, name, t, t.slice ? f.params[i].writable : true);
		params = text("%s%s%s", params, i ? ", " : "", declarator(t, name));
	}
	open_brace("fn %s %s(%s)", scalar_name[f.result], f.name, params);
	line("u64 sum;");
	declare(&p, "sum", (struct type){.of = U64}, false);
	statements_in_block(&p, 2 + pick(8));
	if (awaits) {
		line("s32 last = %s;", operation(&p));
		line("return last < 0 ? last : (s32)(sum & 0xffff);");
	} else {
		line("return %s;", cast(f.result, "sum ^ (sum >> 17)"));
	}
	close_brace();
	fns[nfns++] = f;
}

/* ---- tasks ---- */

static struct task {
	const char *name;
	unsigned count;
	int nparams;
	int params[4];
	bool waits;          /* for `go` */
	const char *spawned; /* by this task, or NULL */
} tasks[40];
static int ntasks;

/* What an instance alone reads and writes. */
static void own_data(struct place *p, const char *task, unsigned count)
{
	const char *self = count > 1 ? "[self]" : "", *dim = count > 1 ? text("[%u]", count) : "";
	for (unsigned i = pick(5); i-- > 0;) {
		struct type t = {.of = (int)pick(SCALARS), .ndims = (int)pick(3)};
		if (nrecords && one_in(3))
			t = (struct type){
				.of = SCALARS + (int)pick((unsigned)nrecords), .ndims = (int)pick(2)};
		else if (one_in(3))
			t = (struct type){.of = U8, .ndims = 1};
		for (int d = 0; d < t.ndims; d++)
			t.dims[d] = one_in(2) ? 8u << pick(3) : 3 + pick(14);
		if (t.ndims == 2 || t.of >= SCALARS)
			t.dims[0] = 2 + pick(3);
		const char *name = new_name("w");
		struct type outer = t;
		outer.ndims = 0;
		const char *rest = "";
		for (int d = 0; d < t.ndims; d++)
			rest = text("%s[%u]", rest, t.dims[d]);
		line("%s%s%s%s;", one_in(2) ? "shared " : "", declarator(outer, name), dim, rest);
		declare(p, text("%s%s", name, self), t, true);
		p->vars[p->nvars - 1].atomic =
			t.ndims == 0 && t.of < BOOL &&
			(wide || t.of == U32 || t.of == U64 || t.of == S32 || t.of == S64);
	}
	own_queues(p, task, count);
	own_table(p, task, count);
	line("shared u64 %s_sum%s;", task, dim);
}

static struct place task_place(unsigned *cost, unsigned *size, unsigned count)
{
	return (struct place){.up = &top,
		.result = -1,
		.in_task = true,
		.sum = "sum",
		.times = 1,
		.height = 5,
		.cost = cost,
		.size = size,
		.logs = &logs,
		.instances = count,
		.awaits = true};
}

static void spawn_all(struct place *p, const struct task *t)
{
	const char *i = new_name("i"), *args = "";
	/* An argument is what nobody changes: who starts may be any instance. */
	open_brace("for (u32 %s in 0..%u)", i, t->count);
	for (int k = 0; k < t->nparams; k++)
		args = text("%s%s%s", args, k ? ", " : "",
			cast(t->params[k], one_in(2) ? text("%s + %s", i, value(&top, 0)) : value(p, 1)));
	line("if (!spawn %s(%s)) log(\"no room for %s\");", t->name, args, t->name);
	close_brace();
}

static void task(unsigned most)
{
	unsigned cost = 0, size = 0;
	struct task t = {.name = new_name("t"), .waits = one_in(6)};
	t.count = one_in(3) ? 1 : one_in(4) ? 1 + pick(32) : 1 + pick(6);
	t.nparams = (int)pick(4);
	struct place p = task_place(&cost, &size, t.count);
	own_data(&p, t.name, t.count);
	const char *params = "";
	for (int i = 0; i < t.nparams; i++) {
		const char *name = new_name("p");
		t.params[i] = (int)pick(SCALARS);
		struct type of = {.of = t.params[i]};
		declare(&p, name, of, true);
		params = text("%s%s%s", params, i ? ", " : "", declarator(of, name));
	}
	bool isolated = wide && one_in(5);
	open_brace("%stask %s%s(%s)", isolated ? "isolated " : "", t.name,
		t.count > 1 || one_in(2) ? text("[%u]", t.count) : "", params);
	p.own = (unsigned)ntasks * 8;
	line("u64 sum;");
	const char *end = text("%s_sum%s = sum;", t.name, t.count > 1 ? "[self]" : "");
	p.returns = one_in(2);
	if (p.returns)
		line("defer %s", end);
	if (t.waits)
		line("while (go == 0) await signal(go);");
	statements_in_block(&p, 3 + pick(most));
	/* One that is alone may start others. */
	struct task *other = ntasks ? &tasks[pick((unsigned)ntasks)] : NULL;
	if (other && !other->spawned && !other->waits && t.count == 1 && one_in(2)) {
		other->spawned = t.name;
		spawn_all(&p, other);
		if (one_in(2))
			statements_in_block(&p, 1 + pick(4));
		line("await all %s;", other->name);
	}
	if (isolated)
		line("if (%s) try await close((fd)(-1));", value(&p, 1));
	line("atomic_add(total, sum);");
	if (!p.returns)
		line("%s", end);
	close_brace();
	tasks[ntasks++] = t;
}

/* ---- pieces that only `main` has ---- */

static void sleepers(void)
{
	line("task sleeper[5](u32 n) {");
	line("    defer atomic_add(total, n + self);");
	line("    while (true) try await timeout(100s);");
	line("}");
}

static const char *const endings[] = {
	"return;",
	"return;",
	"return;",
	"return;",
	"fail(-EAGAIN);",
	"trap(\"the end\");",
	"try await close((fd)(-1));",
	"log(\"%d\", 1 / (k1 - k1));",
	"log(\"%d\", letters[k3 & 255 | 16]);",
	"assert(total == total + 1);",
};

static void main_(unsigned most)
{
	unsigned cost = 0, size = 0;
	bool sleeps = one_in(6);
	struct place p = task_place(&cost, &size, 1);
	if (sleeps)
		sleepers();
	own_data(&p, "main", 1);
	open_brace("task main()");
	p.own = 1024;
	line("u64 sum;");
	p.in_main = true;
	if (one_in(2)) {
		line("defer main_sum = sum;");
		line("defer total += 1;");
	}
	if (sleeps)
		line("for (u32 i in 0..5) spawn sleeper(i * 3);");
	for (int i = 0; i < ntasks; i++) {
		if (tasks[i].spawned)
			continue;
		if (one_in(3))
			statements_in_block(&p, 1 + pick(most));
		spawn_all(&p, &tasks[i]);
		if (tasks[i].waits || one_in(2))
			continue;
		line("await all %s;", tasks[i].name);
	}
	statements_in_block(&p, 1 + pick(most));
	line("await nop();");
	line("go = 1;");
	line("wake(go);");
	/* Those that another task has started too: it may have returned before it waited for them. */
	for (int i = 0; i < ntasks; i++)
		line("await all %s;", tasks[i].name);
	line("log(\"total %%u, here %%u\", total, sum);");
	line("%s", endings[pick(sizeof endings / sizeof *endings)]);
	close_brace();
}

void program(uint64_t seed)
{
	chance_start(seed);
	unsigned size = one_in(20) ? 4 : one_in(4) ? 2 : 1;
	line("// Generated from seed %llu.", (unsigned long long)seed);
	if (wide)
		line("import std.bytes;");
	line("import std.io;");
	line("param fd in : read;");
	line("param fd out : rdwr;");
	line("shared u64 total;");
	line("shared u32 go;");
	for (unsigned i = pick(4); i-- > 0;)
		record();
	numbers();
	constants();
	for (unsigned i = pick(6 * size); i-- > 0;)
		function(false);
	for (unsigned i = pick(3 * size); i-- > 0;)
		function(true);
	for (unsigned i = 1 + pick(4 * size); i-- > 0;)
		task(4 + 8 * size);
	main_(6 * size);
}

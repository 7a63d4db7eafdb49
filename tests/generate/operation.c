/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * operation.c: awaited operations that complete with the same result everywhere. `in` is a file of 4096 bytes
 * that nobody changes; in `out` each instance has 256 bytes of its own, as long as it awaits one
 * request at a time.
 */
#include <stddef.h>
#include "generate.h"

static const char *nop(struct place *p)
{
	(void)p;
	return "await nop()";
}

static const char *timeout(struct place *p)
{
	if (p->times > 16)
		return nop(p);
	return text("await timeout(%s)",
		one_in(2) ? text("%uus", 1 + pick(20)) : text("us((u64)(%s) & 15)", value(p, 1)));
}

static const char *read_(struct place *p)
{
	const char *b = bytes(p, true, 1 + pick(4));
	if (!b || p->times > 16)
		return nop(p);
	return text("await %s(in, %s, (u64)(%s) & %u)", one_in(3) ? "read_full" : "read", b, value(p, 1),
		one_in(4) ? 8191 : 1023);
}

static const char *write_(struct place *p)
{
	const char *b = bytes(p, false, 1 + pick(4));
	if (!b || p->times > 16 || !p->in_task || p->in_defer)
		return nop(p);
	return text("await %s(out, %s, self * 256 + %uK)", one_in(3) ? "write_all" : "write", b, p->own);
}

static const char *readv_(struct place *p)
{
	const char *a = bytes(p, true, 1 + pick(3)), *b = bytes(p, true, 1);
	if (!a || !b || p->times > 16)
		return nop(p);
	return text("await readv(in, { %s, %s }, %u)", a, b, pick(4000));
}

static const char *refused(struct place *p)
{
	return p->times > 16 ? nop(p) : "await close((fd)(-1))";
}

static const char *missing(struct place *p)
{
	return p->times > 16 ? nop(p) : "await unlinkat(AT_FDCWD, \"/dev/null/nothing\")";
}

static const char *awaited(struct place *p)
{
	struct fn *f = some_fn(p, true);
	const char *s = f ? call(p, f) : NULL;
	return s ? text("await %s", s) : nop(p);
}

static const char *elsewhere(struct place *p)
{
	return p->times > 16 ? nop(p) : "await nop() with { flags = IOSQE_ASYNC }";
}

/* It comes in time, or nothing ever does. */
static const char *in_time(struct place *p)
{
	if (p->times > 16)
		return nop(p);
	switch (pick(3)) {
	case 0:
		return text("(await timeout(100s) timeout %uus)", 1 + pick(50));
	case 1:
		return text("(%s timeout 100s)", timeout(p));
	default:
		return text("(%s timeout 100s)", awaited(p));
	}
}

static const struct {
	unsigned weight;
	const char *(*write)(struct place *);
} operations[] = {
	{8, nop},
	{3, timeout},
	{5, read_},
	{3, write_},
	{2, readv_},
	{1, refused},
	{1, missing},
	{4, awaited},
	{1, elsewhere},
	{2, in_time},
};

const char *operation(struct place *p)
{
	unsigned all = 0, i;
	for (i = 0; i < (wide ? sizeof operations / sizeof *operations : 8); i++)
		all += operations[i].weight;
	unsigned n = pick(all);
	for (i = 0; n >= operations[i].weight; i++)
		n -= operations[i].weight;
	*p->size += 2;
	return operations[i].write(p);
}

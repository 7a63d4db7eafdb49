/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * joined.c: many states as one. Of numbers the widest range is kept; pointers to different things stand side
 * by side. It is for people: the interpreter itself never joins states.
 */
#include "joined.h"
#include <inttypes.h>
#include "machine.h"
#include "../names.h"

#define KINDS_MAX 4 /* of things that one register may have; what comes then is "something else" */

enum { /* besides enum reg_kind */
	IS_ITERATOR = 200,
	IS_IRQ,
	IS_ELSE,
};

/* One of the things that may be there. */
struct known {
	struct known *next;
	int64_t smin, smax; /* the number, or the pointer's offset */
	uint64_t umin, umax;
	uint64_t step; /* what the offset goes by; 0: it is always the same */
	int32_t which;
	uint32_t origin;  /* of a number that is as it was there; 0: not known, or not one */
	uint8_t kind, up; /* up: whose stack, from the innermost frame */
};

struct joined_at {
	uint32_t states;
	uint16_t nslots;
	struct known *regs[11], **slots;
	uint64_t upper; /* slots of which the lower half has nothing */
};

struct joined {
	struct arena *arena;
	const struct lint_object *o;
	const struct lint_program *p;
	struct joined_at *at;
};

struct joined *joined_new(struct arena *a, const struct lint_object *o, const struct lint_program *p)
{
	struct joined *j = NEW(a, struct joined);
	*j = (struct joined){a, o, p, arena_alloc(a, (p->n + 1) * sizeof *j->at)};
	return j;
}

/* ---- joining ---- */

static uint64_t lowest_bit(uint64_t v)
{
	return v & -v;
}

static uint64_t common_step(const struct known *a, const struct known *b)
{
	uint64_t apart = lowest_bit((uint64_t)a->smin - (uint64_t)b->smin);
	uint64_t step = a->step | b->step | apart; /* the smallest of those that are not 0 */
	return lowest_bit(step);
}

/* Of these two kinds the second number says what is known, not which thing it is. */
static bool same_thing(const struct known *a, const struct known *b)
{
	bool packet = a->kind == IN_PACKET || a->kind == IN_PACKET_META;
	return a->kind == b->kind && a->up == b->up && (packet || a->which == b->which);
}

static void merge(struct known *to, const struct known *from)
{
	to->step = common_step(to, from);
	to->origin = to->origin == from->origin ? to->origin : 0;
	to->smin = from->smin < to->smin ? from->smin : to->smin;
	to->smax = from->smax > to->smax ? from->smax : to->smax;
	to->umin = from->umin < to->umin ? from->umin : to->umin;
	to->umax = from->umax > to->umax ? from->umax : to->umax;
	to->which = from->which < to->which ? from->which : to->which;
}

static void add(struct joined *j, struct known **list, const struct known *k)
{
	int n = 0;
	for (; *list; list = &(*list)->next, n++)
		if (same_thing(*list, k) || (*list)->kind == IS_ELSE) {
			merge(*list, k);
			return;
		}
	*list = NEW(j->arena, struct known);
	**list = *k;
	(*list)->next = NULL;
	if (n >= KINDS_MAX)
		(*list)->kind = IS_ELSE;
}

static struct known zero(void)
{
	return (struct known){.kind = IN_NUMBER};
}

static struct known of_reg(const struct state *s, const struct reg *r)
{
	struct known k = {.smin = r->v.smin,
		.smax = r->v.smax,
		.umin = r->v.umin,
		.umax = r->v.umax,
		.step = lowest_bit(r->v.bits.mask),
		.which = r->which,
		.kind = r->kind};
	if (r->kind == IN_NUMBER) {
		k.which = 0;
		k.origin = r->derived ? 0 : r->origin;
		return k;
	}
	if (r->kind == IN_STACK) {
		k.up = (uint8_t)(s->top - r->which);
		k.which = 0;
	}
	k.smin = num_is_known(&r->v) || r->v.smin > INT32_MIN ? k.smin + r->off : INT64_MIN;
	k.smax = num_is_known(&r->v) || r->v.smax < INT32_MAX ? k.smax + r->off : INT64_MAX;
	return k;
}

static void add_reg(struct joined *j, const struct state *s, struct known **list, const struct reg *r)
{
	struct known k = of_reg(s, r), null = zero();
	if (r->kind == IN_NOTHING)
		return;
	if (r->flags & MAYBE_NULL)
		add(j, list, &null);
	add(j, list, &k);
}

static void add_slot(struct joined *j, const struct state *s, struct joined_at *at, unsigned i)
{
	const struct slot *slot = &s->frames[s->top]->slots[i];
	struct known k = {.kind = IN_NUMBER, .smin = INT64_MIN, .smax = INT64_MAX, .umax = UINT64_MAX};
	unsigned zeros = 0, unset = 0;

	if (is_spill(slot)) {
		add_reg(j, s, &at->slots[i], &slot->reg);
		return;
	}
	if (is_opaque(slot->bytes[7])) {
		k.kind = slot->bytes[7] == BYTE_ITER  ? IS_ITERATOR
			 : slot->bytes[7] == BYTE_IRQ ? IS_IRQ
						      : IN_DYNPTR;
		add(j, &at->slots[i], &k);
		return;
	}
	while (zeros < 8 && slot->bytes[zeros] == BYTE_ZERO)
		zeros++;
	while (unset < 8 && slot->bytes[7 - unset] == BYTE_UNSET)
		unset++;
	if (unset == 8)
		return;
	if (zeros + unset >= 8)
		k = zero();
	if (unset >= 4)
		at->upper |= 1ULL << i;
	else
		at->upper &= ~(1ULL << i);
	add(j, &at->slots[i], &k);
}

static void before(void *to, const struct machine *m)
{
	struct joined *j = to;
	const struct state *s = m->cur;
	const struct frame *f = s->frames[s->top];
	struct joined_at *at = &j->at[m->insn];

	at->states++;
	for (unsigned i = 0; i < 10; i++)
		if (m->at[m->insn].live >> i & 1)
			add_reg(j, s, &at->regs[i], &f->regs[i]);
	if (f->n > at->nslots) {
		struct known **slots = arena_alloc(j->arena, f->n * sizeof *slots);
		for (unsigned i = 0; i < at->nslots; i++)
			slots[i] = at->slots[i];
		at->slots = slots;
		at->nslots = f->n;
	}
	for (unsigned i = 0; i < f->n; i++)
		add_slot(j, s, at, i);
}

struct interp_watch joined_watch(struct joined *j)
{
	return (struct interp_watch){before, j};
}

uint32_t joined_states(const struct joined *j, uint32_t insn)
{
	return j->at[insn].states;
}

/* ---- in words ---- */

static const char *const words[] = {
#define X(name, text) text,
	REG_KINDS
#undef X
};

static const struct {
	int64_t min;
	uint64_t max;
	const char *name;
} whole[] = {
	{0, UINT8_MAX, "any u8"},
	{0, UINT16_MAX, "any u16"},
	{0, UINT32_MAX, "any u32"},
	{INT32_MIN, INT32_MAX, "any s32"},
};

static const char *number(const struct joined *j, const struct known *k)
{
	struct num n = num_unknown();
	char said[80];

	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
		if (k->smin == whole[i].min && k->smax == (int64_t)whole[i].max)
			return whole[i].name;
	n.smin = k->smin;
	n.smax = k->smax;
	n.umin = k->umin;
	n.umax = k->umax;
	if (k->umin == k->umax)
		n = num_known(k->umin);
	return arena_printf(j->arena, "%s", num_say(&n, said, sizeof said));
}

/* With what it is called, where that is a name. */
static const char *named_number(const struct joined *j, const struct known *k)
{
	const char *said = number(j, k), *name = NULL;
	if (k->origin && k->umin != k->umax)
		name = origin_words(j->arena, j->o, j->p, k->origin);
	return name && *name == '`' ? arena_printf(j->arena, "%s (%s)", said, name) : said;
}

/* `+4`, `-8..0`, nothing where it is the beginning. */
static const char *offset(const struct joined *j, const struct known *k)
{
	if (k->smin == INT64_MIN || k->smax == INT64_MAX)
		return "+anything";
	if (k->smin != k->smax)
		return arena_printf(j->arena, "%+" PRId64 "..%" PRId64, k->smin, k->smax);
	return k->smin ? arena_printf(j->arena, "%+" PRId64, k->smin) : "";
}

static const char *stack(const struct joined *j, const struct known *k)
{
	static const char *const of[] = {"", "the caller's ", "its caller's "};
	return arena_printf(j->arena, "%sfp%s", of[k->up < 2 ? k->up : 2], offset(j, k));
}

static const char *value(const struct joined *j, const struct known *k)
{
	const struct lint_map *map = &j->o->maps.at[k->which];
	if (!map->is_variables)
		return arena_printf(j->arena, "value of map `%s`%s", map->name, offset(j, k));
	const char *name = name_in_map(
		j->arena, j->o, (uint32_t)k->which, "", (struct bytes_at){k->smin, k->smax, k->step, 0});
	return name ? arena_printf(j->arena, "&%s", name)
		    : arena_printf(j->arena, "%s%s", map->name, offset(j, k));
}

static const char *thing(const struct joined *j, const struct known *k)
{
	switch (k->kind) {
	case IS_ELSE:
		return "something else";
	case IS_ITERATOR:
		return "an iterator";
	case IS_IRQ:
		return "the state of interrupts";
	case IN_NUMBER:
		return named_number(j, k);
	case IN_STACK:
		return stack(j, k);
	case IN_VALUE:
		return value(j, k);
	case IN_KEY:
	case IN_MAP:
		return arena_printf(j->arena, "%smap `%s`%s", k->kind == IN_KEY ? "key of " : "",
			j->o->maps.at[k->which].name, offset(j, k));
	case IN_FUNCTION:
		return arena_printf(j->arena, "`%s`", j->p->functions.at[k->which].name);
	case IN_MEMORY:
		return arena_printf(j->arena, "memory of %d bytes%s", k->which, offset(j, k));
	case IN_PACKET:
	case IN_PACKET_META:
		return arena_printf(j->arena, "%s%s, of which %d bytes are there", words[k->kind],
			offset(j, k), k->which > 0 ? k->which : 0);
	default:
		return arena_printf(j->arena, "%s%s", words[k->kind], offset(j, k));
	}
}

/* The number first: where it can only be 0, it is a pointer's NULL. */
static const char *things(const struct joined *j, const struct known *list)
{
	const char *said = NULL;
	for (int pass = 0; pass < 2; pass++)
		for (const struct known *k = list; k; k = k->next) {
			if ((k->kind == IN_NUMBER) != !pass)
				continue;
			bool null = k->kind == IN_NUMBER && !k->umax && list->next;
			const char *one = null ? "NULL" : thing(j, k);
			said = said ? arena_printf(j->arena, "%s or %s", said, one) : one;
		}
	return said;
}

const char *joined_text(const struct joined *j, uint32_t insn, unsigned place)
{
	const struct joined_at *at = &j->at[insn];
	unsigned slot = place - 11;
	const char *said;

	if (place < 11) {
		said = things(j, at->regs[place]);
		return said ? arena_printf(j->arena, "R%u=%s", place, said) : NULL;
	}
	said = slot < at->nslots ? things(j, at->slots[slot]) : NULL;
	unsigned from = 8 * (slot + 1) - (at->upper >> slot & 1 ? 4 : 0);
	return said ? arena_printf(j->arena, "fp-%u=%s", from, said) : NULL;
}

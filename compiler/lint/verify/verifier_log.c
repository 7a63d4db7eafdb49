/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * verifier_log.c: what the verifier says, in words. Its log is a list of the instructions that it walked
 * through, and behind the last of them why it went no further:
 *
 *   6: (07) r0 += 8                 ; R0=map_value_or_null(...)
 *   from 4 to 9: R0=scalar() ...    it goes on at 9, with what it knew at 4
 *   9: (79) r0 = *(u64 *)(r0 +0)
 *   R0 invalid mem access 'map_value_or_null'
 *   processed 9 insns (limit 1000000) ...
 *
 * The reason is looked up in verifier.def. The way there is kept, so that the branches that led to it, and
 * the instruction that a register's value comes from, can be shown.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "../flow.h"
#include "../interp/origin.h"
#include "verify.h"

#define CAPTURES 4
#define BRANCHES_SHOWN 3

static const struct meaning {
	enum lint_rule rule;
	const char *pattern, *message, *hint;
} meanings[] = {
#define V(rule, pattern, message, hint) {L_##rule, pattern, message, hint},
#include "verifier.def"
#undef V
};

struct span {
	const char *at;
	size_t n;
};

struct match {
	struct span captured[CAPTURES + 1]; /* %1 to %4; 0 is %r, the number of a register */
};

struct walk {
	struct arena *arena;
	const struct lint_program *p;
	VEC(uint32_t) path; /* instructions, in the order in which the verifier came to them */
	const char *reason; /* the lines behind the last of them */
};

/* ---- the way ---- */

static const char *next_line(const char *s)
{
	const char *end = strchr(s, '\n');
	return end ? end + 1 : s + strlen(s);
}

/* The verifier takes up a state that it had left: what it walked through since is not on this way. */
static void go_back(struct walk *w, uint32_t from)
{
	for (size_t i = w->path.n; i > 0; i--)
		if (w->path.at[i - 1] == from) {
			w->path.n = i;
			return;
		}
	w->path.n = 0;
}

/* A number, and then this text. (Not by sscanf: it looks for the end of the whole log each time.) */
static bool number_then(const char **s, const char *then, uint32_t *n)
{
	char *end;
	if (!isdigit((unsigned char)**s))
		return false;
	*n = (uint32_t)strtoul(*s, &end, 10);
	*s = end + strlen(then);
	return !strncmp(end, then, strlen(then));
}

static bool word_then_number(const char *s, const char *word, const char *then, uint32_t *n)
{
	if (strncmp(s, word, strlen(word)) != 0)
		return false;
	s += strlen(word);
	return number_then(&s, then, n);
}

/* "9: (79) r0 = ..."; where it has no name for the instruction, "9: BUG_c3". */
static bool is_instruction(const char *s, uint32_t *n)
{
	const char *unnamed = s;
	return number_then(&s, ": (", n) || number_then(&unnamed, ": BUG_", n);
}

static void read_log(struct walk *w, const char *log)
{
	w->reason = log;
	for (const char *s = log; *s; s = next_line(s)) {
		uint32_t n;
		if (is_instruction(s, &n) && n < w->p->n) {
			VEC_PUSH(w->arena, &w->path, n);
			w->reason = next_line(s);
		} else if (word_then_number(s, "from ", " to ", &n)) {
			go_back(w, n);
			w->reason = next_line(s);
		}
	}
}

/* ---- the reason ---- */

/* %r and %1 to %4 stand for as little as makes the rest fit; the end of the pattern for anything. */
static bool fits(const char *pattern, const char *s, struct match *m)
{
	while (*pattern) {
		if (*pattern != '%') {
			if (*s++ != *pattern++)
				return false;
			continue;
		}
		struct span *c = &m->captured[pattern[1] == 'r' ? 0 : pattern[1] - '0'];
		pattern += 2;
		for (c->at = s; *s != '\n'; s++) {
			c->n = (size_t)(s - c->at);
			if (c->n && (!*pattern ? *s == '\0' : fits(pattern, s, m)))
				return true;
			if (!*s)
				return false;
		}
		c->n = (size_t)(s - c->at);
		return !*pattern;
	}
	return true;
}

static const struct meaning *find_meaning(const char *reason, struct match *m)
{
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		for (const char *s = reason; *s; s = next_line(s)) {
			*m = (struct match){0};
			if (fits(meanings[i].pattern, s, m))
				return &meanings[i];
		}
	return NULL;
}

static const char *filled(struct arena *a, const char *text, const struct match *m)
{
	char buf[512];
	size_t n = 0;
	for (; *text && n < sizeof buf - 1; text++) {
		if (*text != '%' || !text[1]) {
			buf[n++] = *text;
			continue;
		}
		text++;
		const struct span *c = &m->captured[*text == 'r' ? 0 : *text - '0'];
		size_t k = c->n < sizeof buf - 1 - n ? c->n : sizeof buf - 1 - n;
		memcpy(buf + n, c->at, k);
		n += k;
	}
	return arena_strndup(a, buf, n);
}

/* The register that is meant: of the pattern, or the first that any line of the reason names. */
static int meant_register(const char *reason, const struct match *m)
{
	if (m->captured[0].n)
		return atoi(m->captured[0].at);
	for (const char *s = reason; *s && strncmp(s, "processed ", 10) != 0; s = next_line(s))
		if (*s == 'R' && isdigit((unsigned char)s[1]))
			return atoi(s + 1);
	return -1;
}

/* ---- where a value comes from ---- */

static bool is_call(const struct bpf_insn *in)
{
	return in->code == (BPF_JMP | BPF_CALL);
}

static bool writes(const struct bpf_insn *in, int reg)
{
	uint8_t class = BPF_CLASS(in->code);
	if (is_call(in))
		return reg == 0;
	return in->dst_reg == reg &&
	       (class == BPF_ALU || class == BPF_ALU64 || class == BPF_LDX || class == BPF_LD);
}

static bool is_move(const struct bpf_insn *in)
{
	uint8_t class = BPF_CLASS(in->code);
	return (class == BPF_ALU || class == BPF_ALU64) && BPF_OP(in->code) == BPF_MOV &&
	       BPF_SRC(in->code) == BPF_X;
}

static bool is_arithmetic(const struct bpf_insn *in)
{
	uint8_t class = BPF_CLASS(in->code);
	return (class == BPF_ALU || class == BPF_ALU64) && BPF_OP(in->code) != BPF_MOV;
}

/* The last instruction on the way before its end that gave the register its value: through moves, arithmetic
 * on it, and the stack. -1: none. */
static long origin(const struct walk *w, int reg)
{
	long slot = 0; /* not 0: it is looked for at r10 + slot */
	for (size_t i = w->path.n - 1; i-- > 0;) {
		const struct bpf_insn *in = &w->p->insns[w->path.at[i]];
		if (slot) {
			if (BPF_CLASS(in->code) != BPF_STX || in->dst_reg != 10 || in->off != slot)
				continue;
			reg = in->src_reg;
			slot = 0;
		} else if (!writes(in, reg) || is_arithmetic(in)) {
			continue;
		} else if (is_move(in)) {
			reg = in->src_reg;
		} else if (BPF_CLASS(in->code) == BPF_LDX && in->src_reg == 10) {
			slot = in->off;
		} else {
			return w->path.at[i];
		}
	}
	return -1;
}

static uint32_t line_of(const struct walk *w, uint32_t insn)
{
	return w->p->lines[insn] ? w->p->lines[insn]->line : 0;
}

static void show_origin(
	struct lint *l, const struct lint_object *o, struct finding *f, const struct walk *w, int reg)
{
	long at = reg >= 0 && reg < 10 && w->path.n ? origin(w, reg) : -1;
	uint32_t last = w->path.n ? w->path.at[w->path.n - 1] : 0;
	if (at < 0 || (line_of(w, (uint32_t)at) && line_of(w, (uint32_t)at) == line_of(w, last)))
		return;
	const char *words = origin_words(w->arena, o, w->p, (uint32_t)at + 1);
	lint_note(l, f, w->p, (uint32_t)at, "what is in r%d comes from here%s%s", reg, words ? ": " : "",
		words ? words : "");
}

/* ---- the branches ---- */

/* The last ones on the way, each line of the source once. */
static void show_branches(struct lint *l, struct finding *f, const struct walk *w)
{
	uint32_t seen[BRANCHES_SHOWN] = {0};
	unsigned n = 0;
	for (size_t i = w->path.n; i-- > 1 && n < BRANCHES_SHOWN;) {
		uint32_t at = w->path.at[i - 1], line = line_of(w, at);
		const struct bpf_insn *in = &w->p->insns[at];
		bool again = false;
		for (unsigned k = 0; k < n; k++)
			again |= line && seen[k] == line;
		if (!flow_is_conditional(in) || !in->off || again)
			continue;
		lint_note_branch(l, f, w->p, at, w->path.at[i] != at + 1);
		seen[n++] = line;
	}
}

/* ---- all of it ---- */

uint32_t lint_log_processed(const char *log)
{
	uint32_t n = 0;
	for (const char *s = log; *s; s = next_line(s))
		if (word_then_number(s, "processed ", " insns", &n))
			return n;
	return 0;
}

/* Up to where the verifier counts. */
static const char *own_words(struct arena *a, const char *reason)
{
	size_t n = 0;
	const char *s = reason;
	while (*s && strncmp(s, "processed ", 10) != 0 && s - reason < 300)
		s = next_line(s);
	n = (size_t)(s - reason);
	while (n && reason[n - 1] == '\n')
		n--;
	char *text =
		arena_strndup(a, n ? reason : "it gives no reason", n ? n : strlen("it gives no reason"));
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = ';';
	return text;
}

/* The instruction that the reason names, or the last that the verifier came to. */
static uint32_t place(const struct walk *w, const struct match *m, const struct meaning *meaning)
{
	unsigned long at = w->path.n ? w->path.at[w->path.n - 1] : 0;
	if (meaning && !w->path.n && strstr(meaning->pattern, "insn %1"))
		at = strtoul(m->captured[1].at, NULL, 10);
	return at < w->p->n ? (uint32_t)at : 0;
}

void lint_verifier_log(
	struct lint *l, const struct lint_object *o, const struct lint_program *p, const char *log)
{
	struct arena *a = o->arena;
	struct walk w = {.arena = a, .p = p};
	struct match m = {0};

	read_log(&w, log);
	const struct meaning *meaning = find_meaning(w.reason, &m);
	uint32_t at = place(&w, &m, meaning);
	if (!meaning) {
		lint_find(l, L_verifier_other, p, at, own_words(a, w.reason));
		return;
	}
	struct finding *f = lint_find(l, meaning->rule, p, at, filled(a, meaning->message, &m));
	show_origin(l, o, f, &w, meant_register(w.reason, &m));
	show_branches(l, f, &w);
	if (*meaning->hint)
		lint_hint(l, f, "%s", filled(a, meaning->hint, &m));
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lint.h: one run of the linter: what it is told, what it knows, what it has found. */
#ifndef RINGC_LINT_LINT_H
#define RINGC_LINT_LINT_H

#include <stdio.h>
#include "findings.h"
#include "paths.h"

#define LINT_NEWEST 0x0703 /* the newest kernel that the tables have, and what is judged for by default */
#define LINT_CODE "L%04u"

struct place {
	const char *object;                 /* the file that was given */
	const struct lint_program *program; /* NULL: of the object, or of a script's text */
	uint32_t insn;                      /* LINT_WHOLE: of the program */
	const struct lint_line *line;       /* NULL: not known */
};

struct finding_note {
	struct place place;
	const char *text;
};

struct finding {
	enum lint_rule rule;
	enum lint_level level;
	struct place place;
	const char *text, *hint;
	VEC(struct finding_note) notes;
	size_t order;
};

/* A comment of a script that allows something: suppress.c. */
struct allowed;

/* What is told of a program besides findings: its numbers. */
struct summary {
	const struct lint_object *object;
	const struct lint_program *program;
	struct paths paths; /* what those come from */
	uint32_t frames;    /* of the deepest chain */
	uint32_t stack;     /* bytes of the chain that needs the most */
	uint32_t
		own_stack; /* of the largest frame that is not in it: the kernel gives it memory of its own */
	uint64_t processed;     /* by the verifier, as estimated; 0: not estimated */
	const char *needs;      /* "Linux 7.1 because of ..." */
	unsigned since;         /* the same as a number */
	const char *user_needs; /* the same of a script that runs on the engine `user` */
	const char *privileges; /* "CAP_BPF, CAP_PERFMON" */
	const char *verdict;    /* of the kernel, where it was asked: a sentence */
	const char *configs;    /* "CONFIG_BPF_SYSCALL, ..." */
};

struct rule_row {
	unsigned number;
	const char *name;
	enum lint_level level;
	const char *format, *explain;
};
extern const struct rule_row lint_rules[];

struct lint {
	struct arena *arena;
	unsigned kernel;
	bool kernel_is_said;  /* by an option */
	bool all_paths;       /* are told, not only those that lead near to a limit */
	const char *btf_path; /* of a kernel; NULL: of the one that runs */
	struct btf *btf;      /* from there, when it was asked for */
	bool btf_read;
	bool off[L_COUNT];
	enum lint_level levels[L_COUNT];
	const char *object; /* the file that is looked at */
	VEC(struct allowed) allowed;
	unsigned errors;    /* found so far, those that repeat others or are not shown too */
	unsigned tentative; /* of these, such as the paths may show to be none */
	VEC(struct finding *) findings;
	VEC(struct summary) summaries;
	VEC(struct lint_object *) objects;
};

struct lint *lint_new(struct arena *);
void lint_sort(struct lint *);
unsigned lint_count(const struct lint *, enum lint_level);
const char *lint_level_name(enum lint_level);
/* The rule of a name, with - or _ between its words, or of a code; -1: none. */
int lint_rule_of(const char *name);
const char *lint_rule_name(struct arena *, enum lint_rule); /* with - */
/* -W's argument: `NAME`, `no-NAME`, `error=NAME`. NULL, or what is wrong with it. */
const char *lint_level_option(struct lint *, const char *arg);

/* suppress.c */
struct allowed {
	struct lint_line comment;
	int rule;
	bool used;
};
struct sources;
void suppress_read(struct lint *, const struct sources *);
bool suppress_covers(struct lint *, enum lint_rule, const struct lint_line *);
void suppress_unused(struct lint *);

/* tentative.c */
/* Has a program's paths followed, by lint_interpret(), unless rules have found what no path can mend since
 * there were as many findings as in the mark. False: they were not. */
struct lint_mark {
	size_t findings;
	unsigned errors, tentative;
};
struct interp_result;
struct lint_mark lint_mark(const struct lint *);
bool lint_follow(
	struct lint *, struct lint_object *, struct lint_program *, struct lint_mark, struct interp_result *);

/* lint.c: all of an object; `ir` is of the script that it was made of, or NULL. */
struct ir_program;
void lint_look(struct lint *, struct lint_object *, struct ir_program *ir);

/* print_text.c, print_json.c */
void lint_print_text(struct lint *, FILE *);
void lint_print_json(struct lint *, FILE *);
void lint_print_sarif(struct lint *, FILE *);

/* `ringc explain L0104`: 0, or -1: no rule has the code. */
int lint_explain(const char *code, FILE *);

#endif

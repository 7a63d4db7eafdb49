/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * diag.h: diagnostics. Queued, printed at the end in order of place, several a run.
 *
 *   copy.rlt:19:17: error: no function or operation is called `reed` [R0301]
 *      19 |         s32 n = try await reed(src, block[self], off);
 *         |                           ^^^^
 *   std/io.rlt:4:8: note: `read_full` is declared here
 *       4 | fn s32 read_full(fd f, u8 buf[], u64 off) {
 *         |        ^^^^^^^^^
 *   HINT: did you mean `read`?
 */
#ifndef RINGC_DIAG_H
#define RINGC_DIAG_H

#include <stdbool.h>
#include <stdio.h>
#include "source.h"

/* Codes: X(number, name, severity, "message format", "what `ringc explain` says") rows of diags.def.
 * The printf format's arguments are what diag() is given. */
enum diag_code {
#define X(number, name, severity, format, explain) D_##name,
#include "diags.def"
#undef X
	D_COUNT
};

enum severity { SEV_ERROR, SEV_WARNING };

struct diags *diags_new(struct arena *, struct sources *);

/* Queues one. `at` may be NULL (no place). A second error at the same place is dropped: one cause, one
 * message. After 20 errors the rest is only counted. */
struct diag;
struct diag *diag(struct diags *, const struct loc *at, enum diag_code, ...);
/* Adds to the diagnostic that diag() returned (which may be NULL: then nothing happens). */
void diag_note(struct diags *, struct diag *, const struct loc *at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void diag_hint(struct diags *, struct diag *, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

unsigned diags_errors(const struct diags *);
void diags_print(struct diags *, FILE *, bool json);
int diag_explain(const char *code, FILE *); /* 0, or -1: no such code */

#endif

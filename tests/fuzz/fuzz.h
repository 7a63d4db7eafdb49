/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fuzz.h: between mutate.c, which makes texts, and what tries them: parse.c, compile.c. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tries one text; aborts if something does not hold. Named as libFuzzer wants it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char *const fuzz_seeds[];  /* files and directories, up to a NULL */
extern const unsigned long fuzz_rounds; /* if nobody says how many */
void fuzz_report(void);                 /* what came of it, at the end */

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beside.h: programs that belong to ringc. */
#ifndef RINGC_BESIDE_H
#define RINGC_BESIDE_H

#include "arena.h"

/* Its path; NULL: it is not there. */
const char *program_beside(struct arena *, const char *name);

#endif

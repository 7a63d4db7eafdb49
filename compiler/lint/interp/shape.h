/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* shape.h: between explore.c and shape.c. */
#ifndef RINGC_LINT_SHAPE_H
#define RINGC_LINT_SHAPE_H

struct machine;

void find_shape(struct machine *);
void check_stack(struct machine *);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* kernel_load.h: between the kernel engine and how it loads its program. */
#ifndef RINGLET_KERNEL_LOAD_H
#define RINGLET_KERNEL_LOAD_H

#include "internal.h"

/* kernel.c: what the kernel refused, and why: whose fault it is, and what can be done. Returns err, or
 * another. */
int rl_kernel_refused(struct ringlet *r, const char *what, int err);

/* No memory or no descriptors: the program is not at fault. */
bool rl_kernel_is_shortage(int err);

/* Loads the program, which accesses `image`, and attaches it to the ring: until *link is closed. What the
 * verifier says is put into r->load_log. */
int rl_kernel_load(struct ringlet *r, int image, int ring, int *link);

#endif

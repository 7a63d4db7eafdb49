/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* probe.h: what this kernel can do. */
#ifndef RINGLET_PROBE_H
#define RINGLET_PROBE_H

#include "ringlet.h"

/* Whether the kernel engine is worth trying, 0, or why not, -errno: costs a few system calls, and says no
 * where it is certain. */
int rl_kernel_engine_plausible(void);

/* The first feature missing that the kernel engine needs; false: all are there. */
bool rl_missing_for_kernel_engine(struct ringlet_feature *out);

#endif

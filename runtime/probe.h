/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* probe.h: what this kernel can do. */
#ifndef RINGLET_PROBE_H
#define RINGLET_PROBE_H

#include "ringlet.h"

/* The running kernel as major << 8 | minor; 0 if uname says something else. */
unsigned rl_kernel_version(void);

/* Whether the kernel engine is worth trying: costs two system calls, and says no where it is certain. */
bool rl_kernel_engine_plausible(void);

/* The first feature missing that the kernel engine needs, NULL if all are there. */
const struct ringlet_feature *rl_missing_for_kernel_engine(void);

#endif

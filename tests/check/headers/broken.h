/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "nowhere.h"
struct s {
	unknown_t x;
};
int broken(

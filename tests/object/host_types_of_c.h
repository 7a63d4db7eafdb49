/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For host_types.rlt: what only a C header has. */
#include <stdint.h>

enum hue { HUE_DARK = -7, HUE_LIGHT = 7 };

struct reading {
	uint8_t kind;
	union {
		uint32_t whole;
		uint16_t halves[2];
	};
	unsigned bits : 3;
	uint64_t after;
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* manifest_read.h: the manifest's JSON into struct rl_object's tables. */
#ifndef RINGLET_MANIFEST_READ_H
#define RINGLET_MANIFEST_READ_H

#include "object.h"

/* Where the reason of a refusal goes. */
struct rl_why {
	char *text;
	size_t size;
};

/* Writes the reason, returns -err. */
int rl_why(struct rl_why *why, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The manifest's entry for this machine; section NULL: none. */
struct rl_native {
	const char *section;
	uint32_t entry;
};

int rl_manifest_read(
	struct rl_object *o, const char *json, size_t size, struct rl_native *native, struct rl_why *why);

#endif

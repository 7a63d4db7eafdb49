/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * guest.h: the verifier of a kernel image is asked in a virtual machine.
 *
 * QEMU is given the image and an initramfs with ringc-judge as /init and the objects as /0, /1 and so on.
 * Neither is a file that could be left behind. The only device is the serial port: ringc-judge writes to
 * /dev/console what the kernel says of each program, as lines:
 *
 *   ringc-judge RELEASE                        the kernel's; before this line there may be anything
 *   answer OBJECT PROGRAM ERROR EQUIVALENT PACKED SIZE
 *                                              and PACKED bytes, which zlib unpacks to SIZE: struct
 * kernel_answer's `log` and `said`, each with its NUL end
 *
 * A line that is none of these is the kernel's own: that it panics, for example. The log is not cut anywhere
 * that the verifier has not cut it.
 */
#ifndef RINGC_LINT_GUEST_H
#define RINGC_LINT_GUEST_H

#include "ask.h"

#define GUEST_CONFIG                                                                                         \
	"config" /* a file of the guest's: what its kernel was configured with; empty: not known */
#define GUEST_HELLO "ringc-judge "
#define GUEST_ANSWER "answer "
#define GUEST_ANSWER_FORMAT GUEST_ANSWER "%u %u %d %d %u %u"
#define GUEST_END "end"
#define GUEST_ANSWER_SIZE (VERIFIER_LOG_SIZE + 65536u) /* of what is unpacked, at most */

#define GUEST_TIMEOUT 300 /* seconds, of the option --timeout */

struct guest_answer {
	bool is_there;
	int error;
	bool equivalent;
	uint32_t packed, size;
	const uint8_t *bytes;
};

struct guest_object {
	const void *bytes;
	size_t size;
	uint32_t nprograms;
	struct guest_answer *answers; /* guest_ask() makes them */
};

struct guest {
	struct arena *arena;
	const char *image;
	unsigned timeout; /* seconds: for the kernel to start, and then for each program */
	VEC(struct guest_object) objects;
	const char *release; /* of the kernel; NULL: it did not come so far */
	const char *why;     /* why there are no more answers; NULL: there are all */
};

/* Starts the machine, collects what it says of all programs, and ends it. */
void guest_ask(struct guest *);
/* What it said of one; to be freed. NULL, or why there is nothing. */
const char *guest_answer(const struct guest *, uint32_t object, uint32_t program, struct kernel_answer *);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* guest_machine.h: between guest.c and what starts the machine. Where something fails, guest->why says why.
 */
#ifndef RINGC_LINT_GUEST_MACHINE_H
#define RINGC_LINT_GUEST_MACHINE_H

#include <sys/types.h>
#include "guest.h"

/* guest_initramfs.c: a file that is in memory only. Its descriptor, or -1. */
int guest_initramfs(struct guest *);

/* guest_machine.c */
struct guest_kind;
const struct guest_kind *guest_kind_of(struct guest *, int image); /* NULL: it is not for this processor */

struct guest_machine {
	pid_t pid;
	int out; /* its serial port */
	int err; /* what QEMU itself has to say, as a file */
};
bool guest_start(struct guest *, const struct guest_kind *, bool kvm, int image, int initramfs,
	struct guest_machine *);
void guest_end(struct guest_machine *);
/* The last line that QEMU wrote; NULL: none. Before guest_end(). */
const char *guest_complaint(struct arena *, const struct guest_machine *);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* user.h: the engine `user`, and its two ways to a ring. */
#ifndef RINGLET_USER_H
#define RINGLET_USER_H

#include "internal.h"
#include "poster.h"

struct rl_user {
	struct rl_ring ring;
	uint32_t *cq_head, *cq_tail; /* the ones that the step sees */
	uint32_t sq_tail;
	uint32_t last_n,
		written_n; /* how large the last submission was; what all of sq_array is written for, or 0 */
	uint64_t enters;
	uint64_t looked; /* at the clock, by the processor's counter */
	rl_step_fn *step;
	rl_submit_fn *submit;
	struct ringlet *r;
	void *code;
	size_t code_size;
	bool settled;
	uint32_t left;           /* in flight, when it was settled */
	struct rl_poster poster; /* wakes the ring on kernels without SEND_MSG_RING */
	int wake_fd;             /* eventfd that the ring polls, on kernels without both; else -1 */
	struct {
		unsigned char *sqes; /* the kernel's; NULL: the ring is in the image */
		size_t sqes_size, rings_size;
		void *rings;
		uint32_t completed; /* CQEs of requests that were moved into the image */
	} shadow;
};

long rl_user_enter(struct rl_user *u, uint32_t n, uint32_t want);

/* Goes on with a submission of n that one call did not finish; ret is what that call gave. How many were
 * taken, or -errno. */
long rl_user_submit_rest(struct rl_user *u, uint32_t n, uint32_t want, long ret);

/* shadow.c: a ring of the kernel's own, and the copy of it in the image that the step sees. */
int rl_shadow_setup(struct ringlet *r, struct rl_user *u); /* 0 or -errno */
void rl_shadow_free(struct rl_user *u);

#endif

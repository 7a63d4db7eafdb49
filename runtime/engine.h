/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * engine.h: what an engine is. The step does not know which one it runs on.
 *
 * An engine provides the image, a ring in it, and a loop that lets the step run until
 * control.status says otherwise.
 */
#ifndef RINGLET_ENGINE_H
#define RINGLET_ENGINE_H

#include "internal.h"

struct rl_engine {
	const char *name;

	/* Makes image and ring, and readies the step; sets r->image and r->engine_state. On
	 * failure nothing is left, and rl_error was called. */
	int (*create)(struct ringlet *r);

	/* Until control.status is not RL_RUNNING: 0. Or -errno with rl_error called. */
	int (*run)(struct ringlet *r);

	/* Ends a sleep, so that the step looks at control.attention. Any thread, async-signal-safe. */
	void (*wake)(struct ringlet *r);

	/* The ring to which a message wakes it too; -1: this kernel has no messages
	 * (IORING_OP_MSG_RING, 5.18).
	 */
	int (*message_fd)(struct ringlet *r);

	/* Of a program that has ended, by the thread that loaded it: cancels what is in flight and waits for
	 * that. How many requests would not go. */
	uint32_t (*settle)(struct ringlet *r);

	/* Settles, and frees everything, r->image too. */
	void (*destroy)(struct ringlet *r);
};

extern const struct rl_engine rl_engine_kernel, rl_engine_user;

#endif

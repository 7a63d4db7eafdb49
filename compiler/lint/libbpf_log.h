/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libbpf_log.h: what libbpf says, kept instead of printed.
 *
 * libbpf has one print function a process. Between begin and end ours is in its place: it
 * keeps what this thread's calls say and hands on what other threads' do.
 */
#ifndef RINGLET_LIBBPF_LOG_H
#define RINGLET_LIBBPF_LOG_H

#include <stdbool.h>
#include <stddef.h>

struct rl_libbpf_log {
	char *text; /* NULL: nothing was said */
	size_t n, room;
	bool debug; /* keep more than warnings */
};

void rl_libbpf_log_begin(struct rl_libbpf_log *log); /* nested use is an error */
void rl_libbpf_log_end(struct rl_libbpf_log *log);
void rl_libbpf_log_free(struct rl_libbpf_log *log);

#endif

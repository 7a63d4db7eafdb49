/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libbpf_log.h: what libbpf says, kept instead of printed. It has one print function a process: between begin
 * and end that is ours.
 */
#ifndef RINGLET_LIBBPF_LOG_H
#define RINGLET_LIBBPF_LOG_H

#include <stddef.h>

struct rl_libbpf_log {
	char *text; /* NULL: nothing was said */
	size_t n, room;
};

void rl_libbpf_log_begin(struct rl_libbpf_log *log); /* nested use is an error */
void rl_libbpf_log_end(void);
void rl_libbpf_log_free(struct rl_libbpf_log *log);

#endif

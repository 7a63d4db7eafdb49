/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libbpf_log.c: what libbpf says, kept instead of printed. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libbpf_log.h"

#define MAX_LOG (16u << 20) /* a verifier's log can be this long */

static struct rl_libbpf_log *mine;
static libbpf_print_fn_t before;

static void keep(struct rl_libbpf_log *log, const char *format, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n <= 0 || log->n + (size_t)n > MAX_LOG)
		return;
	if (log->n + (size_t)n + 1 > log->room) {
		size_t room = 2 * (log->n + (size_t)n + 1);
		char *p = realloc(log->text, room);

		if (!p)
			return;
		log->text = p;
		log->room = room;
	}
	vsnprintf(log->text + log->n, log->room - log->n, format, ap);
	log->n += (size_t)n;
}

static int print(enum libbpf_print_level level, const char *format, va_list ap)
{
	if (level == LIBBPF_WARN)
		keep(mine, format, ap);
	return 0;
}

void rl_libbpf_log_begin(struct rl_libbpf_log *log)
{
	*log = (struct rl_libbpf_log){0};
	mine = log;
	before = libbpf_set_print(print);
}

void rl_libbpf_log_end(void)
{
	libbpf_set_print(before);
	mine = NULL;
}

void rl_libbpf_log_free(struct rl_libbpf_log *log)
{
	free(log->text);
	log->text = NULL;
}

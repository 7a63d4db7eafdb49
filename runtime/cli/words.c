/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* words.c: numbers and names as `inspect` and `top` write them. */
#include <inttypes.h>
#include <stdio.h>

#include "look.h"

const char *words_duration(uint64_t ns, char out[32])
{
	uint64_t s = ns / 1000000000u;

	if (s < 10)
		snprintf(out, 32, "%" PRIu64 ".%02u s", s, (unsigned)(ns / 10000000u % 100));
	else if (s < 60)
		snprintf(out, 32, "%" PRIu64 " s", s);
	else if (s < 3600)
		snprintf(out, 32, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else
		snprintf(out, 32, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
	return out;
}

const char *words_engine(const struct rl_foreign *f)
{
	return f->core.engine == RINGLET_KERNEL ? "kernel" : f->core.engine == RINGLET_USER ? "user" : "?";
}

const char *words_doing(enum rl_doing doing)
{
	static const char *const words[] = {"running", "stopping", "done", "failed"};

	return words[doing];
}

uint64_t words_ago(const struct rl_foreign *f, uint64_t since_ns)
{
	return f->read_ns > since_ns ? f->read_ns - since_ns : 0;
}

uint64_t words_age(const struct rl_foreign *f)
{
	return words_ago(f, f->core.loaded_ns);
}

const char *words_process(const struct programs *p, const struct rl_foreign *f, char out[32])
{
	bool several = f->number > 1;

	for (size_t i = 0; i < p->n; i++)
		several = several || (&p->at[i] != f && p->at[i].pid == f->pid);
	if (several)
		snprintf(out, 32, "%d:%u", (int)f->pid, f->number);
	else
		snprintf(out, 32, "%d", (int)f->pid);
	return out;
}

const char *words_instance(const struct rl_task *t, uint32_t self, char *out, size_t size)
{
	return words_queue(t->name, t->count > 1, self, out, size);
}

const char *words_queue(const char *name, bool indexed, uint32_t index, char *out, size_t size)
{
	if (indexed)
		snprintf(out, size, "%s[%" PRIu32 "]", name, index);
	else
		snprintf(out, size, "%s", name);
	return out;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* machine.c: what an object has to know of the machine it runs on. */
#include <string.h>
#include <sys/epoll.h>

#include "object.h"

const char *rl_native_arch(void)
{
#if defined(__x86_64__)
	return "x86_64";
#elif defined(__aarch64__)
	return "aarch64";
#else
	return "none";
#endif
}

static const struct {
	const char *name;
	uint32_t size;
} structs[] = {
	{"epoll_event", sizeof(struct epoll_event)}, /* packed on x86-64 */
};

uint32_t rl_native_size(const char *name)
{
	for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++)
		if (strcmp(name, structs[i].name) == 0)
			return structs[i].size;
	return 0;
}

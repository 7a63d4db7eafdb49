/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* listen.c: parameters of kind tcp_listen: a listening socket of an address given as text. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

/* HOST:PORT or [HOST]:PORT, after an optional `tcp:`; an empty HOST is every address. False: neither. */
static bool split(const char *text, char *host, size_t size, const char **port)
{
	const char *colon;
	size_t n;

	if (strncmp(text, "tcp:", 4) == 0)
		text += 4;
	colon = strrchr(text, ':');
	if (!colon || !colon[1])
		return false;
	n = (size_t)(colon - text);
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= size)
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	*port = colon + 1;
	return true;
}

static int listen_at(const struct ringlet *r, const struct addrinfo *a)
{
	int one = 1, err;
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);

	if (fd < 0)
		return -errno;
	/* Shared or not, connections of a server before that linger (TIME_WAIT) are not in the way. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
		(!r->reuse_port || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) == 0) &&
		bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	err = errno;
	close(fd);
	return -err;
}

int rl_listen(struct ringlet *r, const char *name, const char *text)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *all, *a;
	char host[256];
	const char *port;
	int ret = -EADDRNOTAVAIL;

	if (!split(text, host, sizeof(host), &port))
		return rl_error(r, EINVAL, "parameter `%s`: `%s` is no tcp:HOST:PORT", name, text);
	ret = getaddrinfo(*host ? host : NULL, port, &hints, &all);
	if (ret)
		return rl_error(r, ret == EAI_MEMORY ? ENOMEM : EINVAL, "parameter `%s`: %s: %s", name, text,
			gai_strerror(ret));
	for (a = all, ret = -1; a && ret < 0; a = a->ai_next)
		ret = listen_at(r, a);
	freeaddrinfo(all);
	if (ret < 0)
		return rl_error(r, -ret, "parameter `%s`: %s: %s", name, text, strerror(-ret));
	return ret;
}

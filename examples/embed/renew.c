/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * renew OBJECT tcp:HOST:PORT: an echo server, examples/embed/renew.rlt, whose script can be changed while it
 * serves. SIGHUP has it load OBJECT again; the new version takes over the socket that listens, and every
 * connection. SIGINT or SIGTERM ends it.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>

#include <ringlet.h>

#define PATIENCE_MS 2000 /* for tasks of the old version to leave */

static int start(struct ringlet *r, const char *address)
{
	int err = ringlet_set_arg(r, "listener", address);

	return err ? err : ringlet_start(r);
}

/* What serves from now on: a new version, or the old one where that cannot be. */
static struct ringlet *renew(struct ringlet *old, const char *object)
{
	struct ringlet *r = ringlet_open(object, NULL);

	if (!r || ringlet_replace(old, r, PATIENCE_MS)) {
		fprintf(stderr, "renew: the old version goes on: %s\n", ringlet_error(r));
		ringlet_close(r);
		return old;
	}
	ringlet_close(old);
	printf("renewed\n");
	return r;
}

int main(int argc, char **argv)
{
	struct ringlet *r = argc == 3 ? ringlet_open(argv[1], NULL) : NULL;
	sigset_t signals;
	int sig, err;

	if (!r) {
		fprintf(stderr, "%s\n",
			argc == 3 ? ringlet_error(NULL) : "usage: renew OBJECT tcp:HOST:PORT");
		return 2;
	}
	/* Taken below. The library's threads have none. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (start(r, argv[2])) {
		fprintf(stderr, "renew: %s\n", ringlet_error(r));
		return 1;
	}
	printf("serving\n");
	for (fflush(stdout); sigwait(&signals, &sig) == 0 && sig == SIGHUP; fflush(stdout))
		r = renew(r, argv[1]);
	ringlet_stop(r);
	err = ringlet_join(r, -1);
	printf("%u versions, %llu bytes\n", *(uint32_t *)ringlet_shared(r, "versions", NULL),
		(unsigned long long)*(uint64_t *)ringlet_shared(r, "echoed", NULL));
	if (err != -ECANCELED)
		fprintf(stderr, "renew: %s\n", ringlet_error(r));
	ringlet_close(r);
	return err != -ECANCELED;
}

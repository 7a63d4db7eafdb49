/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * hands OBJECT PORT N: an application with an io_uring of its own, by liburing. It accepts connections there,
 * hands them to examples/embed/hands.rlt, which runs in a thread of libringlet's, and gets word in the same
 * io_uring when one is done. After N of them it ends.
 *
 * Neither side makes a system call for the other's sake: connections are handed over by an SQE of this ring,
 * where the script has to be woken at all, and events come as a CQE.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <liburing.h>
#include <ringlet.h>

enum { ACCEPTED = 1, WOKEN, EVENTS };

static void die(const char *what, int err)
{
	fprintf(stderr, "hands: %s: %s\n", what, strerror(err < 0 ? -err : err));
	exit(1);
}

static int listener(const char *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	a.sin_port = htons((uint16_t)atoi(port));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
		bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, SOMAXCONN))
		die(port, errno);
	return fd;
}

static struct io_uring_sqe *next_sqe(struct io_uring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (!sqe) {
		io_uring_submit(ring);
		sqe = io_uring_get_sqe(ring);
	}
	return sqe;
}

static void accept_more(struct io_uring *ring, int fd)
{
	struct io_uring_sqe *sqe = next_sqe(ring);

	io_uring_prep_multishot_accept(sqe, fd, NULL, NULL, SOCK_CLOEXEC);
	io_uring_sqe_set_data64(sqe, ACCEPTED);
}

/* A connection that the script has no room for now is not kept waiting. */
static void hand_over(struct io_uring *ring, struct ringlet *r, int fd)
{
	struct io_uring_sqe message, *sqe;
	int ret = ringlet_post_sqe(r, "connections", 0, (uint64_t)fd, 0, &message);

	if (ret == 1) { /* the script sleeps: this wakes it */
		sqe = next_sqe(ring);
		*sqe = message;
		io_uring_sqe_set_data64(sqe, WOKEN);
	} else if (ret < 0) {
		fprintf(stderr, "hands: a connection is refused: %s\n", strerror(-ret));
		close(fd);
	}
}

/* All that are there. How many connections are done; -1: the script has ended, and there will be no more. */
static int take_events(struct ringlet *r)
{
	struct ringlet_event e;
	int n = 0, err;

	for (; (err = ringlet_next_event(r, "served", &e, 0)) == 0; n++) {
		if (e.res < 0)
			printf("a connection failed: %s\n", strerror(-e.res));
		else
			printf("a connection is done: %d bytes\n", e.res);
		close((int)e.user_data);
	}
	fflush(stdout);
	return n || err != -ESHUTDOWN ? n : -1;
}

int main(int argc, char **argv)
{
	struct ringlet *r = argc == 4 ? ringlet_open(argv[1], NULL) : NULL;
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	int fd, left, done = 0, err;

	if (!r) {
		fprintf(stderr, "%s\n", argc == 4 ? ringlet_error(NULL) : "usage: hands OBJECT PORT N");
		return 2;
	}
	left = atoi(argv[3]);
	err = io_uring_queue_init(64, &ring, 0);
	if (err)
		die("io_uring_queue_init", err);
	if (ringlet_set_event_ring(r, "served", ring.ring_fd, EVENTS) || ringlet_start(r)) {
		fprintf(stderr, "hands: %s\n", ringlet_error(r));
		return 1;
	}
	fd = listener(argv[2]);
	accept_more(&ring, fd);
	while (left > 0 && done >= 0) {
		err = io_uring_submit_and_wait(&ring, 1);
		if (err < 0 && err != -EINTR)
			die("io_uring_submit_and_wait", err);
		while (io_uring_peek_cqe(&ring, &cqe) == 0) {
			uint64_t what = io_uring_cqe_get_data64(cqe);

			if (what == ACCEPTED && cqe->res >= 0)
				hand_over(&ring, r, cqe->res);
			else if (cqe->res < 0)
				die(what == ACCEPTED ? "accept" : "message", cqe->res);
			if (what == ACCEPTED && !(cqe->flags & IORING_CQE_F_MORE))
				accept_more(&ring, fd);
			if (what == EVENTS && (done = take_events(r)) > 0)
				left -= done;
			io_uring_cqe_seen(&ring, cqe);
		}
	}
	ringlet_post(r, "connections", 0, 0, 0);
	err = ringlet_join(r, -1);
	if (err)
		fprintf(stderr, "hands: %s\n", ringlet_error(r));
	ringlet_close(r);
	io_uring_queue_exit(&ring);
	close(fd);
	return err != 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * event_ring.c: events announced in an io_uring of the host's: a completion there says that an `out` queue
 * has some, which ringlet_next_event takes. So what the host has not taken stays in the queue, whose room is
 * what the script's `emit` looks at, and the host's completion queue never gets more than one for each time
 * that the host found nothing.
 *
 * All of it under ring_lock, and what takers of events see under event_lock as well, which nobody holds while
 * a message is sent: it wakes who then wants that lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "poster.h"

struct rl_event_ring {
	int fd; /* our copy of the host's; -1: none */
	uint64_t user_data;
	bool armed; /* the next event is to be announced */
};

struct rl_event_rings {
	bool can_message; /* else the poster does */
	struct rl_poster poster;
	struct rl_event_ring of[]; /* for each declaration of queues */
};

static uint32_t length(struct ringlet *r, const struct rl_queues *d)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < d->n; k++) {
		struct rl_queue *q = rl_queue_at(r, d, k);

		if (!rl_is_connected(r, d, k))
			n += rl_load_acquire(&q->tail) - rl_load_acquire(&q->head);
	}
	return n;
}

static int send(struct rl_event_rings *rings, const struct rl_event_ring *to, uint32_t len)
{
	struct rl_message m = {to->user_data, (int32_t)len};

	return rings->can_message ? rl_ring_message(to->fd, m) : rl_poster_send(&rings->poster, to->fd, m);
}

/* How many events there are to announce now; 0: none, or the host knows. */
static uint32_t to_announce(struct ringlet *r, uint32_t i)
{
	const struct rl_queues *d = &r->object.queues[i];
	struct rl_event_ring *to = &r->event_rings->of[i];
	uint32_t len = 0;

	pthread_mutex_lock(&r->event_lock);
	if (to->fd >= 0 && to->armed) {
		len = length(r, d);
		if (!len) {
			rl_queues_listen(r, d);
			len = length(r, d);
		}
		to->armed = len == 0;
	}
	pthread_mutex_unlock(&r->event_lock);
	return len;
}

/* A ring that cannot take the message now (out of memory, still disabled) is tried again with the next event.
 */
static void announce(struct ringlet *r, uint32_t i)
{
	struct rl_event_ring *to = &r->event_rings->of[i];
	uint32_t len = to_announce(r, i);

	if (!len || send(r->event_rings, to, len) == 0)
		return;
	pthread_mutex_lock(&r->event_lock);
	to->armed = true;
	rl_queues_listen(r, &r->object.queues[i]);
	pthread_mutex_unlock(&r->event_lock);
}

void rl_event_rings_arm(struct ringlet *r)
{
	for (uint32_t i = 0; r->event_rings && i < r->object.nqueues; i++)
		if (!length(r,
			    &r->object.queues[i])) /* else the host knows of some, and has not taken them */
			r->event_rings->of[i].armed = true;
}

void rl_event_rings_announce(struct ringlet *r)
{
	pthread_mutex_lock(&r->ring_lock);
	for (uint32_t i = 0; r->event_rings && i < r->object.nqueues; i++)
		announce(r, i);
	pthread_mutex_unlock(&r->ring_lock);
}

void rl_event_rings_end(struct ringlet *r)
{
	pthread_mutex_lock(&r->ring_lock);
	for (uint32_t i = 0; r->event_rings && i < r->object.nqueues; i++) {
		struct rl_event_ring *to = &r->event_rings->of[i];

		pthread_mutex_lock(&r->event_lock);
		to->armed = false;
		pthread_mutex_unlock(&r->event_lock);
		if (to->fd >= 0)
			send(r->event_rings, to, length(r, &r->object.queues[i]));
	}
	pthread_mutex_unlock(&r->ring_lock);
}

void rl_event_rings_free(struct ringlet *r)
{
	for (uint32_t i = 0; r->event_rings && i < r->object.nqueues; i++)
		if (r->event_rings->of[i].fd >= 0)
			close(r->event_rings->of[i].fd);
	if (r->event_rings)
		rl_poster_close(&r->event_rings->poster);
	free(r->event_rings);
	r->event_rings = NULL;
}

static int make_rings(struct ringlet *r)
{
	struct rl_event_rings *rings = calloc(1, sizeof(*rings) + r->object.nqueues * sizeof(rings->of[0]));
	int err;

	if (!rings)
		return -ENOMEM;
	rings->poster.fd = -1;
	rings->can_message = rl_ring_probe_message();
	err = rings->can_message ? 0 : rl_poster_open(&rings->poster);
	if (err) {
		free(rings);
		return err == -EINVAL || err == -ENOSYS ? -EOPNOTSUPP : err;
	}
	for (uint32_t i = 0; i < r->object.nqueues; i++)
		rings->of[i].fd = -1;
	pthread_mutex_lock(&r->event_lock);
	r->event_rings = rings;
	pthread_mutex_unlock(&r->event_lock);
	return 0;
}

/* Whether it is an io_uring: others are told -EOPNOTSUPP before anything else is looked at; a ring of another
 * thread's or one with restrictions says something else (io_uring_register in io_uring/register.c). */
static int check_ring(int fd)
{
	struct io_uring_probe probe;
	int err;

	memset(&probe, 0, sizeof(probe));
	err = rl_uring_register(fd, RL_REGISTER_PROBE, &probe, 0);
	if (err == -EOPNOTSUPP)
		return -EINVAL;
	return err == -EBADF ? err : 0;
}

static int set_one(struct ringlet *r, uint32_t i, int ring_fd, uint64_t user_data)
{
	struct rl_event_ring *to = &r->event_rings->of[i];
	int fd = ring_fd < 0 ? -1 : fcntl(ring_fd, F_DUPFD_CLOEXEC, 0);

	if (ring_fd >= 0 && fd < 0)
		return -errno;
	if (to->fd >= 0)
		close(to->fd);
	pthread_mutex_lock(&r->event_lock);
	*to = (struct rl_event_ring){fd, user_data, true};
	pthread_mutex_unlock(&r->event_lock);
	if (r->engine)
		announce(r, i);
	return 0;
}

int rl_event_rings_copy(struct ringlet *r, struct ringlet *from)
{
	int err = 0;

	pthread_mutex_lock(&from->ring_lock);
	for (uint32_t i = 0; !err && from->event_rings && i < from->object.nqueues; i++) {
		const struct rl_event_ring *was = &from->event_rings->of[i];
		const struct rl_queues *d =
			was->fd < 0 ? NULL : rl_queue_find(r, from->object.queues[i].name, RL_QUEUE_OUT);

		if (d && !(r->event_rings && r->event_rings->of[d - r->object.queues].fd >= 0))
			err = ringlet_set_event_ring(r, d->name, was->fd, was->user_data);
	}
	pthread_mutex_unlock(&from->ring_lock);
	return err;
}

int ringlet_set_event_ring(struct ringlet *r, const char *queue, int ring_fd, uint64_t user_data)
{
	bool any = false;
	int err = 0;

	r = rl_heir(r);
	if (rl_forked(r))
		return -EEXIST;
	pthread_mutex_lock(&r->ring_lock);
	if (ring_fd >= 0) {
		err = check_ring(ring_fd);
		if (!err && !r->event_rings)
			err = make_rings(r);
	}
	for (uint32_t i = 0; !err && i < r->object.nqueues; i++) {
		const struct rl_queues *d = &r->object.queues[i];

		if (d->kind != RL_QUEUE_OUT || (queue && strcmp(queue, d->name) != 0))
			continue;
		any = true;
		if (r->event_rings)
			err = set_one(r, i, ring_fd, user_data);
	}
	pthread_mutex_unlock(&r->ring_lock);
	return err ? err : any ? 0 : -ENOENT;
}

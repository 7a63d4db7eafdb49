/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ringlet.c: the public interface: a program's life from open to close. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "core.h"
#include "engine.h"
#include "internal.h"
#include "trace.h"
#include "uring.h"

/* An object holds an image's layout, never its contents; this is far beyond any. */
#define MAX_OBJECT (256u << 20)

static _Thread_local char open_error[1024];

int rl_error(struct ringlet *r, int err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(r->error, sizeof(r->error), format, ap);
	va_end(ap);
	return -err;
}

const char *ringlet_error(struct ringlet *r)
{
	return r ? r->error : open_error;
}

const char *ringlet_version(void)
{
	return RINGLET_VERSION;
}

__attribute__((format(printf, 2, 3))) static void *open_failed(int err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(open_error, sizeof(open_error), format, ap);
	va_end(ap);
	errno = err;
	return NULL;
}

/* ---- forks ---- */

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static unsigned forks;

static void count_fork(void)
{
	forks++;
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, count_fork);
}

bool rl_forked(const struct ringlet *r)
{
	return r->engine && r->forks != forks;
}

/* ---- open ---- */

/* data is taken over, also on failure. */
static struct ringlet *open_object(const char *name, void *data, size_t size, const struct ringlet_opts *opts)
{
	struct ringlet_opts o = {0};
	struct ringlet *r;
	char why[512] = "";
	int err;

	if (opts)
		memcpy(&o, opts, opts->size < sizeof(o) ? opts->size : sizeof(o));
	if ((opts && opts->size < sizeof(size_t)) || (unsigned)o.engine > RINGLET_USER) {
		free(data);
		return open_failed(EINVAL, "bad struct ringlet_opts");
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		free(data);
		return open_failed(ENOMEM, "%s: out of memory", name);
	}
	err = rl_object_parse(&r->object, data, size, why, sizeof(why));
	if (!err) {
		r->values = calloc((size_t)r->object.nplaces + 1, sizeof(*r->values));
		if (!r->values) {
			rl_object_free(&r->object);
			err = -ENOMEM;
			snprintf(why, sizeof(why), "out of memory");
		}
	}
	if (err) {
		free(r);
		return open_failed(-err, "%s: %s", name, why);
	}
	for (uint32_t i = 0; i < r->object.nplaces; i++)
		r->values[i].fd = -1;
	r->want = o.engine;
	r->rounds = o.rounds;
	r->reuse_port = o.reuse_port;
	r->watchdog_ms = o.watchdog_ms;
	r->log = o.log;
	r->log_arg = o.log_arg;
	r->trace = o.trace;
	r->trace_arg = o.trace_arg;
	r->failed = o.failed;
	r->failed_arg = o.failed_arg;
	pthread_mutex_init(&r->log_lock, NULL);
	pthread_mutex_init(&r->post_lock, NULL);
	pthread_mutex_init(&r->event_lock, NULL);
	pthread_mutex_init(&r->ring_lock, NULL);
	rl_cond_init(&r->room);
	rl_cond_init(&r->event);
	r->event_fd = -1;
	r->known = -1;
	return r;
}

struct ringlet *ringlet_open_mem(const void *object, size_t size, const struct ringlet_opts *opts)
{
	void *copy;

	if (!object || size > MAX_OBJECT)
		return open_failed(EINVAL, "(memory): no object, or one of more than %u bytes", MAX_OBJECT);
	copy = malloc(size ? size : 1);
	if (!copy)
		return open_failed(ENOMEM, "(memory): out of memory");
	memcpy(copy, object, size);
	return open_object("(memory)", copy, size, opts);
}

static ssize_t read_all(int fd, char *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

struct ringlet *ringlet_open(const char *path, const struct ringlet_opts *opts)
{
	struct stat st;
	char *data;
	ssize_t n;
	int fd, err;

	if (!path)
		return open_failed(EINVAL, "no path");
	/* O_NONBLOCK: a FIFO is refused below rather than waited for. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return open_failed(errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_OBJECT) {
		close(fd);
		return open_failed(ENOEXEC, "%s: not a program object (ringc build makes them)", path);
	}
	data = malloc((size_t)st.st_size + 1);
	n = data ? read_all(fd, data, (size_t)st.st_size) : -ENOMEM;
	close(fd);
	if (n < 0) {
		free(data);
		err = (int)-n;
		return open_failed(err, "%s: %s", path, strerror(err));
	}
	return open_object(path, data, (size_t)n, opts);
}

/* ---- load ---- */

static int create_engine(struct ringlet *r, const struct rl_engine *engine)
{
	int err = engine->create(r);

	if (!err)
		r->engine = engine;
	return err;
}

/* An object is for all machines, and structs of the kernel's are not the same on all. */
static int check_machine(struct ringlet *r)
{
	for (uint32_t i = 0; i < r->object.nops; i++) {
		const struct rl_needed_op *op = &r->object.ops[i];
		uint32_t here = rl_native_size(op->is);

		if (here != op->bytes)
			return rl_error(r, EOPNOTSUPP,
				"the program's %s is for machines where struct %s has %u bytes: here it has "
				"%u. %s on every machine",
				op->name, op->is, op->bytes, here, op->instead);
	}
	return 0;
}

/* Not for want of a feature, a privilege or a limit: a kernel that should have taken the program did not.
 * Running it elsewhere would hide that. */
static bool is_bug(int err)
{
	return err != -EOPNOTSUPP && err != -EPERM && err != -ENOMEM && err != -ENOSYS;
}

static int choose_engine(struct ringlet *r)
{
	int err;

	r->why_not_kernel[0] = '\0';
	if (r->want == RINGLET_USER)
		return create_engine(r, &rl_engine_user);
	err = create_engine(r, &rl_engine_kernel);
	if (!err || r->want == RINGLET_KERNEL || is_bug(err))
		return err;
	memcpy(r->why_not_kernel, r->error, sizeof(r->why_not_kernel));
	return create_engine(r, &rl_engine_user);
}

void rl_unload(struct ringlet *r)
{
	rl_watch_close(r);
	rl_announce_end(r);
	if (r->engine)
		r->engine->destroy(r);
	r->engine = NULL;
	rl_events_close(r);
	rl_params_close(r);
}

static pid_t thread_id(void)
{
	return (pid_t)rl_syscall6(__NR_gettid, 0, 0, 0, 0, 0, 0);
}

enum rl_owner rl_ring_owner(const struct ringlet *r)
{
	if (r->process != getpid())
		return RL_OWNER_PROCESS;
	return r->thread == thread_id() ? RL_OWNER_ME : RL_OWNER_THREAD;
}

int ringlet_load(struct ringlet *r)
{
	int err;

	if (r->engine)
		return rl_error(r, EALREADY, "the program is loaded already");
	pthread_once(&fork_once, watch_forks);
	r->forks = forks;
	r->process = getpid();
	r->thread = thread_id();
	err = check_machine(r);
	if (!err)
		err = rl_trace_begin(r);
	if (!err)
		err = rl_params_check(r);
	if (!err)
		err = rl_region_check(r);
	if (!err)
		err = rl_params_open_inputs(r);
	if (!err)
		err = choose_engine(r);
	if (!err)
		err = rl_events_open(r);
	if (!err)
		err = rl_watch_open(r);
	if (!err)
		err = rl_params_open_outputs(r);
	if (err) {
		rl_params_unmake(r);
		rl_unload(r);
		return err;
	}
	rl_params_write(r);
	rl_connections_loaded(r);
	rl_announce(r);
	return 0;
}

const char *ringlet_load_log(struct ringlet *r)
{
	return r->load_log ? r->load_log : "";
}

const char *ringlet_engine(struct ringlet *r, const char **why)
{
	if (why)
		*why = r->engine ? r->why_not_kernel : "";
	return r->engine ? r->engine->name : NULL;
}

/* ---- run ---- */

int ringlet_run(struct ringlet *r)
{
	uint64_t start;
	int err;

	if (!r->engine)
		return rl_error(r, EINVAL, "the program is not loaded");
	if (r->ended)
		return rl_error(r, EALREADY, "the program has ended");
	if (rl_ring_owner(r) != RL_OWNER_ME)
		return rl_error(r, EEXIST, "ringlet_run belongs to the thread that called ringlet_load");
	start = rl_time_ns(CLOCK_MONOTONIC);
	/* A `yield` in a thread of the library's gives control to nobody. */
	rl_watch_enter(r, !r->started);
	err = r->engine->run(r);
	rl_trace_drain(r);
	rl_log_drain(r, true);
	rl_watch_leave(r);
	rl_count(&r->run_ns, r->run_ns + rl_time_ns(CLOCK_MONOTONIC) - start);
	if (!err && r->yielded && rl_control(r)->status == RL_RUNNING) {
		r->yielded = false;
		return 1;
	}
	if (!err)
		err = rl_failure_result(r);
	rl_events_end(r);
	return err;
}

void rl_stop(struct ringlet *r)
{
	struct rl_control *c = rl_control(r);
	uint32_t old;

	old = __atomic_load_n(&c->stop, __ATOMIC_RELAXED);
	while (old < 2 && !__atomic_compare_exchange_n(
				  &c->stop, &old, old + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
	/* rl_attend clears `attention` before it reads `stop`: this order loses nothing. */
	__atomic_store_n(&c->attention, 1, __ATOMIC_SEQ_CST);
	if (old < 2)
		r->engine->wake(r);
}

int ringlet_stop(struct ringlet *r)
{
	struct ringlet *heir;

	r = rl_heir(r);
	if (!r->engine)
		return -EINVAL;
	if (rl_forked(r))
		return -EEXIST;
	/* Counted before the second look: either the one that takes over is seen here, or this there. */
	__atomic_fetch_add(&r->stops, 1, __ATOMIC_SEQ_CST);
	rl_stop(r);
	heir = rl_heir(r);
	if (heir != r && __atomic_exchange_n(&r->stops, 0, __ATOMIC_SEQ_CST))
		rl_stop(heir);
	return 0;
}

int ringlet_poll(struct ringlet *r)
{
	return r->engine && !rl_forked(r) ? rl_log_drain(r, false) : 0;
}

/* ---- looking ---- */

void *ringlet_shared(struct ringlet *r, const char *name, size_t *size)
{
	const struct rl_place *p = rl_place(r, name);

	if (!p || !p->shared || !r->engine) {
		errno = r->engine ? ENOENT : EINVAL;
		return NULL;
	}
	if (size)
		*size = p->size;
	return r->image + p->offset;
}

int ringlet_progress(struct ringlet *r, uint64_t *done, uint64_t *total)
{
	const struct rl_control *c = rl_control(r);

	if (!r->engine)
		return -EINVAL;
	*total = __atomic_load_n(&c->progress_total, __ATOMIC_RELAXED);
	*done = __atomic_load_n(&c->progress_done, __ATOMIC_RELAXED);
	return *total || *done ? 0 : -ENODATA;
}

int ringlet_stats(struct ringlet *r, struct ringlet_stats *st)
{
	struct ringlet_stats s = {.size = sizeof(s)};
	const struct rl_control *c = rl_control(r);
	uint32_t seconds;

	if (!r->engine || st->size < sizeof(size_t))
		return -EINVAL;
	s.run_ns = __atomic_load_n(&r->run_ns, __ATOMIC_RELAXED);
	seconds = __atomic_load_n(&c->seconds, __ATOMIC_RELAXED);
	s.submitted = __atomic_load_n(&c->submitted, __ATOMIC_RELAXED) - seconds;
	s.completed = rl_load_acquire((uint32_t *)(r->image + r->object.image.ring + c->cq_head)) -
		      __atomic_load_n(&c->unasked, __ATOMIC_RELAXED) - seconds;
	s.enters = __atomic_load_n(&r->enters, __ATOMIC_RELAXED);
	s.logs = __atomic_load_n(&r->logs, __ATOMIC_RELAXED);
	s.log_lost = __atomic_load_n(&c->log_lost, __ATOMIC_RELAXED);
	s.size = st->size < sizeof(s) ? st->size : sizeof(s);
	memcpy(st, &s, s.size);
	return 0;
}

void ringlet_close(struct ringlet *r)
{
	bool forked;

	if (!r)
		return;
	forked = rl_forked(r);
	if (r->started && !forked)
		rl_thread_end(r);
	rl_replace_leave(r);
	rl_connections_close(r, forked);
	if (r->started && !forked)
		rl_thread_unload(r);
	else
		rl_unload(r);
	rl_event_rings_free(r);
	rl_params_free(r);
	rl_region_free(r);
	rl_object_free(&r->object);
	if (!forked) { /* else threads of the parent may hold them and wait, for ever here */
		pthread_mutex_destroy(&r->log_lock);
		pthread_mutex_destroy(&r->post_lock);
		pthread_mutex_destroy(&r->event_lock);
		pthread_mutex_destroy(&r->ring_lock);
		pthread_cond_destroy(&r->room);
		pthread_cond_destroy(&r->event);
	}
	free(r->started); /* a parent's */
	free(r->load_log);
	free(r->waits);
	free(r);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* internal.h: what the library's files share, and no one else sees. */
#ifndef RINGLET_INTERNAL_H
#define RINGLET_INTERNAL_H

#include <pthread.h>
#include <sys/types.h>

#include "image.h"
#include "object.h"
#include "ringlet.h"

struct rl_engine;
struct rl_clock;
struct rl_wait_began; /* trace.c */

/* What was set by name, until it is written to the image. */
struct rl_value {
	bool set;
	unsigned char *bytes; /* a scalar's or an array's; place->size of them */
	int fd;               /* of type fd: -1 not open yet */
	bool owned;           /* the library opened it */
	bool created;         /* and made it */
	bool inherited;       /* of the program that it is to replace */
	char *path;           /* to be opened by ringlet_load; what an array is to be read from */
};

struct ringlet {
	struct rl_object object;
	struct rl_value *values; /* one for each of object.places */
	enum ringlet_engine_kind want;
	uint32_t rounds;
	bool reuse_port;
	ringlet_log_fn *log;
	void *log_arg;
	ringlet_trace_fn *trace; /* NULL: not traced */
	void *trace_arg;
	struct rl_wait_began *waits; /* by instance */
	ringlet_failed_fn *failed;
	void *failed_arg;
	bool said_failed; /* that one was called */

	char error[1024];
	char why_not_kernel[1024];
	char *load_log; /* the verifier's */
	char initial[256];

	const struct rl_engine *engine; /* NULL: not loaded */
	void *engine_state;
	unsigned char *image;  /* NULL: none */
	pid_t process, thread; /* the ones that may enter the ring */
	unsigned forks; /* how often this process, and those it comes from, had been forked when it was loaded
			 */
	int known;      /* the memfd by which other processes find it: core.h; -1: none */
	uint64_t loaded_ns; /* CLOCK_MONOTONIC */
	bool ended;
	bool yielded; /* a task has given control to the host */

	pthread_mutex_t log_lock, post_lock, event_lock, ring_lock;
	pthread_cond_t room;       /* with post_lock: some queue has room, or the program has ended */
	uint32_t queuers;          /* threads that wait for that */
	pthread_cond_t event;      /* with event_lock: there is an event, or there will be none */
	uint32_t takers;           /* threads that wait for that */
	int event_fd;              /* -1: the program has no `out` queue */
	bool event_fd_watched;     /* the host has asked for it, */
	bool event_fd_readable;    /* and it says that there is something */
	struct rl_thread *started; /* NULL: not by ringlet_start */
	uint32_t watchdog_ms;
	struct rl_watch *watch;             /* NULL: not loaded, or nobody has asked for it */
	struct rl_event_rings *event_rings; /* NULL: the host has given none */
	struct rl_connection *outward,
		*inward;               /* lists: its queues that lead to others, and theirs that lead here */
	uint64_t logs, run_ns, enters; /* by rl_count */
	uint32_t unwinding; /* instances that ran when the program began to stop, or the last of them ended */
	uint64_t cancels;   /* awaits answered with -ECANCELED since then */

	struct ringlet *heir; /* the program that has taken over: what is asked of queues here is for it */
	struct ringlet *forebear; /* the other way: whose heir this is */
	bool leaving;             /* one is to take over as soon as this has ended */
	uint32_t stops; /* calls of ringlet_stop, while one is to take over, that are to be passed on to it */

	struct {
		void *at; /* NULL: not given */
		size_t size;
		bool inherited; /* of the program that it is to replace, which has it still */
		bool owned;     /* the library's: it was given as a size */
		bool in_use;    /* requests that could not be cancelled may still write to it */
	} region;

	struct ringlet_failure failure;
	char failure_text[2048];
};

/* Puts the text where ringlet_error finds it; returns -err. */
int rl_error(struct ringlet *r, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

static inline struct rl_control *rl_control(const struct ringlet *r)
{
	return (struct rl_control *)r->image;
}

/* Who may enter the ring and cancel what is in flight: this thread, another of this process, or
 * another process, which we were forked from. */
enum rl_owner { RL_OWNER_ME, RL_OWNER_THREAD, RL_OWNER_PROCESS };
enum rl_owner rl_ring_owner(const struct ringlet *r);

/* pthreads.c. Signals are for the application's threads: a thread of the library's has all blocked. Returns
 * what pthread_create does. */
int rl_thread_create(pthread_t *id, const pthread_attr_t *attr, void *(*body)(void *), void *arg);
void rl_cond_init(pthread_cond_t *c);

/* Whether this process was forked from the one that loaded it, whose queues and locks it may not touch. Costs
 * no system call. */
bool rl_forked(const struct ringlet *r);

/* A counter that one thread at a time changes, and any reads. */
static inline void rl_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, n, __ATOMIC_RELAXED);
}

static inline bool rl_is_leaving(const struct ringlet *r)
{
	return __atomic_load_n(&r->leaving, __ATOMIC_ACQUIRE);
}

/* Of those that have replaced each other, the last. */
static inline struct ringlet *rl_heir(struct ringlet *r)
{
	struct ringlet *heir;

	while ((heir = __atomic_load_n(&r->heir, __ATOMIC_SEQ_CST)))
		r = heir;
	return r;
}

/* ringlet.c */
void rl_stop(struct ringlet *r); /* as ringlet_stop, of a loaded program */
void rl_unload(
	struct ringlet *r); /* by the thread that loaded it, or what is in flight cannot be waited for */

/* thread.c */
/* In a thread of its own, on that processor or on any (-1). The group, if there is one, is told of an error.
 */
int rl_thread_load(struct ringlet *r, int cpu, struct ringlet_group *group);
void rl_thread_go(struct ringlet *r);
bool rl_thread_waits(const struct ringlet *r); /* it is loaded, and has not been told to go */
int rl_thread_join(
	struct ringlet *r, const struct timespec *end); /* ringlet_join until then; NULL: for ever */
bool rl_thread_is_of_group(const struct ringlet *r);
void rl_thread_settle(struct ringlet *r); /* it has ended: nothing is in flight afterwards */
void rl_thread_end(struct ringlet *r);    /* stops it, if it runs */
void rl_thread_unload(struct ringlet *r); /* and is done with */

/* watch.c: a program that makes no progress */
int rl_watch_open(struct ringlet *r);
void rl_watch_close(struct ringlet *r);
/* By the thread that runs the program: from here on it does; `fresh`: the host has had control meanwhile. */
void rl_watch_enter(struct ringlet *r, bool fresh);
void rl_watch_leave(struct ringlet *r); /* until the host gives control back */
bool rl_watch_stuck(struct ringlet *r); /* between two steps */

/* replace.c */
/* All of ringlet_replace that can fail: then everything is as before. `group`: of which r is. */
int rl_replace_load(struct ringlet *old, struct ringlet *r, int cpu, struct ringlet_group *group);
void rl_replace_unload(struct ringlet *r);                                  /* in the place of */
void rl_replace_go(struct ringlet *old, struct ringlet *r, int timeout_ms); /* the rest */
void rl_replace_leave(struct ringlet *r); /* it is closed: nobody's heir any more */

/* group.c */
void rl_group_failed(struct ringlet_group *g, struct ringlet *r); /* stops the others */

/* layout.c */
/* Whether they are of other types, or of structs that are laid out otherwise: then `how` says in what. */
bool rl_layouts_differ(const struct rl_place *was, const struct rl_place *is, char *how, size_t size);

/* inherit.c: of the program `old` that r is to replace, by name */
int rl_inherit(struct ringlet *r, struct ringlet *old); /* parameters and the region, before it is loaded */
void rl_disinherit(struct ringlet *r);                  /* it was not loaded */
int rl_inherit_check_shared(struct ringlet *r, struct ringlet *old);
void rl_inherit_shared(struct ringlet *r, struct ringlet *old); /* when the other has ended */

/* params.c */
int rl_params_check(struct ringlet *r);        /* -ENODATA: a required one is missing */
int rl_params_open_inputs(struct ringlet *r);  /* what can be opened without changing anything */
int rl_params_open_outputs(struct ringlet *r); /* and the rest */
void rl_params_unmake(struct ringlet *r);      /* removes outputs that were made and are empty */
void rl_params_write(struct ringlet *r);       /* into the image */
/* What the parameter at that offset is going to be; once the image has its initial values. */
const void *rl_params_value(struct ringlet *r, uint32_t offset);
void rl_params_close(struct ringlet *r); /* the descriptors that were opened */
void rl_params_free(struct ringlet *r);

/* listen.c */
/* A listening socket, or -errno with rl_error called. */
int rl_listen(struct ringlet *r, const char *name, const char *text);
const struct rl_place *rl_place(struct ringlet *r, const char *name);

/* contents.c */
/* Fills an array of bytes, all zero, from a file; `-` is standard input. */
int rl_contents_read(struct ringlet *r, const struct rl_place *p, const char *path, unsigned char *to);

/* region.c */
struct rl_ring;
bool rl_is_region(const struct ringlet *r, const char *name);
int rl_region_make(
	struct ringlet *r, const char *name, uint64_t size);           /* anonymous memory, as a host would */
int rl_region_check(struct ringlet *r);                                /* -ENODATA: it is missing */
int rl_region_register(struct ringlet *r, const struct rl_ring *ring); /* for bpf_io_uring_get_region */
struct rl_region rl_region_size(const struct ringlet *r);
void rl_region_write(struct ringlet *r); /* into the control block */
void rl_region_free(struct ringlet *r);

/* image.c */
int rl_image_make(struct ringlet *r); /* anonymous memory, for an engine that has none of its own */
void rl_image_drop(struct ringlet *r, bool keep_mapped);
/* Init records and control block. */
void rl_image_init(struct ringlet *r, uint32_t default_rounds, const struct rl_clock *clock);
/* Has the kernel let go of the image, in which `inflight` requests may be under way: how many still are. */
uint32_t rl_image_quiet(struct ringlet *r, struct rl_ring *ring, uint32_t inflight);
int rl_pools_register(struct ringlet *r, const struct rl_ring *ring); /* pools.c: fills and registers them */
int rl_image_register_files(struct ringlet *r, const struct rl_ring *ring); /* an empty table */
int rl_image_register_fixed(struct ringlet *r, const struct rl_ring *ring);

/* zcrx.c */
int rl_zcrx_register(struct ringlet *r, const struct rl_ring *ring); /* after rl_image_init */
void rl_zcrx_attend(struct ringlet *r, const struct rl_ring *ring);  /* has the kernel take what came back */

/* core.c */
void rl_announce(struct ringlet *r); /* where that is not possible, others do not see it */
void rl_announce_end(struct ringlet *r);
void rl_say_failed(struct ringlet *r); /* to ringlet_opts.failed, once, if it has */

/* attend.c */
/* After a step that stopped. `submit` hands SQEs to the ring, as the step's does. Sets control.status where
 * the program has ended. */
void rl_attend(struct ringlet *r, const struct rl_ring *ring);
bool rl_cq_is_empty(struct ringlet *r);
uint32_t rl_in_flight(struct ringlet *r); /* requests submitted whose completions the step has not taken */

/* events.c */
struct timespec rl_deadline(int timeout_ms); /* from now on, CLOCK_MONOTONIC */
struct rl_queue *rl_queue_at(struct ringlet *r, const struct rl_queues *d, uint32_t i); /* which of them */
struct rl_completion *rl_queue_entry(struct rl_queue *q, const struct rl_queues *d, uint32_t number);
/* NULL: the script declares none of that name and kind. */
const struct rl_queues *rl_queue_find(const struct ringlet *r, const char *name, uint32_t kind);
void rl_ring_doorbell(struct ringlet *r); /* ends a sleep of the program, and has it attend */
/* Has the step say when it appends; what it appended before is to be looked for afterwards. */
void rl_queues_listen(struct ringlet *r, const struct rl_queues *d);
void rl_events_tell(struct ringlet *r); /* whoever waits for an event, or polls */
int rl_events_open(struct ringlet *r);
void rl_events_close(struct ringlet *r);
void rl_events_attend(struct ringlet *r); /* what was posted, and what is there for the host */
void rl_events_end(struct ringlet *r);
bool rl_events_awaited(struct ringlet *r); /* a task waits until the host has posted, or taken, something */

/* event_ring.c */
void rl_event_rings_arm(struct ringlet *r);      /* the next event is to be announced; with event_lock held */
void rl_event_rings_announce(struct ringlet *r); /* if there are any */
void rl_event_rings_end(struct ringlet *r);      /* that there will be no more */
void rl_event_rings_free(struct ringlet *r);
int rl_event_rings_copy(struct ringlet *r, struct ringlet *from); /* but where the host has set one */

/* connect.c: queues that lead to those of another program */
bool rl_is_connected(const struct ringlet *r, const struct rl_queues *d, uint32_t index);
/* It is connected with a program that has ended: there will be no more room in it than there is. */
bool rl_leads_nowhere(struct ringlet *r, const struct rl_queues *d, uint32_t index);
void rl_connections_loaded(struct ringlet *r);
void rl_connections_attend(struct ringlet *r); /* before rl_events_attend looks at who waits */
void rl_connections_end(struct ringlet *r);
void rl_connections_close(struct ringlet *r, bool forked);
int rl_connections_check_heir(const struct ringlet *old, struct ringlet *r);
void rl_connections_pass(struct ringlet *old, struct ringlet *r); /* with both's event_lock */

/* attend.c: resumes an instance; only while no step runs. */
void rl_push_ready(struct ringlet *r, uint64_t user_data, int32_t res, uint32_t flags);

/* log.c */
int rl_log_drain(struct ringlet *r, bool wait);

/* failure.c */
struct rl_failure;
void rl_failure_text(const struct rl_object *o, const unsigned char *image, const struct rl_failure *f,
	struct ringlet_failure *out, char *text, size_t size);
int rl_failure_result(struct ringlet *r); /* what ringlet_run returns */
/* Names the task that runs next, and puts all that are ready into the text: now, since they will go on. */
void rl_failure_stuck(struct ringlet *r, struct rl_failure *f);

#endif

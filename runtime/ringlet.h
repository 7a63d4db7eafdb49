/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ringlet.h: runs compiled ring scripts (prog.bpf.o).
 *
 * Order of calls: ringlet_open, ringlet_set_* for each parameter, ringlet_load,
 * ringlet_run, ringlet_close.
 *
 * Errors: functions that return int give 0 or -errno unless they say otherwise;
 * ringlet_error() then has one line of text, without a newline, that says what and which
 * parameter. The library never prints and never exits.
 *
 * Threads: ringlet_load and ringlet_run belong to one thread (io_uring's SINGLE_ISSUER: the
 * kernel lets only the thread that made a ring enter it). ringlet_stop, ringlet_poll,
 * ringlet_progress, ringlet_stats and ringlet_shared may be called from any thread between
 * ringlet_load's return and ringlet_close. Everything else: one thread at a time.
 *
 * Available since 0.1 unless noted.
 */
#ifndef RINGLET_H
#define RINGLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default) /* the library is built with everything else hidden */

#define RINGLET_VERSION "0.1.0"

struct ringlet;

enum ringlet_engine_kind {
	RINGLET_AUTO = 0,   /* kernel where it works, else user */
	RINGLET_KERNEL = 1, /* BPF in the ring's wait loop: Linux 7.1, CAP_BPF and CAP_PERFMON */
	RINGLET_USER = 2,   /* native code in a plain io_uring_enter loop */
};

/* A message of the program's log("..."). */
struct ringlet_log {
	const char *text; /* NUL-terminated; valid during the call */
	size_t length;
	const char *file; /* where log() stands in the script */
	unsigned line;
	const char *task; /* who said it */
	unsigned self;    /* and which instance of it */
};

/* Called for each message, in order, by whichever thread is in ringlet_run or ringlet_poll
 * (never by two at once). It must not call ringlet_run, ringlet_poll or ringlet_close. */
typedef void ringlet_log_fn(void *arg, const struct ringlet_log *message);

/* Zero it, set `size` to sizeof(struct ringlet_opts), then what you need. */
struct ringlet_opts {
	size_t size; /* so that later versions can add members */
	enum ringlet_engine_kind engine;
	unsigned rounds; /* how often a step submits and reaps before it returns; 0: the engine's default */
	ringlet_log_fn *log; /* NULL: messages are dropped */
	void *log_arg;
};

/*
 * Reads a program object and checks all of it: checksum first, then every offset and size.
 * opts may be NULL. ringlet_open_mem copies the object. No kernel object is made yet.
 *
 * Returns NULL with errno set, and the text in ringlet_error(NULL), on failure: ENOENT, EACCES
 * and what else opening a file gives; ENOEXEC not a program object; EBADMSG corrupt or
 * truncated; EPROTONOSUPPORT made by an incompatible ringc; EINVAL bad options; ENOMEM.
 */
struct ringlet *ringlet_open(const char *path, const struct ringlet_opts *opts);
struct ringlet *ringlet_open_mem(const void *object, size_t size, const struct ringlet_opts *opts);

/* Parameters, and the `shared` variables that ringlet_set_* can set by name. */
struct ringlet_param {
	const char *name;
	const char *type;    /* u8 u16 u32 u64 s8 s16 s32 s64 bool fd string */
	const char *kind;    /* fd: read write rdwr create append dir, "" for a bare descriptor; else "" */
	const char *help;    /* may be "" */
	const char *initial; /* value if not set, as text; "" where there is none to show */
	size_t size;         /* bytes; a string needs one for its NUL */
	bool required;
	bool set;
	bool shared; /* a shared variable, not a parameter */
};

/* The index-th, from 0, parameters first, in the script's order. -ENOENT past the last. The strings
 * live until ringlet_close (`initial`: until the next call). */
int ringlet_param(struct ringlet *r, unsigned index, struct ringlet_param *out);

/*
 * Sets a parameter, before ringlet_load, or a shared scalar or one-dimensional u8 array,
 * also after it. Setting again overwrites.
 *
 * -ENOENT no such name; -EINVAL the type is another, or the text does not parse;
 * -ERANGE the value does not fit the type; -ENAMETOOLONG the string does not fit;
 * -EBADF not an open descriptor; -EBUSY parameters are constant after ringlet_load.
 *
 * ringlet_set_fd: the descriptor stays the caller's, who closes it after ringlet_close.
 * ringlet_set_u64 and _s64 serve every integer type and bool, with a range check.
 */
int ringlet_set_fd(struct ringlet *r, const char *name, int fd);
int ringlet_set_u64(struct ringlet *r, const char *name, uint64_t value);
int ringlet_set_s64(struct ringlet *r, const char *name, int64_t value);
int ringlet_set_bool(struct ringlet *r, const char *name, bool value);
int ringlet_set_string(struct ringlet *r, const char *name, const char *text);

/*
 * Sets by text, as on the command line. Integers: decimal, 0x hex, suffixes K M G (1024s);
 * bool: true false yes no 1 0; fd: a path opened as the parameter's kind says, `-` for
 * standard input or output, `fd:N` for an open descriptor. Paths are opened by ringlet_load,
 * those that create or truncate last of all; the library closes them.
 */
int ringlet_set_arg(struct ringlet *r, const char *name, const char *text);

/*
 * Chooses the engine, makes image and ring, opens files, loads and attaches. Nothing runs yet.
 * After a failure everything is as before the call, and it may be called again.
 *
 * -ENODATA a required parameter is not set; -EALREADY it is loaded; -EOPNOTSUPP the kernel lacks what
 * the engine or an operation of the program needs (the text says what, since which kernel, and
 * what to do); -EPERM no privilege for the kernel engine, or for io_uring at all; -ENOMEM;
 * what opening a file gives; what the kernel said to the BPF program, which is a bug of ours
 * (the verifier's words are in ringlet_load_log).
 */
int ringlet_load(struct ringlet *r);

/* What libbpf and the verifier said during the last ringlet_load; "" if nothing. Until the next load or
 * close. */
const char *ringlet_load_log(struct ringlet *r);

/* The engine in use, "kernel" or "user", NULL before ringlet_load. *why, if why is not NULL: why
 * RINGLET_AUTO did not take the kernel engine, "" otherwise. */
const char *ringlet_engine(struct ringlet *r, const char **why);

/*
 * Runs the program until it ends. Signals do not end it. 0: finished. Otherwise the
 * program's error, -errno, with ringlet_failure() saying what and where: what a task ended
 * with or fail() said; -EFAULT a trap; -EDEADLK every task waits for another;
 * -ECANCELED stopped by ringlet_stop. Or, without a failure record: -EINVAL not loaded; -EALREADY
 * it has ended before; -EEXIST another thread (or process, after a fork) than the one that
 * called ringlet_load; what io_uring_enter says.
 */
int ringlet_run(struct ringlet *r);

/*
 * Asks the program to stop. First call: every await gives -ECANCELED and tasks unwind through their
 * defers. Second call: it ends at once. Async-signal-safe, any thread, never blocks. A program that sleeps is
 * woken (IORING_REGISTER_SEND_MSG_RING, or on the user engine before Linux 6.13 an eventfd).
 */
int ringlet_stop(struct ringlet *r);

/* Delivers pending log messages; returns how many. For a thread that wants them while
 * ringlet_run is under way. 0 at once if another thread is at it. */
int ringlet_poll(struct ringlet *r);

/* The address of a shared variable in the running image, and its size in bytes if size is not NULL.
 * NULL with errno ENOENT (no such name) or EINVAL (not loaded). Valid until ringlet_close. The program
 * changes it meanwhile: read single scalars with atomic loads. */
void *ringlet_shared(struct ringlet *r, const char *name, size_t *size);

/* What the program last said by progress(done, total). -ENODATA if it never did. */
int ringlet_progress(struct ringlet *r, uint64_t *done, uint64_t *total);

enum ringlet_failure_kind {
	RINGLET_FAIL_NONE = 0,
	RINGLET_FAIL_ERROR = 1,    /* a task ended with a negative result */
	RINGLET_FAIL_FAIL = 2,     /* fail(err) */
	RINGLET_FAIL_TRAP = 3,     /* out of bounds, division by zero, budget, assert, trap("...") */
	RINGLET_FAIL_SUBMIT = 4,   /* the kernel refused a submission */
	RINGLET_FAIL_DEADLOCK = 5, /* every task waits and nothing is in flight */
	RINGLET_FAIL_STOPPED = 6,  /* ringlet_stop */
};

struct ringlet_failure {
	enum ringlet_failure_kind kind;
	int error;        /* -errno */
	const char *text; /* `copy.rlt:19: write: No space left on device (task copier[3])` */
	const char *task;
	unsigned self;
	const char *op; /* the operation awaited; "" where there is none */
	const char *file;
	unsigned line, column;
	uint64_t value; /* trap: the index or size that was out of bounds */
};

/* Why the program failed; NULL if it did not. Valid until ringlet_close. */
const struct ringlet_failure *ringlet_failure(struct ringlet *r);

struct ringlet_stats {
	size_t size;        /* set by the caller to sizeof(struct ringlet_stats) */
	uint64_t run_ns;    /* spent in ringlet_run so far, CLOCK_MONOTONIC; counted when it returns */
	uint64_t submitted; /* requests, modulo 2^32 */
	uint64_t completed; /* likewise */
	uint64_t enters;   /* io_uring_enter calls */
	uint64_t logs;     /* messages delivered */
	uint64_t log_lost; /* messages for which there was no room */
};
int ringlet_stats(struct ringlet *r, struct ringlet_stats *st);

/* The text of r's last error, or of this thread's last failed ringlet_open if r is NULL. Never NULL. */
const char *ringlet_error(struct ringlet *r);

/* One thing that this kernel can or cannot do. */
struct ringlet_feature {
	const char *name;
	const char *since;  /* the kernel it came with */
	const char *how;    /* how it was probed */
	const char *blocks; /* what does not work without */
	const char *hint;   /* what to do about it */
	int status;         /* 0: present; else -errno as the probe got it */
	bool kernel_engine; /* the kernel engine needs it */
	bool user_engine;   /* the user engine needs it */
};

/* Probes this kernel as this process may use it. Returns the table and its length; it stays valid and
 * is the calling thread's own until its next call. */
const struct ringlet_feature *ringlet_probe(size_t *count);

/* Cancels what is in flight, waits until the kernel has given the memory back (a few seconds at
 * most; memory it still holds then is left mapped rather than reused), frees everything. NULL is
 * allowed. Not while ringlet_run is under way in another thread. From another thread than
 * ringlet_load's it cannot wait: with requests in flight the memory stays mapped. After a fork the child
 * may close its copy, which leaves the parent's alone. */
void ringlet_close(struct ringlet *r);

/* "0.1.0" */
const char *ringlet_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif

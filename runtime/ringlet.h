/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ringlet.h: runs compiled ring scripts (prog.bpf.o).
 *
 * Order of calls: ringlet_open, ringlet_set_* for each parameter, ringlet_connect, ringlet_load, ringlet_run,
 * ringlet_close; or ringlet_start and ringlet_join for load and run. docs/running.md has a whole program.
 *
 * Errors: functions that return int give 0 or -errno unless they say otherwise; ringlet_error() then has one
 * line of text, without a newline, that says what and which parameter; but for functions that any thread may
 * call while the program runs, whose error is all that they say. The library never prints and never exits.
 * `r` is never NULL but where that is allowed. Besides what a function lists, -ENOMEM.
 *
 * Threads: ringlet_load and ringlet_run belong to one thread (IORING_SETUP_SINGLE_ISSUER, io_uring_setup(2):
 * the kernel lets only the thread that made a ring enter it). ringlet_join, ringlet_stop, ringlet_poll,
 * ringlet_progress, ringlet_save, ringlet_stats, ringlet_shared, ringlet_post, ringlet_post_wait,
 * ringlet_post_sqe and the functions of events may be called from any thread between ringlet_load's return
 * and ringlet_close. Everything else: one thread at a time for each r; different r are independent.
 *
 * Strings and sizes: strings that the library gives are UTF-8 as in the script, NUL-terminated, and its own:
 * do not free them. Sizes are in bytes. All of it is available since 0.1.
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
struct io_uring_sqe; /* linux/io_uring.h or liburing.h */

enum ringlet_engine_kind {
	RINGLET_AUTO = 0,   /* kernel where it works, else user */
	RINGLET_KERNEL = 1, /* BPF in the ring's wait loop: struct io_uring_bpf_ops, io_uring/bpf-ops.c,
			     * Linux 7.1; CAP_BPF and CAP_PERFMON (capabilities(7)) */
	RINGLET_USER = 2,   /* native code in a plain io_uring_enter(2) loop: Linux 5.5 */
};

/* A message of the program's log("..."). All of it is valid during the call only. */
struct ringlet_log {
	const char *text; /* at most 1023 bytes; may contain NULs where the script logs such bytes */
	size_t length;
	const char *file; /* where log() stands in the script */
	unsigned line;
	const char *task; /* who said it; "" in a function that is called rather than expanded */
	unsigned self;    /* and which instance of it */
};

/* Called for each message, in order, by whichever thread is in ringlet_run or ringlet_poll (never by two at
 * once). The program waits meanwhile where ringlet_run calls. It must not call ringlet_run, ringlet_poll or
 * ringlet_close; ringlet_stop it may. */
typedef void ringlet_log_fn(void *arg, const struct ringlet_log *message);

/*
 * Called while a traced program runs, by the thread that is in ringlet_run, with what the program has
 * recorded since the last call: when some hundred awaits have ended, when the program has something else for
 * its host, and before ringlet_run returns. The program waits meanwhile. ringlet_trace_next makes awaits of
 * it, here, or later of a copy. It must not call ringlet_run or ringlet_close.
 */
typedef void ringlet_trace_fn(void *arg, struct ringlet *r, const void *records, size_t size);

/* Called once for a program that has failed or is asked to stop, before its tasks unwind, by the thread in
 * ringlet_run: for ringlet_save, which then has them where they were. The program waits meanwhile. It must
 * not call ringlet_run or ringlet_close. */
typedef void ringlet_failed_fn(void *arg, struct ringlet *r);

/* Zero it, set `size` to sizeof(struct ringlet_opts), then what you need. */
struct ringlet_opts {
	size_t size; /* so that later versions can add members */
	enum ringlet_engine_kind engine;
	unsigned rounds; /* how often a step submits and reaps before it returns to the kernel or the engine;
			  * 0: the engine's default, 16 in the kernel (which holds the ring's lock meanwhile),
			  * 1024 in user space */
	ringlet_log_fn *log; /* NULL: messages are dropped */
	void *log_arg;
	bool reuse_port; /* listening sockets of parameters share their address with others that do
			  * (SO_REUSEPORT, socket(7)): the kernel spreads connections among them */
	unsigned
		watchdog_ms; /* a program whose tasks keep each other running for so long without a request is
			      * stopped, with RINGLET_FAIL_STUCK; 0: it is not. Milliseconds of processor time
			      * of the thread in ringlet_run, but for its callbacks. Progress is a request, a
			      * completion, and what is taken of an `in` or `out` queue; and where ringlet_run
			      * gives 1, that the host has control. A thread of the library's looks */
	ringlet_trace_fn *trace; /* NULL: the program is not traced, which costs nothing */
	void *trace_arg;
	ringlet_failed_fn *failed; /* NULL: nobody is told */
	void *failed_arg;
};

/*
 * Reads a program object (runtime/manifest.h says what that is) and checks all of it: checksum first, then
 * every offset and size. opts may be NULL; members past its `size` count as zero. ringlet_open_mem copies
 * the object. No kernel object is made yet, and the file is closed again.
 *
 * Returns NULL with errno set, and the text in ringlet_error(NULL), on failure: ENOENT, EACCES and what else
 * open(2) and read(2) give; ENOEXEC not a program object, no regular file, or more than 256 MiB; EBADMSG
 * corrupt or truncated; EPROTONOSUPPORT made by an incompatible ringc; EINVAL bad options, no path or
 * memory; ENOMEM no memory. Any thread.
 */
struct ringlet *ringlet_open(const char *path, const struct ringlet_opts *opts);
struct ringlet *ringlet_open_mem(const void *object, size_t size, const struct ringlet_opts *opts);

/* Parameters, and `shared` variables. */
struct ringlet_param {
	const char *name;
	const char *type; /* u8 u16 u32 u64 s8 s16 s32 s64 bool fd, string: a u8 array of one dimension;
			   * of another array that of its elements; `struct NAME` */
	const char *kind; /* fd: read write rdwr create append dir tcp_listen, "" for a bare descriptor; else
			     "" */
	const char *help; /* may be "" */
	const char *initial; /* value if not set, as text; "" where there is none to show */
	size_t size;         /* a string needs one of them for its NUL */
	bool required;       /* it has no default: ringlet_load wants it set */
	bool set;            /* by ringlet_set_* */
	bool shared;         /* a shared variable, not a parameter */
	bool region;    /* the memory that ringlet_set_region gives: type, dims and size are of an element */
	unsigned ndims; /* a shared array: how many dimensions, */
	const uint32_t *dims; /* and these, the outermost first */
};

/* Tells of a parameter, the index-th from 0: parameters first, then shared variables, each in the script's
 * order, then the region. Of shared variables, scalars and u8 arrays of one or two dimensions can be set.
 * -ENOENT past the last. The strings live until ringlet_close (`initial`: until the next call). */
int ringlet_param(struct ringlet *r, unsigned index, struct ringlet_param *out);

/*
 * Sets a parameter, before ringlet_load, or a shared scalar or u8 array, also after it: then it is written
 * into the running image, not atomically. Setting again overwrites.
 *
 * -ENOENT no such name, or a shared variable of another shape; -EINVAL the type is another, or the text does
 * not parse; -ERANGE the value does not fit the type; -ENAMETOOLONG the string does not fit; -EBADF not an
 * open descriptor; -EBUSY parameters are constant after ringlet_load.
 *
 * ringlet_set_fd: parameters of type fd. The descriptor stays the caller's, who closes it after
 * ringlet_close. Whether it is a stream (lseek(2) says ESPIPE, or O_APPEND) is looked up by ringlet_load.
 * ringlet_set_u64 and _s64: every integer type, enums and bool. ringlet_set_bool: bool. ringlet_set_string:
 * `u8 name[N]`; the text is copied, and the rest of the array is zero.
 */
int ringlet_set_fd(struct ringlet *r, const char *name, int fd);
int ringlet_set_u64(struct ringlet *r, const char *name, uint64_t value);
int ringlet_set_s64(struct ringlet *r, const char *name, int64_t value);
int ringlet_set_bool(struct ringlet *r, const char *name, bool value);
int ringlet_set_string(struct ringlet *r, const char *name, const char *text);

/*
 * Gives a program the memory of its `region`, before ringlet_load: `size` bytes, of which it has as many
 * elements as fit. Whole pages (sysconf(3), _SC_PAGESIZE), readable and writable, at most 512 MiB; their
 * contents are the script's to see from the start. They stay the caller's, and mapped where they are until
 * ringlet_close. The script and any thread see each other's writes; their order is what atomics are for
 * (docs/language.md). Giving again overwrites.
 *
 * On the kernel engine it is the parameter region of the ring (IORING_REGISTER_MEM_REGION with
 * IORING_MEM_REGION_TYPE_USER, Linux 6.13, io_uring/register.c and memmap.c), which ringlet_load pins,
 * against RLIMIT_MEMLOCK; the step reaches it by bpf_io_uring_get_region (Linux 7.1, io_uring/bpf-ops.c). So
 * anonymous, shared or huge pages serve, and memfd_create(2)'s; of a file system with write-back the kernel
 * pins no pages for writing. The user engine uses the memory as it is.
 *
 * -ENOENT the program has no region of that name; -EINVAL no memory, not whole pages, too few for one
 * element, or too many; -EBUSY the program is loaded.
 */
int ringlet_set_region(struct ringlet *r, const char *name, void *memory, size_t size);

/*
 * Sets a parameter by text, as on the command line. A region: its size in bytes, for which the library makes
 * memory that is zero, rounded up to whole pages, and unmaps it in ringlet_close. Integers: decimal or 0x
 * hexadecimal, with K, M or G for 1024 and its powers; bool: true false yes no on off 1 0; a string: itself;
 * fd: a path opened as the parameter's kind says, `-` for standard input or output, `fd:N` for an open
 * descriptor, which stays the caller's. Paths are opened by ringlet_load with O_CLOEXEC, those that create or
 * truncate last of all, files being made with mode 0666 and the umask; the library closes them.
 *
 * A shared u8 array takes `@FILE` too, `@-` being standard input: `name[N]` the file's bytes, `name[N][M]` a
 * line in each row, without its newline; the rest is zero, at least one byte of each row. The file is read by
 * ringlet_load, or at once after it.
 *
 * Errors as of ringlet_set_u64. Of reading a file, here or by ringlet_load: -EFBIG too many bytes or lines;
 * -ENAMETOOLONG a line too long; -EINVAL one with a NUL (the text says which); what open(2) and read(2) give.
 */
int ringlet_set_arg(struct ringlet *r, const char *name, const char *text);

/*
 * Makes a program ready to run: chooses the engine, makes image and ring, opens files, loads and attaches.
 * Nothing runs yet. The thread that calls is the one that may call ringlet_run.
 *
 * RINGLET_AUTO takes the user engine where the kernel engine fails for want of a feature, a privilege or
 * memory; another failure is returned, since running elsewhere would hide it.
 *
 * After a failure everything is as before the call, and it may be called again. Files are truncated only when
 * nothing can fail any more; one that was created is removed (but not what a symbolic link points to).
 *
 * -ENODATA a required parameter, or the region, is not set; -EALREADY it is loaded; -EOPNOTSUPP the kernel
 * lacks what the engine or an operation of the program needs, or the object has no code for this machine, or
 * an operation that is for another (the text says what, since which kernel, and what to do); -EPERM no
 * privilege for the kernel engine, or for io_uring at all; -ENOMEM also for RLIMIT_MEMLOCK; -EMFILE, -ENFILE
 * no more descriptors; -EINVAL a file to write is one to read; -E2BIG more than 64 fixed arrays; -EBADMSG
 * the object's program is damaged; what opening a file gives; what the kernel said to the BPF program, which
 * is a bug of ours (the verifier's words are in ringlet_load_log).
 *
 * io_uring_setup(2); IORING_SETUP_NO_MMAP, with which the ring lies in the image, 6.5; ring_fd is taken when
 * the object is loaded (io_uring/bpf-ops.c).
 */
int ringlet_load(struct ringlet *r);

/* What the kernel's verifier said in the last ringlet_load, lines with newlines; "" where it refused nothing,
 * as always on the user engine alone. Valid until the next load or close. */
const char *ringlet_load_log(struct ringlet *r);

/* The engine in use, "kernel" or "user", NULL before ringlet_load. *why, if why is not NULL: why RINGLET_AUTO
 * did not take the kernel engine, "" otherwise; valid until the next load or close. */
const char *ringlet_engine(struct ringlet *r, const char **why);

/*
 * Runs the program until it ends. Signals do not end it: their handlers run, and it goes on. 0: finished. 1:
 * a task said `yield`: run it again, and it goes on where it was.
 *
 * Otherwise the program's error, -errno, with ringlet_failure() saying what and where: what a task ended
 * with or fail() said (-EIO for fail() of a number that is no negative errno); -EFAULT a trap; -EDEADLK every
 * task waits for another; -ECANCELED stopped by ringlet_stop; -ETIME no progress (ringlet_opts.watchdog_ms);
 * what the kernel said to a submission with nothing in flight. A program that has ended is not run again.
 *
 * Or, without a failure record: -EINVAL not loaded; -EALREADY it has ended before; -EEXIST another thread (or
 * process, after a fork) than the one that called ringlet_load; -EIO the program was detached from its ring;
 * what io_uring_enter(2) says.
 */
int ringlet_run(struct ringlet *r);

/*
 * Loads the program and runs it, in a thread of the library's, in which all signals are blocked; returns when
 * it is loaded. In the place of ringlet_load and ringlet_run: what else is called, and from which thread, is
 * as if another thread were in ringlet_run. A `yield` goes on at once. What ringlet_load gives, with
 * ringlet_load_log; or what pthread_create(3) says. After a failure everything is as before the call.
 */
int ringlet_start(struct ringlet *r);

/*
 * Does of ringlet_start what can fail: loads the program in a thread of the library's. It runs when
 * ringlet_start is called, which gives 0 then. So several programs can all be loaded before any runs; files
 * that a program has made are removed again if it is closed without having run. Errors as of ringlet_start,
 * and -EALREADY it is loaded.
 */
int ringlet_prepare(struct ringlet *r);

/*
 * Waits until a started program has ended, for timeout_ms milliseconds at most; 0: not at all, -1: for as
 * long as it takes. What ringlet_run gave, each time again; 1 if the program still runs. -EINVAL it was not
 * started, or is only prepared; -EEXIST this process was forked from the one that started it. Any thread,
 * several at once; a cancellation point (pthreads(7)).
 */
int ringlet_join(struct ringlet *r, int timeout_ms);

/*
 * Asks the program to stop. First call: every await gives -ECANCELED and tasks unwind through their defers,
 * whose own awaits run as ever. Second call: it ends at once. Further ones do nothing.
 *
 * Async-signal-safe, any thread, never blocks: a few stores and one system call. A program that sleeps is
 * woken: IORING_REGISTER_SEND_MSG_RING, io_uring_register(2), 6.13; before that IORING_OP_MSG_RING from a
 * ring of the library's own, 5.18; before that an eventfd. Requests that are in flight are cancelled by
 * IORING_REGISTER_SYNC_CANCEL, 6.0; before that they run to their end. 0, or -EINVAL not loaded, or -EEXIST
 * this process was forked from the one that loaded it: a handler that the child has inherited stops nothing.
 * It must have returned before ringlet_close is called.
 */
int ringlet_stop(struct ringlet *r);

/* Delivers pending log messages to ringlet_opts.log. For a thread that wants them while ringlet_run is under
 * way, which itself looks when it comes back from the kernel. Any thread. Returns how many; 0 at once if
 * another thread is at it, if not loaded, or after a fork in the child. */
int ringlet_poll(struct ringlet *r);

/* An await of a traced program that has ended. The strings are valid until ringlet_close. */
struct ringlet_trace {
	const char *task; /* whose: a task, or the function that an arm of `select` awaits; */
	unsigned self;    /* and which instance of it */
	const char *op;   /* what it waited for: an operation, or as in a failure's `what` */
	const char *file; /* where that stands in the script */
	unsigned line, column;
	uint64_t begun_ns; /* CLOCK_MONOTONIC: when the instance came to it, and */
	uint64_t ended_ns; /* when it went on; both as of when the step was entered or last submitted
			    * requests: what a script computes is in the time of the await after it */
};

/*
 * Makes awaits of what ringlet_opts.trace was called with, or of copies (memcpy(3)): *records, *size bytes.
 * What a program has recorded is given here in its order, all of it and each once: an await may begin in one
 * call's records and end in another's. Between ringlet_load and ringlet_close, any thread, one at a time for
 * each r.
 *
 * 1: *await is the next that has ended, and *records and *size are what is left. 0: there are no more in it.
 */
int ringlet_trace_next(struct ringlet *r, const void **records, size_t *size, struct ringlet_trace *await);

/* The address of a shared variable in the running image, and its size if size is not NULL: scalars and
 * structs as C lays them out, little-endian, arrays without gaps. NULL with errno ENOENT (no such name) or
 * EINVAL (not loaded). Valid until ringlet_close. The program changes it meanwhile: read single scalars with
 * atomic loads; an acquiring one pairs with atomic_store(x, v, release) of the script. Any thread. */
void *ringlet_shared(struct ringlet *r, const char *name, size_t *size);

/* What the program last said by progress(done, total), in units of its own; total 0: unknown. The two may be
 * of different calls. -ENODATA if it said nothing but zeros; -EINVAL not loaded. Any thread. */
int ringlet_progress(struct ringlet *r, uint64_t *done, uint64_t *total);

/* Writes a core to fd, where that stands: the program's object and its image as they are, all that it keeps
 * but a region; `ringlet inspect FILE` says what the program did. While it runs, parts of it are of different
 * moments: ringlet_opts.failed is called at one where it does not. Pages that are zero are left out of a
 * regular file. -EINVAL not loaded; what write(2) gives. Any thread. */
int ringlet_save(struct ringlet *r, int fd);

enum ringlet_failure_kind {
	RINGLET_FAIL_NONE = 0,
	RINGLET_FAIL_ERROR = 1,    /* a task ended with a negative result */
	RINGLET_FAIL_FAIL = 2,     /* fail(err) */
	RINGLET_FAIL_TRAP = 3,     /* out of bounds, division by zero, budget, assert, trap("...") */
	RINGLET_FAIL_SUBMIT = 4,   /* the kernel refused a submission */
	RINGLET_FAIL_DEADLOCK = 5, /* every task waits and nothing is in flight */
	RINGLET_FAIL_STOPPED = 6,  /* ringlet_stop */
	RINGLET_FAIL_STUCK = 7,    /* ringlet_opts.watchdog_ms: no progress for so long */
};

struct ringlet_failure {
	enum ringlet_failure_kind kind;
	int error;             /* -errno; a trap: 0 */
	const char *text;      /* `copy.rlt:19: write: No space left on device (task copier[3])` */
	const char *task;      /* "" where it is the program's as a whole */
	unsigned self;         /* its instance */
	const char *op;        /* the operation awaited last; "" where there is none */
	const char *file;      /* as in the script's imports; "" where there is no place */
	unsigned line, column; /* from 1; 0: no place */
	uint64_t value;        /* trap: the index or size that was out of bounds, else 0 */
};

/* Why the program failed; NULL if it did not, or has not ended. The first failure is kept: what tasks end
 * with that unwind because of it is none. Valid until ringlet_close. */
const struct ringlet_failure *ringlet_failure(struct ringlet *r);

/*
 * Posts a completion to an `in` queue of the script, `index` being which of an array (0 for one). Any thread,
 * between ringlet_load and ringlet_close; posts of one thread arrive in order.
 *
 * -EAGAIN the queue is full: nothing was posted, try again when the script has taken some; -ENOENT no such
 * queue; -ESHUTDOWN the program has ended; -EINVAL there is such a queue, and the program is not loaded;
 * -EEXIST this process was forked from the one that loaded it.
 */
int ringlet_post(struct ringlet *r, const char *queue, unsigned index, uint64_t user_data, int32_t res);

/*
 * Posts and waits for room: as ringlet_post does, but where the queue is full it waits until the script has
 * taken something, for timeout_ms milliseconds at most; 0: not at all, -1: as long as the program runs. It
 * waits on a condition variable (a cancellation point, pthreads(7)), which the thread in ringlet_run signals:
 * so that thread itself must not wait here. Any thread, several at once too, in no order among themselves.
 *
 * -EAGAIN full for all that time; the others as of ringlet_post, -ESHUTDOWN also where the program ends
 * meanwhile.
 */
int ringlet_post_wait(struct ringlet *r, const char *queue, unsigned index, uint64_t user_data, int32_t res,
	int timeout_ms);

/*
 * Posts by a message of the host's io_uring: as ringlet_post does for a host that has one, which wakes the
 * program by a message from there instead of a system call of the library's: IORING_OP_MSG_RING
 * (io_uring/msg_ring.c, 5.18). The completion is in the queue when this returns, or refused as above; only
 * the waking is left to the message. Any thread.
 *
 * 0: posted, and the program is awake: *sqe is as it was. 1: posted, and *sqe is filled in: submit it to any
 * ring of this process, before ringlet_close; its user_data and flags (IOSQE_CQE_SKIP_SUCCESS) are the
 * caller's to set. A message that is sent late, twice or never does no harm but that the program sleeps until
 * the next post wakes it. Its own completion is 0 or -errno; after an error submit it again.
 *
 * -EAGAIN, -ENOENT, -ESHUTDOWN, -EINVAL and -EEXIST as for ringlet_post; -EOPNOTSUPP this kernel has no such
 * operation.
 *
 * Nothing but that message should be sent to the ring of a program. One with a user_data that no request has
 * is dropped; but completions are how the kernel tells a program what became of its requests, and a forged
 * one with a request's user_data is believed. The descriptor in *sqe is therefore not to be given to others.
 */
int ringlet_post_sqe(struct ringlet *r, const char *queue, unsigned index, uint64_t user_data, int32_t res,
	struct io_uring_sqe *sqe);

/* A completion that the script emitted to an `out` queue. */
struct ringlet_event {
	const char *queue; /* its name, valid until ringlet_close */
	unsigned index;    /* which of an array */
	uint64_t user_data;
	int32_t res;
	uint32_t flags;
};

/*
 * Takes the next event of a queue, or of any (NULL), waiting for timeout_ms milliseconds at most; 0: not at
 * all, -1: as long as the program runs. Any thread, several at once too; each event is taken once, and events
 * of one queue in their order. What is there when the program ends can still be taken, until ringlet_close. A
 * cancellation point (pthreads(7)).
 *
 * -EAGAIN none in that time; -ESHUTDOWN none, and the program has ended; -ENOENT no such queue; -EINVAL not
 * loaded; -EEXIST this process was forked from the one that loaded it.
 */
int ringlet_next_event(struct ringlet *r, const char *queue, struct ringlet_event *out, int timeout_ms);

/* Gives a descriptor to poll(2). Returns it, readable after ringlet_next_event has said -EAGAIN and an event
 * came, or the program ended. It belongs to r: do not read or close it. -ENOENT the script has no `out`
 * queue; -EINVAL not loaded; -EEXIST this process was forked from the one that loaded it. */
int ringlet_event_fd(struct ringlet *r);

/*
 * Announces events of an `out` queue, or of all (NULL), in an io_uring of the host's: a completion there,
 * with this user_data, says that there are some, `res` being how many; ringlet_next_event takes them, with
 * timeout_ms 0, until it says -EAGAIN. Then the next event is announced, not before: one completion for any
 * number of events, each of which keeps its room in the queue until it is taken. (They may have been taken
 * when it is seen.) When ringlet_run returns with the program ended one more comes, with `res` 0 if nothing
 * is left to take.
 *
 * The library keeps a copy of the descriptor (dup(2)) until ringlet_close; the ring must be enabled
 * (IORING_SETUP_R_DISABLED) before ringlet_run. Every kind of ring will do: IORING_SETUP_CQE32, _IOPOLL,
 * _SQPOLL, _DEFER_TASKRUN and _SINGLE_ISSUER, of whatever thread. A completion queue that is full overflows
 * in the kernel as for any completion, and loses nothing. If the kernel cannot post (no memory) it is tried
 * again with the next event. ring_fd -1 ends it. Any time between ringlet_open and ringlet_close, any thread.
 *
 * IORING_REGISTER_SEND_MSG_RING (io_uring/msg_ring.c, 6.13); before that IORING_OP_MSG_RING from a ring of
 * the library's own, 5.18.
 *
 * -ENOENT no such queue; -EBADF not an open descriptor; -EINVAL not an io_uring; -EOPNOTSUPP this kernel has
 * no messages; -EMFILE no descriptor is left; -EEXIST this process was forked from the one that loaded it.
 */
int ringlet_set_event_ring(struct ringlet *r, const char *queue, int ring_fd, uint64_t user_data);

/*
 * Has an `out` queue of one program lead to an `in` queue of another (out_index and in_index: which of an
 * array, 0 for one): what the one emits the other is given, each once and in order. No thread stands between:
 * whichever program is awake carries them, in ringlet_run, from image to image. Where the `in` queue is full
 * they stay in the `out` queue, and where that is full too `emit` says so. Several `out` queues may lead to
 * one `in` queue, and the host may post to it too; its own ringlet_next_event, and rings of
 * ringlet_set_event_ring, see nothing of an `out` queue that is connected. The engines may be different ones.
 *
 * Before either is loaded; one thread at a time for both. Each is then loaded, run and closed as ever, in
 * threads and an order of the caller's: what is emitted to a program that is not loaded yet waits in the
 * `out` queue, and what has been emitted is still carried when the sender has ended, until it is closed. So
 * close the receiver first, or when it has ended. To a program that has ended or is closed nothing is
 * carried: `emit` fails when the queue is full, and `await room` of it gives -EPIPE.
 *
 * -ENOENT no such queue; -EALREADY the `out` queue is connected; -EBUSY one of the programs is loaded;
 * -EINVAL they are the same. ringlet_error(from) has the text.
 */
int ringlet_connect(struct ringlet *from, const char *out, unsigned out_index, struct ringlet *to,
	const char *in, unsigned in_index);

/*
 * Has a program take over from another. r is opened and not loaded; it is loaded here while the old one still
 * runs, and started, as by ringlet_start, when the old one has ended. That is asked to stop, as by
 * ringlet_stop: tasks leave through their defers, for timeout_ms milliseconds at most (-1: for as long as it
 * takes), and then it ends at once. One that has ended by itself is replaced too.
 *
 * Where the old one was not started by ringlet_start, the thread that runs it replaces it: between two calls
 * of ringlet_run, after a `yield`, or when it has ended. Then it is run to its end here, and r is loaded and
 * left to that thread, to be run by ringlet_run.
 *
 * By name the new one has of the old: the values of parameters that were set there, descriptors as copies
 * (dup(2)) of its own; the region, whose memory stays where it is; the contents of shared variables; what was
 * posted to `in` queues and not taken, and what was emitted to `out` queues and not taken, in order; rings of
 * ringlet_set_event_ring, and connections (ringlet_connect). What the host has set for the new one stays so.
 * A descriptor that is a number in a shared variable is open as before, since the process is the same.
 * Private variables, tables, tasks and slots of direct descriptors are not carried over; nor is what the new
 * one has not.
 *
 * From then on ringlet_post, _post_wait, _post_sqe, ringlet_next_event, ringlet_set_event_ring and
 * ringlet_stop with the old program are for the new one, so threads may go on with either; meanwhile
 * ringlet_post may say -EAGAIN, and ringlet_post_wait waits. ringlet_event_fd of the new one is what that of
 * the old was. Everything else of the old is of a program that was stopped (-ECANCELED): close it before the
 * new one, when no thread uses it. One thread at a time, and not in a ringlet_log_fn; no other thread uses r
 * before this returns.
 *
 * 0: replaced. Otherwise the old one runs on untouched, with the text in ringlet_error(r), and r may be given
 * again: -EINVAL the old one is not loaded, or another thread's, or of a group, or a parameter, shared
 * variable, region or queue is not as in the old one, where a smaller queue is refused too; -ENODATA a
 * required parameter is set in neither; -ENOENT a queue that is connected is gone; -EALREADY r is loaded, or
 * old has been replaced; -ECANCELED ringlet_stop was called; -EEXIST this process was forked from the one
 * that loaded it; what ringlet_start gives, with ringlet_load_log(r).
 */
int ringlet_replace(struct ringlet *old, struct ringlet *r, int timeout_ms);

struct ringlet_stats {
	size_t size;        /* set by the caller to sizeof(struct ringlet_stats); then what was filled in */
	uint64_t run_ns;    /* spent in ringlet_run so far, CLOCK_MONOTONIC; counted when it returns */
	uint64_t submitted; /* requests, modulo 2^32 */
	uint64_t completed; /* likewise */
	uint64_t enters;    /* io_uring_enter calls; counted when ringlet_run returns */
	uint64_t logs;      /* messages taken from the program, to ringlet_opts.log if there is one */
	uint64_t log_lost;  /* messages for which there was no room */
};
/* Counters of a loaded program, also after it has ended. -EINVAL not loaded, or st->size too small for
 * itself. Any thread; members are read one by one. */
int ringlet_stats(struct ringlet *r, struct ringlet_stats *st);

/*
 * A group: one script on several rings, each with a thread of the library's on a processor of its own. Each
 * is a program like any other, by ringlet_group_at: parameters are set for each, queues and shared variables
 * are each one's own. What all are to see is a region, for which each is given the same memory.
 *
 * One thread at a time for a group, but for ringlet_group_at, _size, _stop, _join and _stats: any, between
 * ringlet_group_start's return and ringlet_group_close.
 */
struct ringlet_group;
#define RINGLET_GROUP_MAX 1024u

/* Opens the program n times; 0: as often as there are processors that this thread may run on
 * (sched_getaffinity(2)), on which the rings are placed in turn. `reuse_port` is set for all. Otherwise as
 * ringlet_open; EINVAL also for more than RINGLET_GROUP_MAX. */
struct ringlet_group *ringlet_group_open(const char *path, unsigned n, const struct ringlet_opts *opts);

/* How many rings there are. */
unsigned ringlet_group_size(const struct ringlet_group *g);

/* The i-th ring's program, i from 0. NULL: there are not so many. */
struct ringlet *ringlet_group_at(struct ringlet_group *g, unsigned i);

/* Loads all and runs them; or none, with the error of the one that could not be loaded, and everything as
 * before the call. -EALREADY it is started. */
int ringlet_group_start(struct ringlet_group *g);

/* Has each program of a group take over from one of another group, as ringlet_replace does, the i-th from the
 * i-th: all are loaded or none is, with the error of the one that could not be, and everything as before the
 * call; then one takes over after the other, each in timeout_ms, while the rest serve. The old group has
 * ended then: close it first. -EALREADY g is started; -EINVAL the old one is not, or has another number of
 * rings; what ringlet_replace gives. */
int ringlet_group_replace(struct ringlet_group *old, struct ringlet_group *g, int timeout_ms);

/* Waits until all have ended, as ringlet_join does for one: 1 if some still run. Where one ended with an
 * error the others are stopped, and that error is what this gives; else 0. -EINVAL not started. */
int ringlet_group_join(struct ringlet_group *g, int timeout_ms);

/* Asks each program to stop, as ringlet_stop does. */
int ringlet_group_stop(struct ringlet_group *g);

/* The sums of the counters of all; ringlet_stats has those of one. */
int ringlet_group_stats(struct ringlet_group *g, struct ringlet_stats *st);

/* The error's text of the program that could not be loaded, or that ended with an error first. "" if there is
 * none. Valid until ringlet_group_close, or the next start. */
const char *ringlet_group_error(struct ringlet_group *g);

/* Closes a group: ends what runs and closes each, as ringlet_close does. NULL is allowed. */
void ringlet_group_close(struct ringlet_group *g);

/* The text of the last error of r, or of this thread's last failed ringlet_open if r is NULL. Never NULL; ""
 * if there was none. Valid until the next call that fails, with that r or of that thread. */
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

/* Probes this kernel as this process may use it, by doing: rings and a map are made and closed again, a few
 * milliseconds. Returns the table (docs/running.md has it) and its length, if count is not NULL; it stays
 * valid and is the calling thread's own until its next call. Any thread. */
const struct ringlet_feature *ringlet_probe(size_t *count);

/* Closes a program: cancels what is in flight (IORING_REGISTER_SYNC_CANCEL, io_uring_register(2), 6.0),
 * waits until the kernel has given the memory back (five seconds at most; memory it still holds then is left
 * mapped rather than reused), detaches, frees everything, closes the files that the library opened. NULL is
 * allowed. Not while ringlet_run is under way in another thread; a program that was started is ended at once,
 * as by a second ringlet_stop, and its thread with it, from whichever thread. From another thread than
 * ringlet_load's it cannot wait: with requests in flight the memory stays mapped. After a fork the child may
 * close its copy, which leaves the parent's alone. */
void ringlet_close(struct ringlet *r);

/* The version of the library that is linked: what RINGLET_VERSION was there, "0.1.0". Any thread. */
const char *ringlet_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif

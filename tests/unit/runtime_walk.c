/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * runtime_walk.c: what a program does is read out of its memory and out of cores: whatever is in those, it is
 * told or refused.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "foreign.h"
#include "runner.h"
#include "walk.h"

/* ---- the script walk.rlt, when all its tasks wait ---- */

static int peers[2]; /* what the program receives from, and its other end */

static struct ringlet *opened(const struct ringlet_opts *opts)
{
	struct ringlet *r = ringlet_open(built("tests/unit/walk.bpf.o"), opts);

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, peers), 0);
	ck_assert_int_eq(ringlet_set_fd(r, "peer", peers[0]), 0);
	return r;
}

static void closed(struct ringlet *r)
{
	ringlet_close(r);
	close(peers[0]);
	close(peers[1]);
}

static struct runner waiting(enum ringlet_engine_kind engine)
{
	const struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};

	return (struct runner){.r = opened(&opts)};
}

static void told(struct runner *u, uint64_t what)
{
	struct ringlet_event e;

	ck_assert_int_eq(ringlet_next_event(u->r, "told", &e, 100000), 0);
	ck_assert_uint_eq(e.user_data, what);
}

static void begin_waiting(struct runner *u)
{
	begin(u);
	told(u, 7);
}

static void end_waiting(struct runner *u)
{
	ringlet_stop(u->r);
	joined(u, -ECANCELED);
	closed(u->r);
}

static void take(void *arg, pid_t pid, int fd)
{
	struct rl_foreign *f = arg;
	char text[512] = "";
	struct rl_why why = {text, sizeof(text)};

	ck_assert_msg(rl_foreign_open(f, fd, pid, &why) == 0, "%s", text);
}

static void drop(void *arg, pid_t pid, int fd)
{
	(void)arg;
	(void)pid;
	close(fd);
}

static struct rl_foreign seen(void)
{
	struct rl_foreign f;
	char text[512] = "";
	struct rl_why why = {text, sizeof(text)};

	ck_assert_int_eq(rl_foreign_find(getpid(), take, &f), 1);
	/* The step may still be on its way to sleep when its event is there. */
	do
		ck_assert_msg(rl_foreign_read(&f, false, &why) == 0, "%s", text);
	while (f.moved);
	return f;
}

static void says(const struct rl_walk *w, const struct rl_instance *i, char *out, size_t size)
{
	struct rl_waited what;
	uint32_t n = 0;
	size_t at = (size_t)snprintf(out, size, "%s[%u] %s:%u", w->o->tasks[i->task].name, i->self,
		i->at ? i->at->op : "?", i->at ? i->at->line : 0);

	while (rl_walk_waited(w, i, &n, &what))
		at += (size_t)snprintf(
			out + at, size - at, " %d %s[%u] %u", what.kind, what.name, what.index, what.want);
}

static const char *const expected[] = {
	"taker[0] await mine[which]:10 0 mine[0] 0",
	"taker[1] await mine[which]:10 0 mine[0] 0",
	"signaled[0] signal:11 2 flag[0] 0",
	"many[0] wait(numbers):12 0 numbers[0] 3",
	"holder[0] recv_multishot:16 3 [0] 0",
	"chooser[0] select:22 0 several[0] 1 0 mine[1] 1",
	"last[0] timeout:30",
	"main[0] await all last:44 1 last[0] 0",
};

/* How far apart the clocks of the engines may be. */
#define CLOSE_NS 1000000000u

static void each_instance_is_told(enum ringlet_engine_kind engine)
{
	struct runner u = waiting(engine);
	unsigned seen_so_far = 0, sleepers = 0;
	struct rl_instance i;
	struct rl_foreign f;
	struct rl_sight s;
	struct rl_walk w;

	begin_waiting(&u);
	f = seen();
	ck_assert_str_eq(f.name, "walk");
	ck_assert_int_eq(f.core.engine, engine);
	ck_assert_int_eq(rl_walk_begin(&w, &f.object, f.image), 0);
	rl_walk_look(&w, &s);
	ck_assert_int_eq(s.doing, RL_DOES_RUN);
	ck_assert_uint_eq(s.in_flight, 22);
	ck_assert_uint_eq(s.live, 28);
	ck_assert_uint_eq(s.isolated, 1);
	ck_assert_uint_eq(s.progress_done, 3);
	ck_assert_uint_eq(s.progress_total, 4);
	while (rl_walk_next(&w, &i)) {
		char text[300];

		says(&w, &i, text, sizeof(text));
		ck_assert_uint_lt(i.since_ns, f.read_ns + CLOSE_NS);
		ck_assert_uint_gt(i.since_ns + CLOSE_NS, f.core.loaded_ns);
		if (strncmp(text, "sleeper", 7) == 0) {
			ck_assert_str_eq(i.at->op, "timeout");
			sleepers++;
			continue;
		}
		ck_assert_uint_lt(seen_so_far, sizeof(expected) / sizeof(expected[0]));
		ck_assert_str_eq(text, expected[seen_so_far++]);
	}
	ck_assert_uint_eq(seen_so_far, sizeof(expected) / sizeof(expected[0]));
	ck_assert_uint_eq(sleepers, 20);
	rl_walk_end(&w);
	rl_foreign_close(&f);
	end_waiting(&u);
}

static void queues_say_who_waits(enum ringlet_engine_kind engine)
{
	struct runner u = waiting(engine);
	struct rl_queue_sight q;
	struct rl_foreign f;
	struct rl_walk w;

	begin_waiting(&u);
	ck_assert_int_eq(ringlet_post(u.r, "numbers", 0, 1, 0), 0);
	f = seen();
	ck_assert_int_eq(rl_walk_begin(&w, &f.object, f.image), 0);
	for (uint32_t i = 0; i < f.object.nqueues; i++) {
		const struct rl_queues *d = &f.object.queues[i];
		bool numbers = strcmp(d->name, "numbers") == 0, mine = strcmp(d->name, "mine") == 0;

		rl_walk_queue(&w, d, 0, &q);
		ck_assert_uint_eq(q.length, numbers);
		ck_assert_uint_eq(q.waiters, mine ? 2 : strcmp(d->name, "told") != 0);
		ck_assert_uint_eq(q.shown, q.waiters);
		ck_assert(!numbers || strcmp(f.object.tasks[q.waiter[0].task].name, "many") == 0);
	}
	rl_walk_end(&w);
	rl_foreign_close(&f);
	end_waiting(&u);
}

static void buffers_that_are_out_are_counted(enum ringlet_engine_kind engine)
{
	struct runner u = waiting(engine);
	struct rl_foreign f;
	struct rl_walk w;

	begin_waiting(&u);
	ck_assert_int_eq(write(peers[1], "x", 1), 1);
	told(&u, 8);
	f = seen();
	ck_assert_int_eq(rl_walk_begin(&w, &f.object, f.image), 0);
	ck_assert_uint_eq(f.object.npools, 1);
	ck_assert_uint_eq(rl_walk_buffers_out(&w, f.object.pools[0].control, 16), 1);
	rl_walk_end(&w);
	rl_foreign_close(&f);
	end_waiting(&u);
}

/* As where its other descriptors are: a child has a copy, and no program. */
static void it_is_known_from_load_to_close_and_not_in_a_child(enum ringlet_engine_kind engine)
{
	struct ringlet *r = waiting(engine).r;
	pid_t child;

	ck_assert_int_eq(rl_foreign_find(getpid(), drop, NULL), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s", ringlet_error(r));
	ck_assert_int_eq(rl_foreign_find(getpid(), drop, NULL), 1);
	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	ck_assert_int_eq(rl_foreign_find(child, drop, NULL), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	ck_assert_int_eq(rl_foreign_find(child, drop, NULL), -ESRCH);
	closed(r);
	ck_assert_int_eq(rl_foreign_find(getpid(), drop, NULL), 0);
}

/* ---- whatever is there ---- */

static uint64_t state = 88172645463325252u;

static uint64_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static const uint64_t values[] = {0, 1, 0x7fffffff, 0x80000000, UINT32_MAX, 1ull << 32, INT64_MAX, 1ull << 63,
	UINT64_MAX, UINT64_MAX - 4095, RL_WAIT_LIST | 3};
#define NVALUES (sizeof(values) / sizeof(values[0]))

/* All that there is to see: how many things, so that the compiler leaves nothing out. */
static unsigned see_all(const struct rl_object *o, const unsigned char *image)
{
	struct rl_queue_sight q;
	struct rl_instance i;
	struct rl_sight s;
	struct rl_walk w;
	unsigned n = 0;

	ck_assert_int_eq(rl_walk_begin(&w, o, image), 0);
	rl_walk_look(&w, &s);
	ck_assert_uint_le(strlen(s.failure), sizeof(s.failure) - 1);
	while (rl_walk_next(&w, &i)) {
		struct rl_waited what;
		uint32_t k = 0;

		ck_assert_uint_lt(i.task, o->ntasks);
		ck_assert_uint_lt(i.self, o->tasks[i.task].count);
		while (rl_walk_waited(&w, &i, &k, &what))
			n += (unsigned)strlen(what.name);
		n++;
	}
	for (uint32_t d = 0; d < o->nqueues; d++)
		for (uint32_t k = 0; k < o->queues[d].n; k++) {
			rl_walk_queue(&w, &o->queues[d], k, &q);
			ck_assert_uint_le(q.length, o->queues[d].entries);
			n += q.shown;
		}
	for (uint32_t p = 0; p < o->npools; p++)
		n += rl_walk_buffers_out(&w, o->pools[p].control, o->pools[p].n);
	for (uint32_t p = 0; p < o->nzcrx; p++)
		n += rl_walk_buffers_out(&w, o->zcrx[p].b.control, o->zcrx[p].b.n);
	rl_walk_end(&w);
	return n;
}

static int turns(int most)
{
	const char *ringc = getenv("RINGC");

	return ringc && !*ringc ? most / 20 : most; /* a guest is slow */
}

START_TEST(no_image_is_trusted)
{
	struct runner u = waiting(RINGLET_USER);
	unsigned char *image, *hurt;
	struct rl_foreign f;
	size_t size, front;

	begin_waiting(&u);
	f = seen();
	end_waiting(&u);
	/* Of their own and exactly so large, so that a sanitizer sees a read past the end. */
	size = f.object.image.size;
	front = f.object.image.ring + RL_RING_HEADER;
	image = aligned_alloc(RL_PAGE, size);
	hurt = aligned_alloc(RL_PAGE, size);
	memcpy(image, f.image, size);
	ck_assert_uint_gt(see_all(&f.object, image), 27);
	for (int turn = 0; turn < turns(20000); turn++) {
		int n = 1 + (int)(any() % 20);

		memcpy(hurt, image, size);
		for (int k = 0; k < n; k++) {
			/* Half of them where the program as a whole is. */
			size_t at = (any() % (any() % 2 ? 0x140 : front)) & ~3ull;
			uint32_t v = any() % 4 ? (uint32_t)values[any() % NVALUES] : (uint32_t)any();

			memcpy(hurt + at, &v, sizeof(v));
		}
		see_all(&f.object, hurt);
	}
	free(image);
	free(hurt);
	rl_foreign_close(&f);
}
END_TEST

/* A core of the program in a file of its own. */
static int core(struct ringlet *r)
{
	int fd = memfd_create("core", MFD_CLOEXEC);

	ck_assert_int_eq(ringlet_save(r, fd), 0);
	return fd;
}

/* 0: refused, with a reason. */
static unsigned see_file(int file)
{
	char text[512] = "";
	struct rl_why why = {text, sizeof(text)};
	struct rl_foreign f;
	unsigned n = 0;

	if (rl_foreign_open(&f, dup(file), 0, &why) == 0) {
		if (rl_foreign_read(&f, false, &why) == 0)
			n = 1 + see_all(&f.object, f.image);
		rl_foreign_close(&f);
	}
	ck_assert_msg(n || *text, "refused without a reason");
	return n;
}

static struct rl_core put(int fd, const struct rl_core *c)
{
	ck_assert_int_eq(pwrite(fd, c, sizeof(*c), 0), sizeof(*c));
	return *c;
}

START_TEST(no_core_is_trusted)
{
	struct runner u = waiting(RINGLET_USER);
	struct bytes object;
	struct rl_core c;
	unsigned refused = 0;
	off_t size;
	int fd;

	begin_waiting(&u);
	fd = core(u.r);
	end_waiting(&u);
	ck_assert_int_eq(pread(fd, &c, sizeof(c), 0), sizeof(c));
	ck_assert_uint_gt(see_file(fd), 27);

	for (size_t at = 0; at < sizeof(c); at += 4)
		for (size_t v = 0; v < NVALUES; v++) {
			struct rl_core hurt = c;

			memcpy((char *)&hurt + at, &values[v], at + 8 <= sizeof(c) && v % 2 ? 8 : 4);
			put(fd, &hurt);
			refused += !see_file(fd);
		}
	ck_assert_uint_gt(refused, 100);
	put(fd, &c);

	object.n = c.object_size;
	object.at = malloc(object.n);
	ck_assert_int_eq(pread(fd, object.at, object.n, sizeof(c)), (ssize_t)object.n);
	for (int turn = 0; turn < turns(4000); turn++) {
		size_t at = any() % (object.n - sizeof(struct rl_trailer));
		unsigned char old = object.at[at];

		/* Digits make other numbers, of which more are taken. */
		object.at[at] =
			old >= '0' && old <= '9' ? (unsigned char)('0' + any() % 10) : (unsigned char)any();
		seal(object);
		ck_assert_int_eq(pwrite(fd, object.at, object.n, sizeof(c)), (ssize_t)object.n);
		see_file(fd);
		object.at[at] = old;
	}
	seal(object);
	ck_assert_int_eq(pwrite(fd, object.at, object.n, sizeof(c)), (ssize_t)object.n);
	ck_assert_uint_gt(see_file(fd), 27);
	free(object.at);

	size = lseek(fd, 0, SEEK_END);
	for (off_t n = size - 1; n >= 0; n -= n > 8192 ? 4001 : 97) {
		ck_assert_int_eq(ftruncate(fd, n), 0);
		ck_assert_uint_eq(see_file(fd), 0);
	}
	close(fd);
}
END_TEST

/* ---- ringlet_save and ringlet_opts.failed ---- */

static int saved_fd;
static unsigned told_of_failure;

static void save_failed(void *arg, struct ringlet *r)
{
	told_of_failure++;
	ck_assert_ptr_eq(arg, &saved_fd);
	saved_fd = core(r);
}

/* Of tasks that unwind afterwards, and of one that stopped where it was. */
static void a_core_has_the_tasks_where_they_were(enum ringlet_engine_kind engine)
{
	struct ringlet_opts opts = {
		.size = sizeof(opts), .engine = engine, .failed = save_failed, .failed_arg = &saved_fd};
	char text[512] = "";
	struct rl_why why = {text, sizeof(text)};
	struct runner u = {.r = opened(&opts)};
	struct rl_instance i;
	struct rl_foreign f;
	struct rl_walk w;
	unsigned n = 0;

	ck_assert_int_eq(ringlet_save(u.r, 0), -EINVAL);
	told_of_failure = 0;
	begin_waiting(&u);
	ringlet_stop(u.r);
	joined(&u, -ECANCELED);
	ck_assert_uint_eq(told_of_failure, 1);
	ck_assert_msg(rl_foreign_open(&f, saved_fd, 0, &why) == 0, "%s", text);
	ck_assert_msg(rl_foreign_read(&f, false, &why) == 0, "%s", text);
	ck_assert_int_eq(rl_walk_begin(&w, &f.object, f.image), 0);
	while (rl_walk_next(&w, &i))
		n++;
	ck_assert_uint_eq(n, 28);
	rl_walk_end(&w);
	rl_foreign_close(&f);
	closed(u.r);
}

START_TEST(what_cannot_be_written_is_an_error)
{
	struct ringlet *r = waiting(RINGLET_USER).r;
	int fd = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(ringlet_load(r), 0);
	ck_assert_int_eq(ringlet_save(r, fd), -ENOSPC);
	ck_assert_int_eq(ringlet_save(r, -1), -EBADF);
	close(fd);
	closed(r);
}
END_TEST

#define OF_ENGINES(name)                                                                                     \
	START_TEST(name##_test)                                                                              \
	{                                                                                                    \
		for_engines(name);                                                                           \
	}                                                                                                    \
	END_TEST

OF_ENGINES(each_instance_is_told)
OF_ENGINES(queues_say_who_waits)
OF_ENGINES(buffers_that_are_out_are_counted)
OF_ENGINES(it_is_known_from_load_to_close_and_not_in_a_child)
OF_ENGINES(a_core_has_the_tasks_where_they_were)

static void add(TCase *t)
{
	tcase_add_test(t, each_instance_is_told_test);
	tcase_add_test(t, queues_say_who_waits_test);
	tcase_add_test(t, buffers_that_are_out_are_counted_test);
	tcase_add_test(t, it_is_known_from_load_to_close_and_not_in_a_child_test);
	tcase_add_test(t, a_core_has_the_tasks_where_they_were_test);
	tcase_add_test(t, no_image_is_trusted);
	tcase_add_test(t, no_core_is_trusted);
	tcase_add_test(t, what_cannot_be_written_is_an_error);
}

int main(void)
{
	return run_tests("runtime_walk", add);
}

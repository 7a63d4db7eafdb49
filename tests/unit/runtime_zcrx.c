/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * runtime_zcrx.c: pools of pages: what is refused, and what a script does with a device, which puts several
 * pieces into a page and takes pages back by itself. There is none here: a step runs over an image whose ring
 * is the test's own, which answers its requests.
 */
#include <sys/mman.h>
#include <sys/utsname.h>

#include "clock.h"
#include "internal.h"
#include "privilege.h"
#include "ring.h"
#include "runtime_test.h"

#define PAGES 4
#define SIZE 8192
#define PIECES (8 * PAGES)

#define OP_ASYNC_CANCEL 14
#define OP_RECV_ZC 58

static struct ringlet *opened(enum ringlet_engine_kind engine, uint64_t hold)
{
	const struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet *r = ringlet_open(built("tests/unit/zcrx.bpf.o"), &opts);

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_set_u64(r, "hold", hold), 0);
	return r;
}

/* ---- what is refused ---- */

static bool since(unsigned major, unsigned minor)
{
	struct utsname u;
	unsigned v[2] = {0};

	uname(&u);
	ck_assert_int_eq(sscanf(u.release, "%u.%u", &v[0], &v[1]), 2);
	return v[0] > major || (v[0] == major && v[1] >= minor);
}

/* Kernels before 6.18 have not the ring's entries, those before 6.15, and some others, not the operation. */
static void refuses(enum ringlet_engine_kind engine, uint64_t device, const char *says)
{
	struct ringlet *r = opened(engine, 0);
	int err;

	ck_assert_int_eq(ringlet_set_u64(r, "device", device), 0);
	err = ringlet_load(r);
	ck_assert_int_lt(err, 0);
	if (!since(6, 18) || (!since(7, 1) && strstr(ringlet_error(r), "operation")))
		says = "Linux 6.1";
	ck_assert_msg(strstr(ringlet_error(r), says), "it does not say `%s`: %s", says, ringlet_error(r));
	ringlet_close(r);
}

/* Kernels before 7.1 know of no buffers that are larger than a page. */
static const char *device_refusal(void)
{
	return rl_zcrx_probe() == -EPERM ? "CAP_NET_ADMIN"
	       : since(7, 1)             ? "no network device of the number 999999"
					 : "to fill buffers of 8192 bytes";
}

START_TEST(a_pool_says_what_it_wants)
{
	enum ringlet_engine_kind all[2];
	unsigned n = engines(all);

	for (unsigned i = 0; i < n; i++) {
		refuses(all[i], 0, "4096 where there is no device");
		refuses(all[i], 999999, device_refusal());
	}
}
END_TEST

START_TEST(a_pool_wants_a_capability)
{
	if (getuid() == 0)
		become(0);
	refuses(RINGLET_USER, 1, "CAP_NET_ADMIN");
}
END_TEST

/* ---- a device ---- */

struct device {
	struct ringlet *r;
	rl_step_fn *step;
	void *code;
	uint64_t stream; /* user_data of the request in flight; 0: none */
	unsigned pieces, armed, canceled;
};

static struct rl_control *control_of(struct device *d)
{
	return rl_control(d->r);
}

static const struct rl_zcrx_pool *pool_of(struct device *d)
{
	return &d->r->object.zcrx[0];
}

static struct rl_buffers *buffers_of(struct device *d)
{
	return (struct rl_buffers *)(d->r->image + pool_of(d)->b.control);
}

static uint32_t *word(struct device *d, uint32_t offset)
{
	return (uint32_t *)(d->r->image + offset);
}

/* Where the kernel would be free to have them. */
enum { CQ_HEAD = 0, CQ_TAIL = 4, CQES = 64, REFILL_HEAD = 4, REFILL_TAIL = 60, REFILL_ENTRIES = 112 };

static void post(struct device *d, uint64_t user_data, int32_t res, uint32_t flags, uint64_t off)
{
	const struct rl_layout *l = &d->r->object.image;
	uint32_t *tail = word(d, l->ring + CQ_TAIL);
	uint64_t half[4] = {user_data, (uint32_t)res | (uint64_t)flags << 32, off, 0};

	ck_assert_uint_lt(*tail + 2, l->cq_entries); /* it never goes round */
	memcpy(d->r->image + l->ring + CQES + 16 * *tail, half, flags & RL_CQE_F_32 ? 32 : 16);
	*tail += flags & RL_CQE_F_32 ? 2 : 1;
}

/* Piece k of 100 bytes, each k + 1: the pages take turns. */
static uint64_t place_of(unsigned k)
{
	return (uint64_t)(k % PAGES) * SIZE + k / PAGES * 128;
}

static void receive(struct device *d, uint64_t user_data)
{
	d->stream = user_data;
	d->armed++;
	for (unsigned k = 0; k < d->pieces; k++) {
		memset(d->r->image + pool_of(d)->b.memory + place_of(k), (int)k + 1, 100);
		post(d, user_data, 100, IORING_CQE_F_MORE | RL_CQE_F_32, place_of(k));
	}
	d->pieces = 0;
}

static long answer(void *engine, uint32_t n, uint32_t want)
{
	struct device *d = engine;
	const struct io_uring_sqe *sqe = (const struct io_uring_sqe *)(d->r->image + d->r->object.image.sqes);

	(void)want;
	for (uint32_t i = 0; i < n; i++) {
		if (sqe[i].opcode == OP_RECV_ZC) {
			ck_assert_uint_eq(sqe[i].ioprio, 2); /* IORING_RECV_MULTISHOT */
			ck_assert_uint_eq(sqe[i].file_index, 0);
			ck_assert_uint_eq(sqe[i].flags, 0);
			receive(d, sqe[i].user_data);
		} else if (sqe[i].opcode == OP_ASYNC_CANCEL) {
			ck_assert_uint_eq(sqe[i].addr, d->stream);
			d->canceled++;
			post(d, d->stream, -ECANCELED, 0, 0);
			post(d, sqe[i].user_data, 0, 0, 0);
		}
	}
	return n;
}

static void begin(struct device *d, unsigned pieces, uint64_t hold)
{
	const struct rl_object *o;
	struct rl_buffers *b;

	*d = (struct device){.r = opened(RINGLET_USER, hold), .pieces = pieces};
	o = &d->r->object;
	ck_assert_uint_eq(o->nzcrx, 1);
	ck_assert_uint_eq(pool_of(d)->pieces, PIECES);
	ck_assert_int_eq(rl_image_make(d->r), 0);
	rl_image_init(d->r, 16, &rl_clock_ns);
	rl_params_write(d->r);
	control_of(d)->cq_head = CQ_HEAD;
	control_of(d)->cq_tail = CQ_TAIL;
	control_of(d)->cqes = CQES;
	b = buffers_of(d);
	b->head = REFILL_HEAD;
	b->tail = REFILL_TAIL;
	b->rqes = REFILL_ENTRIES;
	b->most = PIECES / 2;
	d->code = mmap(NULL, o->code_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(d->code != MAP_FAILED);
	memcpy(d->code, o->code, o->code_size);
	ck_assert_int_eq(mprotect(d->code, o->code_size, PROT_READ | PROT_EXEC), 0);
	__builtin___clear_cache((char *)d->code, (char *)d->code + o->code_size);
	d->step = (rl_step_fn *)(uintptr_t)((char *)d->code + o->code_entry);
}

static void end(struct device *d)
{
	munmap(d->code, d->r->object.code_size);
	rl_image_drop(d->r, false);
	ringlet_close(d->r);
}

static uint64_t shared(struct device *d, const char *name)
{
	const struct rl_place *p = rl_place(d->r, name);
	uint64_t v = 0;

	memcpy(&v, d->r->image + p->offset, p->size);
	return v;
}

/* The kernel's side of the ring: the next that came back. */
static uint64_t came_back(struct device *d)
{
	uint32_t *head = word(d, pool_of(d)->b.ring + REFILL_HEAD);
	struct {
		uint64_t off;
		uint32_t len, pad;
	} e;

	ck_assert_uint_ne(*head, *word(d, pool_of(d)->b.ring + REFILL_TAIL));
	memcpy(&e, d->r->image + pool_of(d)->b.ring + REFILL_ENTRIES + *head % PIECES * sizeof(e), sizeof(e));
	ck_assert_uint_eq(e.pad, 0);
	++*head;
	return e.off;
}

START_TEST(pieces_of_a_page_come_back_one_by_one)
{
	struct device d;

	begin(&d, PIECES / 4, 0);
	ck_assert_int_eq(d.step(d.r->image, &d, answer), RL_STEP_CONTINUE);
	ck_assert_uint_eq(shared(&d, "turns"), PIECES / 4);
	ck_assert_uint_eq(shared(&d, "sum"), 100 * (PIECES / 4) * (PIECES / 4 + 1) / 2);
	ck_assert_uint_eq(buffers_of(&d)->out, 0);
	ck_assert_uint_eq(buffers_of(&d)->flush, 0);
	for (unsigned k = 0; k < PIECES / 4; k++)
		ck_assert_uint_eq(came_back(&d), place_of(k));
	end(&d);
}
END_TEST

START_TEST(the_host_is_asked_when_half_of_the_ring_is_used)
{
	struct device d;

	begin(&d, PIECES / 2 + 1, 0);
	ck_assert_int_eq(d.step(d.r->image, &d, answer), RL_STEP_STOP);
	ck_assert_uint_eq(control_of(&d)->attention, 1);
	ck_assert_uint_eq(buffers_of(&d)->flush, 1);
	ck_assert_uint_eq(shared(&d, "turns"), PIECES / 2 + 1);
	ck_assert_uint_eq(d.canceled, 0);
	end(&d);
}
END_TEST

START_TEST(a_stream_pauses_when_half_of_the_pieces_are_out)
{
	struct device d;

	begin(&d, PIECES / 2 + 4, 1);
	ck_assert_int_eq(d.step(d.r->image, &d, answer), RL_STEP_CONTINUE);
	ck_assert_uint_eq(d.canceled, 1);
	ck_assert_uint_eq(d.armed, 1); /* not again before what came has been looked at */
	ck_assert_uint_eq(shared(&d, "turns"), 1);
	ck_assert_uint_eq(buffers_of(&d)->out, PIECES / 2 + 4);
	ck_assert_uint_eq(control_of(&d)->failure.kind, RL_FAIL_NONE);
	end(&d);
}
END_TEST

START_TEST(more_pieces_than_there_is_room_for_are_a_trap)
{
	struct device d;
	const struct rl_failure *f;

	begin(&d, PIECES + 1, 1);
	d.step(d.r->image, &d, answer);
	f = &control_of(&d)->failure;
	ck_assert_uint_eq(f->kind, RL_FAIL_TRAP);
	ck_assert_int_eq(f->value, PIECES);
	ck_assert_uint_lt(f->site, d.r->object.nsites);
	ck_assert_ptr_nonnull(strstr(d.r->object.sites[f->site].what, "`pages` are too few"));
	ck_assert_uint_eq(buffers_of(&d)->out, PIECES);
	end(&d);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, a_pool_says_what_it_wants);
	tcase_add_test(t, a_pool_wants_a_capability);
	tcase_add_test(t, pieces_of_a_page_come_back_one_by_one);
	tcase_add_test(t, the_host_is_asked_when_half_of_the_ring_is_used);
	tcase_add_test(t, a_stream_pauses_when_half_of_the_pieces_are_out);
	tcase_add_test(t, more_pieces_than_there_is_room_for_are_a_trap);
}

int main(void)
{
	return run_tests("runtime_zcrx", add);
}

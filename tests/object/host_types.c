/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * host_types.c: a host that knows a program by the typed header alone. What it sets comes back in the shared
 * variables, on each engine of $ENGINES. It is C and C++; typed_header.t has other compilers make it too.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host_types.h"
#include "host_types.h"

#define CHECK(what)                                                                                          \
	do {                                                                                                 \
		if (!(what)) {                                                                               \
			printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #what);                            \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

/* One that is well is 0; else the library says why. */
#define WELL(call)                                                                                           \
	do {                                                                                                 \
		int result = call;                                                                           \
		if (result) {                                                                                \
			printf("%s:%d: %s: %d, %s\n", __FILE__, __LINE__, #call, result, ringlet_error(r));  \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

static struct ringlet *opened(const char *object, const char *engine)
{
	struct ringlet_opts opts;
	char path[4096];

	memset(&opts, 0, sizeof(opts));
	opts.size = sizeof(opts);
	opts.engine = strcmp(engine, "kernel") ? RINGLET_USER : RINGLET_KERNEL;
	snprintf(path, sizeof(path), "%s/%s", getenv("OBJDIR"), object);
	return ringlet_open(path, &opts);
}

static void set_all(struct ringlet *r, int out, struct host_types_inner *cells, size_t size)
{
	WELL(host_types_set_depth_(r, 200)); /* host_types_set_depth is a color */
	WELL(host_types_set_width(r, 65000));
	WELL(host_types_set_height(r, 4000000000u));
	WELL(host_types_set_delay(r, UINT64_MAX));
	WELL(host_types_set_low(r, INT8_MIN));
	WELL(host_types_set_lower(r, INT16_MIN));
	WELL(host_types_set_lowest(r, INT32_MIN));
	WELL(host_types_set_deep(r, INT64_MIN));
	WELL(host_types_set_new(r, true));
	WELL(host_types_set_color(r, host_types_DARK));
	WELL(host_types_set_hue(r, -7));
	WELL(host_types_set_name(r, "fifteen letters"));
	CHECK(host_types_set_name(r, "sixteen letters!") != 0);
	WELL(host_types_set_out(r, out));
	WELL(host_types_set_double(r, true));
	WELL(host_types_set_text(r, "shared"));
	WELL(host_types_set_cells(r, cells, size));
}

static void check_shared(const struct host_types_shared *s, int out)
{
	const struct host_types_outer *o = &s->grid[1][0];

	CHECK(s->first == 200);
	CHECK(s->sums[0][0] == INT8_MIN && s->sums[0][1] == INT16_MIN && s->sums[0][2] == INT32_MIN);
	CHECK(s->sums[1][0] == INT64_MIN && s->sums[1][1] == 65000 && s->sums[1][2] == 4000000000);
	CHECK(o->lead == 7 && o->each[1][2].tag == 'f' && o->each[1][2].wide == UINT64_MAX);
	CHECK(o->each[1][2].on && !o->each[0][2].on);
	CHECK(o->class_ == 65535 && o->pad_at_end == 9 && o->int_ == -5 && o->color == host_types_DARK);
	CHECK(s->grid[1][1].color == host_types_DARK && s->grid[0][1].lead == 0);
	CHECK(s->page[2][4095] == 'h' && s->seen == host_types_DARK && s->last_hue == -7);
	CHECK(!s->double_ && !memcmp(s->text, "shared", 7));
	CHECK(s->reading.kind == 3 && s->reading.whole == 0x12340000 && s->reading.halves[1] == 0x1234);
	CHECK(s->reading.after == 0x1122334455667788);
	CHECK(s->used == out && s->end == 0xbeef);
}

static void run(const char *engine)
{
	const size_t size = (size_t)sysconf(_SC_PAGESIZE);
	host_types_cells *cells = (host_types_cells *)mmap(
		NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct ringlet *r = opened("tests/object/host_types.bpf.o", engine);
	struct host_types_shared *shared;
	struct ringlet_event event;
	int pipes[2];
	char written[8] = "";

	CHECK(r && cells != MAP_FAILED && !pipe(pipes));
	cells[0].wide = 41;
	CHECK(!host_types_shared(r)); /* not loaded */
	set_all(r, pipes[1], cells, size);
	WELL(ringlet_load(r));
	shared = host_types_shared(r);
	CHECK(shared && shared == host_types_shared(r));
	WELL(host_types_post_numbers(r, 1, 5, -6));
	WELL(host_types_post_numbers(r, 0, 12, 34));
	CHECK(host_types_post_numbers(r, HOST_TYPES_QUEUE_NUMBERS_COUNT, 1, 1) != 0);
	for (int i = 0; i < HOST_TYPES_QUEUE_DONE_CAPACITY; i++)
		WELL(host_types_post_done(r, 0, 0));
	CHECK(host_types_post_done(r, 0, 0) != 0); /* full */
	WELL(ringlet_run(r));
	CHECK(__atomic_load_n(&shared->count, __ATOMIC_ACQUIRE) == size / sizeof(host_types_cells));
	check_shared(shared, pipes[1]);
	CHECK(cells[1].wide == 42 && cells[1].on);
	CHECK(read(pipes[0], written, sizeof(written)) == 5 && !strcmp(written, "typed"));
	WELL(host_types_next_squares(r, &event, 0));
	CHECK(event.user_data == 144 && event.res == 34);
	CHECK(!strcmp(event.queue, HOST_TYPES_QUEUE_SQUARES));
	WELL(host_types_next_squares(r, &event, 0));
	CHECK(event.user_data == 25 && event.res == -6);
	ringlet_close(r);
	close(pipes[0]);
	close(pipes[1]);
	munmap(cells, size);
}

/* Its variables are not this header's, so none of them is taken for one. */
static void run_another(const char *engine)
{
	struct ringlet *r = opened("examples/nop.bpf.o", engine);

	CHECK(r);
	WELL(ringlet_load(r));
	CHECK(!host_types_shared(r));
	CHECK(host_types_set_depth_(r, 1) != 0);
	ringlet_close(r);
}

int main(void)
{
	const char *engines = getenv("ENGINES");
	char each[256];

	CHECK(engines && getenv("OBJDIR"));
	snprintf(each, sizeof(each), "%s", engines);
	for (char *engine = strtok(each, " "); engine; engine = strtok(NULL, " ")) {
		run(engine);
		run_another(engine);
	}
	return 0;
}

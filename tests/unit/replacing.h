/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* replacing.h: tests/unit/replace.rlt, and versions of it that take over from each other. */
#ifndef REPLACING_H
#define REPLACING_H

#include "runtime_test.h"

#define OBJECT "tests/unit/replace.bpf.o"
#define BAD 1000000 /* as in replace.rlt */
#define LEAVING 1000001

/* ---- programs ---- */

static inline struct ringlet *first(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened_script(OBJECT, engine);

	ck_assert_int_eq(ringlet_set_u64(r, "version", 1), 0);
	return r;
}

static inline struct ringlet *started(enum ringlet_engine_kind engine)
{
	struct ringlet *r = first(engine);

	ck_assert_msg(!ringlet_start(r), "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	return r;
}

static inline struct ringlet *next(enum ringlet_engine_kind engine, uint64_t version)
{
	struct ringlet *r = opened_script(OBJECT, engine);

	ck_assert_int_eq(ringlet_set_u64(r, "version", version), 0);
	return r;
}

static inline void replace(struct ringlet *old, struct ringlet *r)
{
	int err = ringlet_replace(old, r, -1);

	ck_assert_msg(!err, "%d: %s\n%s", err, ringlet_error(r), ringlet_load_log(r));
}

static inline uint64_t shared(struct ringlet *r, const char *name)
{
	uint64_t *at = ringlet_shared(r, name, NULL);

	ck_assert_ptr_nonnull(at);
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

/* One post through, which also says that `main` runs. */
static inline void ping(struct ringlet *r, uint64_t n)
{
	struct ringlet_event e;

	ck_assert_int_eq(ringlet_post_wait(r, "posts", 0, n, 5, -1), 0);
	ck_assert_int_eq(ringlet_next_event(r, "events", &e, -1), 0);
	ck_assert_uint_eq(e.user_data, n);
	ck_assert_int_eq(e.res, 5);
}

static inline void close_both(struct ringlet *old, struct ringlet *r)
{
	ringlet_close(old);
	ringlet_close(r);
}

#endif

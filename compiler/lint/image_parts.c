/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * image_parts.c: what lies in the image of a ring script besides its variables, which BTF has: by the
 * manifest, and runtime/image.h. A manifest that says something else is of no use, and nothing is read of it.
 */
#include <jansson.h>
#include <linux/io_uring.h>
#include <stddef.h>
#include <string.h>
#include "image.h"
#include "names.h"

#define F(type, member)                                                                                      \
	{                                                                                                    \
#member, offsetof(struct type, member), sizeof(((struct type *)0)->member)                   \
	}

static const struct image_field control[] = {
	F(rl_control, base),
	F(rl_control, cq_head),
	F(rl_control, cq_tail),
	F(rl_control, cqes),
	F(rl_control, budget),
	F(rl_control, rounds),
	F(rl_control, sq_n),
	F(rl_control, submitted),
	F(rl_control, unasked),
	F(rl_control, ready_head),
	F(rl_control, ready_tail),
	F(rl_control, status),
	F(rl_control, live),
	F(rl_control, yielded),
	F(rl_control, attention),
	F(rl_control, stopping),
	F(rl_control, stop),
	F(rl_control, granted),
	F(rl_control, zero),
	F(rl_control, closed),
	F(rl_control, log_tail),
	F(rl_control, log_head),
	F(rl_control, now),
	F(rl_control, trace_next),
	{0},
};
static const struct image_field cqe[] = {
	F(rl_completion, user_data), F(rl_completion, res), F(rl_completion, flags), {0}};
static const struct image_field ready[] = {
	F(rl_ready, user_data), F(rl_ready, res), F(rl_ready, flags), F(rl_ready, value), {0}};
static const struct image_field pool[] = {
	F(rl_pool, running), F(rl_pool, used), F(rl_pool, nfreed), {"freed", sizeof(struct rl_pool), 4}, {0}};
static const struct image_field sqe[] = {F(io_uring_sqe, opcode), F(io_uring_sqe, flags),
	F(io_uring_sqe, ioprio), F(io_uring_sqe, fd), F(io_uring_sqe, off), F(io_uring_sqe, addr),
	F(io_uring_sqe, len), F(io_uring_sqe, rw_flags), F(io_uring_sqe, user_data),
	F(io_uring_sqe, buf_index), {0}};
static const struct image_field frame[] = {{"state", 0, 4}, {"since", 8, 8}, {0}};

static int64_t number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	json_int_t n = json_is_integer(v) ? json_integer_value(v) : -1;
	return n < 0 || n > (json_int_t)RL_IMAGE_MAX ? -1 : (int64_t)n;
}

static void add(struct lint_object *o, const char *name, int64_t at, int64_t each, int64_t n,
	const struct image_field *fields)
{
	if (at >= 0 && each > 0 && n > 0 && n <= (int64_t)RL_IMAGE_MAX / each)
		VEC_PUSH(o->arena, &o->image, ((struct image_part){name, at, each, (uint64_t)n, fields}));
}

static void add_task(struct lint_object *o, const json_t *task)
{
	const char *name = json_string_value(json_object_get(task, "name"));
	int64_t n = number(task, "count");
	if (!name)
		return;
	add(o, arena_printf(o->arena, "%s.pool", name), number(task, "pool"),
		(int64_t)sizeof(struct rl_pool) + 4 * n, 1, pool);
	add(o, arena_printf(o->arena, "%s.frame", name), number(task, "frame"), number(task, "frame_size"), n,
		frame);
}

void image_parts_read(struct lint_object *o)
{
	json_t *root = o->manifest ? json_loads(o->manifest, 0, NULL) : NULL, *task, *queue;
	const json_t *image = json_object_get(root, "image");
	uint32_t setup = (uint32_t)number(image, "setup");
	size_t i;

	if (!root)
		return;
	if (number(image, "setup") < 0)
		setup = 0;
	add(o, "control", 0, sizeof(struct rl_control), 1, control);
	add(o, "ready", number(image, "ready"), sizeof(struct rl_ready), number(image, "ready_slots"), ready);
	add(o, "ring", number(image, "ring"), rl_cqe_size(setup),
		number(image, "ring_size") / rl_cqe_size(setup), cqe);
	add(o, "sqe", number(image, "sqes"), rl_sqe_size(setup), number(image, "sq_entries"), sqe);
	json_array_foreach(json_object_get(root, "tasks"), i, task) add_task(o, task);
	json_array_foreach(json_object_get(root, "queues"), i, queue)
	{
		const char *name = json_string_value(json_object_get(queue, "name"));
		if (name)
			add(o, arena_printf(o->arena, "%s", name), number(queue, "offset"),
				number(queue, "size"), number(queue, "n"), NULL);
	}
	json_decref(root);
}

/* ---- names ---- */

static const struct image_part *part_at(const struct lint_object *o, const struct bytes_at *b)
{
	for (size_t i = 0; i < o->image.n; i++) {
		const struct image_part *p = &o->image.at[i];
		if (b->low >= p->offset && b->high + b->size <= p->offset + p->each * (int64_t)p->n)
			return p;
	}
	return NULL;
}

static const char *field_at(const struct image_part *p, int64_t offset, uint32_t size)
{
	for (const struct image_field *f = p->fields; f && f->name && size; f++)
		if (offset >= f->offset && offset + size <= f->offset + f->size)
			return f->name;
	return NULL;
}

/* Where in the ring the completions begin is the kernel's business, but each is at a multiple of its size. */
static const char *name_in_ring(struct arena *a, const struct image_part *p, const struct bytes_at *b)
{
	const char *field =
		b->step && !(b->step % (uint64_t)p->each) ? field_at(p, b->low % p->each, b->size) : NULL;
	return field ? arena_printf(a, "cqe.%s", field) : p->name;
}

const char *name_in_image(struct arena *a, const struct lint_object *o, struct bytes_at b)
{
	const struct image_part *p = part_at(o, &b);
	if (!p)
		return NULL;
	b.low -= p->offset;
	b.high -= p->offset;
	if (p->fields == cqe)
		return name_in_ring(a, p, &b);
	const char *name = p->name;
	bool same = p->n > 1 ? name_element(a, &name, &b, p->each) : b.low == b.high;
	const char *field = same ? field_at(p, b.low, b.size) : NULL;
	return field ? arena_printf(a, "%s.%s", name, field) : name;
}

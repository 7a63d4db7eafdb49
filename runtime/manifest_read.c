/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * manifest_read.c: the manifest's JSON into tables, each number checked where it is read. Strings stay
 * jansson's, which the object keeps.
 */
#include <stdarg.h>
#include <stdio.h>

#include "manifest.h"
#include "manifest_fields.h"
#include "uring.h"

#define MAX_LOG_SLOTS (1u << 20)
#define MAX_SQ_ENTRIES 32768u /* io_uring's own limits: IORING_MAX_ENTRIES, IORING_MAX_CQ_ENTRIES */
#define MAX_FILES (1u << 20)  /* IORING_MAX_FIXED_FILES, io_uring/filetable.h */
#define MAX_CQ_ENTRIES 65536u

int rl_why(struct rl_why *why, int err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why->text, why->size, format, ap);
	va_end(ap);
	for (char *p = why->text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127) /* jansson quotes what it could not read */
			*p = '?';
	return -err;
}

/* Of the control block, only what the step keeps may have a first value: the rest is the runtime's. */
static bool is_step_state(uint64_t off, uint64_t n)
{
	return off >= offsetof(struct rl_control, sq_n) && off + n <= offsetof(struct rl_control, attention);
}

static bool power_of_two(uint32_t n)
{
	return n && (n & (n - 1)) == 0;
}

/* Of SQEs and of CQEs: all large, or mixed, or neither. */
static bool is_setup(uint32_t setup)
{
	const uint32_t sqes = RL_SETUP_SQE128 | RL_SETUP_SQE_MIXED,
		       cqes = RL_SETUP_CQE32 | RL_SETUP_CQE_MIXED;

	return !(setup & ~(sqes | cqes)) && (setup & sqes) != sqes && (setup & cqes) != cqes;
}

static void read_image(struct reader *rd, json_t *root)
{
	struct rl_layout *l = &rd->o->image;
	json_t *j = json_object_get(root, "image");
	struct {
		const char *key;
		uint64_t off, size;
	} area[7];

	rd->table = "image";
	if (!json_is_object(j)) {
		bad(rd, "size", "no image");
		return;
	}
	l->size = number(rd, j, "size", RL_IMAGE_MAX);
	l->log = number(rd, j, "log", l->size);
	l->log_slots = number(rd, j, "log_slots", MAX_LOG_SLOTS);
	l->ready = number(rd, j, "ready", l->size);
	l->ready_slots = number(rd, j, "ready_slots", l->size);
	l->waits = number(rd, j, "waits", l->size);
	l->nwaits = number(rd, j, "nwaits", l->size);
	l->pools = number(rd, j, "pools", l->size);
	l->ring = number(rd, j, "ring", l->size);
	l->ring_size = number(rd, j, "ring_size", l->size);
	l->cq_entries = number(rd, j, "cq_entries", MAX_CQ_ENTRIES);
	l->sqes = number(rd, j, "sqes", l->size);
	l->sq_entries = number(rd, j, "sq_entries", MAX_SQ_ENTRIES);
	l->setup = json_object_get(j, "setup") ? number(rd, j, "setup", UINT32_MAX) : 0;
	l->files = number(rd, j, "files", MAX_FILES);
	l->shared = number(rd, j, "shared", l->size);
	l->shared_size = number(rd, j, "shared_size", l->size);
	if (rd->err)
		return;

	if (l->size % RL_PAGE || l->size == 0)
		bad(rd, "size", "not whole pages");
	if (l->ring % RL_PAGE || l->sqes % RL_PAGE)
		bad(rd, "ring", "not on a page boundary");
	if ((l->log | l->ready | l->waits) % 8)
		bad(rd, "ready", "not aligned");
	/* io_uring wants powers of two, and no smaller a CQ than SQ. */
	if (!power_of_two(l->sq_entries) || !power_of_two(l->cq_entries) || l->cq_entries < l->sq_entries)
		bad(rd, "sq_entries", "not what io_uring takes");
	if (!is_setup(l->setup))
		bad(rd, "setup", "not sizes of entries");
	if (!power_of_two(l->nwaits))
		bad(rd, "nwaits", "not a power of two");
	if (!power_of_two(l->ready_slots) || l->ready_slots < l->sq_entries)
		bad(rd, "ready_slots", "not a power of two");
	if (l->ring_size % RL_PAGE || l->ring_size < RL_RING_HEADER +
							     (uint64_t)rl_cqe_size(l->setup) * l->cq_entries +
							     4ull * l->sq_entries)
		bad(rd, "ring_size", "too small");
	/* The step finds a slot by masking a counter that wraps. */
	if (l->log_slots && !power_of_two(l->log_slots))
		bad(rd, "log_slots", "not a power of two");

	area[0].key = "size", area[0].off = 0, area[0].size = sizeof(struct rl_control);
	area[1].key = "log", area[1].off = l->log,
	area[1].size = (uint64_t)l->log_slots * sizeof(struct rl_log);
	area[2].key = "ready", area[2].off = l->ready;
	area[2].size = (uint64_t)l->ready_slots * sizeof(struct rl_ready);
	area[3].key = "ring", area[3].off = l->ring, area[3].size = l->ring_size;
	area[4].key = "sqes", area[4].off = l->sqes;
	/* The kernel maps whole pages. */
	area[4].size = ((uint64_t)l->sq_entries * rl_sqe_size(l->setup) + RL_PAGE - 1) & ~(RL_PAGE - 1ull);
	area[5].key = "shared", area[5].off = l->shared, area[5].size = l->shared_size;
	area[6].key = "waits", area[6].off = l->waits;
	area[6].size = (uint64_t)l->nwaits * sizeof(struct rl_wait);
	for (int a = 0; a < 7; a++) {
		if (area[a].size && area[a].off + area[a].size > l->size)
			bad(rd, area[a].key, "outside the image");
		for (int b = 0; b < a; b++)
			if (overlap(area[a].off, area[a].size, area[b].off, area[b].size))
				bad(rd, area[a].key, "overlaps another area");
	}
}

static bool is_hex(const char *s)
{
	return s[strspn(s, "0123456789abcdefABCDEF")] == '\0';
}

static void read_init(struct reader *rd, json_t *root)
{
	struct rl_object *o = rd->o;
	json_t *array, *row;
	size_t i;

	rd->table = "init";
	o->init = rows(rd, root, "init", &array, &o->ninit, sizeof(*o->init));
	if (!o->init)
		return;
	json_array_foreach(array, i, row)
	{
		json_t *off = json_array_get(row, 0);
		const char *hex = json_string_value(json_array_get(row, 1));
		json_int_t at = json_is_integer(off) ? json_integer_value(off) : -1;
		size_t n = hex ? strlen(hex) : 1;

		if (at < 0 || at > UINT32_MAX || n % 2 || n / 2 > o->image.size || !is_hex(hex) ||
			!(is_data(o, at, n / 2) || is_step_state(at, n / 2))) {
			bad(rd, "row", "not an offset and bytes within the image");
			return;
		}
		o->init[i].offset = (uint32_t)at;
		o->init[i].size = (uint32_t)(n / 2);
		o->init[i].hex = hex;
	}
}

static void read_states(struct reader *rd, json_t *row, struct rl_task *t)
{
	json_t *array, *s;
	size_t i;

	t->states = rows(rd, row, "states", &array, &t->nstates, sizeof(*t->states));
	if (!t->states)
		return;
	json_array_foreach(array, i, s)
	{
		t->states[i].op = string(rd, s, "op");
		t->states[i].file = optional_string(rd, s, "file");
		t->states[i].line = optional_number(rd, s, "line");
		t->states[i].col = optional_number(rd, s, "col");
	}
}

static void read_tasks(struct reader *rd, json_t *root)
{
	struct rl_object *o = rd->o;
	uint64_t instances = 0;
	json_t *array, *row;
	size_t i;

	o->main = UINT32_MAX;
	rd->table = "tasks";
	o->tasks = rows(rd, root, "tasks", &array, &o->ntasks, sizeof(*o->tasks));
	if (!o->tasks)
		return;
	json_array_foreach(array, i, row)
	{
		struct rl_task *t = &o->tasks[i];

		t->name = name(rd, row, "name");
		t->count = number(rd, row, "count", UINT32_MAX);
		t->frame = number(rd, row, "frame", o->image.size);
		t->frame_size = number(rd, row, "frame_size", o->image.size);
		t->pool = number(rd, row, "pool", o->image.size);
		t->state = number(rd, row, "state", o->image.size);
		t->since = number(rd, row, "since", o->image.size);
		t->node = number(rd, row, "node", o->image.nwaits);
		t->nodes = number(rd, row, "nodes", o->image.nwaits);
		t->requests = number(rd, row, "requests", RL_UD_ARM_MASK);
		if (!rd->err && t->count > o->image.size)
			bad(rd, "count", "out of range");
		if (!rd->err &&
			(!is_data(o, t->pool, sizeof(struct rl_pool) + 4ull * t->count) || t->pool % 4))
			bad(rd, "pool", "outside the image");
		if (!rd->err && t->frame_size) {
			if (!is_data(o, t->frame, (uint64_t)t->frame_size * t->count))
				bad(rd, "frame", "outside the image");
			if (t->state + 4ull > t->frame_size)
				bad(rd, "state", "outside the frame");
			if ((t->frame | t->frame_size | t->state) % 4)
				bad(rd, "state", "not aligned");
			if (t->since + 8ull > t->frame_size)
				bad(rd, "since", "outside the frame");
			if ((t->frame | t->frame_size | t->since) % 8)
				bad(rd, "since", "not aligned");
		}
		if (!rd->err && t->node + (uint64_t)t->nodes * t->count > o->image.nwaits)
			bad(rd, "node", "more than there are");
		read_states(rd, row, t);
		instances += t->count;
		if (!rd->err && !strcmp(t->name, "main"))
			o->main = (uint32_t)i;
	}
	if (!rd->err && o->main == UINT32_MAX)
		bad(rd, "name", "none is `main`");
	if (!rd->err && o->image.pools + (uint64_t)o->ntasks > o->image.nwaits)
		bad(rd, "node", "more lists than there are");
	if (!rd->err && instances > o->image.ready_slots)
		bad(rd, "count", "more instances than the ready queue has room for");
}

static enum rl_queue_kind queue_kind(struct reader *rd, json_t *row)
{
	const char *kind = string(rd, row, "kind");

	if (kind && !strcmp(kind, "in"))
		return RL_QUEUE_IN;
	if (kind && !strcmp(kind, "out"))
		return RL_QUEUE_OUT;
	if (kind && *kind)
		bad(rd, "kind", "not one of queues");
	return RL_QUEUE_PRIVATE;
}

static void read_queues(struct reader *rd, json_t *root)
{
	struct rl_object *o = rd->o;
	json_t *array, *row;
	size_t i;

	rd->table = "queues";
	o->queues = rows(rd, root, "queues", &array, &o->nqueues, sizeof(*o->queues));
	if (!o->queues)
		return;
	json_array_foreach(array, i, row)
	{
		struct rl_queues *q = &o->queues[i];
		uint64_t least;

		q->name = name(rd, row, "name");
		q->kind = queue_kind(rd, row);
		q->tag = number(rd, row, "tag", RL_UD_TASK_MASK);
		q->offset = number(rd, row, "offset", o->image.size);
		q->size = number(rd, row, "size", o->image.size);
		q->n = number(rd, row, "n", RL_UD_TASK_MASK);
		q->capacity = number(rd, row, "capacity", MAX_SQ_ENTRIES);
		q->entries = number(rd, row, "entries", MAX_SQ_ENTRIES);
		q->slots = number(rd, row, "slots", o->image.size);
		q->list = number(rd, row, "list", o->image.nwaits);
		if (rd->err)
			return;
		least = q->slots ? q->slots + 12ull * q->capacity
				 : sizeof(struct rl_queue) + 16ull * q->entries;
		if (!power_of_two(q->entries) || q->capacity > q->entries || q->size < least || q->size % 8)
			bad(rd, "size", "not that of such a queue");
		else if (!q->n || q->offset % 8 || !is_data(o, q->offset, (uint64_t)q->size * q->n))
			bad(rd, "offset", "outside the image");
		if (!rd->err && q->list + (uint64_t)q->n > o->image.nwaits)
			bad(rd, "list", "more than there are");
	}
}

/* What both kinds have, but for where those that are out are counted. */
static void read_pool(struct reader *rd, json_t *row, struct rl_buffer_pool *p)
{
	const struct rl_object *o = rd->o;

	p->name = name(rd, row, "name");
	p->group = number(rd, row, "group", UINT16_MAX);
	p->n = number(rd, row, "n", MAX_SQ_ENTRIES);
	p->size = number(rd, row, "size", o->image.size);
	p->ring = number(rd, row, "ring", o->image.size);
	p->memory = number(rd, row, "memory", o->image.size);
}

static void read_pools(struct reader *rd, json_t *root)
{
	struct rl_object *o = rd->o;
	json_t *array, *row;
	size_t i;

	rd->table = "buffers";
	o->pools = rows(rd, root, "buffers", &array, &o->npools, sizeof(*o->pools));
	if (!o->pools)
		return;
	json_array_foreach(array, i, row)
	{
		struct rl_buffer_pool *p = &o->pools[i];

		read_pool(rd, row, p);
		p->control = optional_number(rd, row, "control");
		if (rd->err)
			return;
		if (!power_of_two(p->n) || !p->size)
			bad(rd, "n", "not what io_uring takes");
		else if (p->ring % RL_PAGE || !is_data(o, p->ring, (uint64_t)p->n * RL_BUFFER_ENTRY) ||
			 !is_data(o, p->memory, (uint64_t)p->n * p->size))
			bad(rd, "ring", "outside the image");
		else if (p->control && (p->control % 8 || !is_data(o, p->control, sizeof(struct rl_buffers))))
			bad(rd, "control", "outside the image");
	}
}

static void read_zcrx(struct reader *rd, json_t *root)
{
	struct rl_object *o = rd->o;
	json_t *array, *row;
	size_t i;

	rd->table = "zcrx";
	o->zcrx = rows(rd, root, "zcrx", &array, &o->nzcrx, sizeof(*o->zcrx));
	if (!o->zcrx)
		return;
	json_array_foreach(array, i, row)
	{
		struct rl_zcrx_pool *p = &o->zcrx[i];

		read_pool(rd, row, &p->b);
		p->b.control = number(rd, row, "control", o->image.size);
		p->pieces = number(rd, row, "pieces", MAX_SQ_ENTRIES);
		p->device = optional_number(rd, row, "device");
		p->queue = optional_number(rd, row, "queue");
		if (rd->err)
			return;
		if (!power_of_two(p->b.n) || !power_of_two(p->pieces) || p->pieces < p->b.n ||
			!power_of_two(p->b.size) || p->b.size < RL_PAGE)
			bad(rd, "n", "not what io_uring takes");
		else if (p->b.ring % RL_PAGE || p->b.memory % RL_PAGE ||
			 !is_data(o, p->b.ring, rl_zcrx_ring_size(p)) ||
			 !is_data(o, p->b.memory, (uint64_t)p->b.n * p->b.size))
			bad(rd, "ring", "outside the image");
		else if (p->b.control % 8 || !is_data(o, p->b.control, sizeof(struct rl_buffers)))
			bad(rd, "control", "outside the image");
		else if ((p->device && !is_data(o, p->device, 4)) || (p->queue && !is_data(o, p->queue, 4)))
			bad(rd, "device", "outside the image");
	}
}

static void read_sites(struct reader *rd, json_t *root)
{
	struct rl_object *o = rd->o;
	json_t *array, *row;
	size_t i;

	rd->table = "sites";
	o->sites = rows(rd, root, "sites", &array, &o->nsites, sizeof(*o->sites));
	if (!o->sites)
		return;
	json_array_foreach(array, i, row)
	{
		o->sites[i].file = string(rd, row, "file");
		o->sites[i].what = json_object_get(row, "what") ? free_text(rd, row, "what") : "";
		o->sites[i].line = number(rd, row, "line", UINT32_MAX);
		o->sites[i].col = optional_number(rd, row, "col");
	}
}

static void read_logs(struct reader *rd, json_t *root)
{
	struct rl_object *o = rd->o;
	json_t *array, *row;
	size_t i;

	rd->table = "logs";
	o->logs = rows(rd, root, "logs", &array, &o->nlogs, sizeof(*o->logs));
	if (!o->logs)
		return;
	json_array_foreach(array, i, row)
	{
		struct rl_log_format *l = &o->logs[i];
		json_t *args = json_object_get(row, "args");

		l->file = optional_string(rd, row, "file");
		l->line = optional_number(rd, row, "line");
		l->format = free_text(rd, row, "format");
		if (json_array_size(args) > RL_LOG_ARGS) {
			bad(rd, "args", "too many");
			return;
		}
		l->nargs = (uint32_t)json_array_size(args);
		for (uint32_t a = 0; a < l->nargs; a++) {
			l->args[a] = json_string_value(json_array_get(args, a));
			if (!l->args[a])
				bad(rd, "args", "not a type");
		}
	}
}

static void read_ops(struct reader *rd, json_t *root)
{
	struct rl_object *o = rd->o;
	json_t *array, *row;
	size_t i;

	rd->table = "ops";
	o->ops = rows(rd, root, "ops", &array, &o->nops, sizeof(*o->ops));
	if (!o->ops)
		return;
	json_array_foreach(array, i, row)
	{
		o->ops[i].name = name(rd, row, "name");
		o->ops[i].opcode = number(rd, row, "opcode", 255);
		o->ops[i].since = optional_string(rd, row, "since");
		o->ops[i].is = optional_string(rd, row, "struct");
		o->ops[i].instead = optional_string(rd, row, "instead");
		o->ops[i].bytes = optional_number(rd, row, "bytes");
		if (*o->ops[i].is && !rl_native_size(o->ops[i].is))
			bad(rd, "struct", "not known");
	}
}

static void read_switches(struct reader *rd, json_t *row, const char *key, struct rl_switches *out)
{
	json_t *array = json_object_get(row, key), *v;
	size_t n = json_array_size(array), i;

	if (rd->err || !n)
		return;
	if (n > MAX_ROWS) {
		bad(rd, key, "too many");
		return;
	}
	out->at = calloc(n, sizeof(*out->at));
	if (!out->at) {
		rd->err = rl_why(rd->why, ENOMEM, "out of memory");
		return;
	}
	out->n = (uint32_t)n;
	json_array_foreach(array, i, v)
	{
		if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > UINT32_MAX)
			bad(rd, key, "not a place");
		out->at[i] = (uint32_t)json_integer_value(v);
	}
}

static void read_trace(struct reader *rd, json_t *root)
{
	json_t *row = json_object_get(root, "trace");
	struct rl_object *o = rd->o;

	rd->table = "trace";
	if (!row)
		return;
	o->trace = number(rd, row, "records", o->image.size);
	if (o->trace % 8 || o->trace < sizeof(struct rl_control) || o->trace + RL_TRACE_BYTES > o->image.size)
		bad(rd, "records", "outside the image");
	read_switches(rd, row, "step", &o->step_switches);
	read_switches(rd, row, "text", &o->text_switches);
}

static void read_native(struct reader *rd, json_t *root, struct rl_native *native)
{
	json_t *array = json_object_get(root, "native"), *row;
	size_t i;

	rd->table = "native";
	json_array_foreach(array, i, row)
	{
		if (strcmp(string(rd, row, "arch"), rl_native_arch()) != 0)
			continue;
		native->section = string(rd, row, "section");
		native->entry = number(rd, row, "entry", UINT32_MAX);
		read_switches(rd, row, "switches", &rd->o->native_switches);
		return;
	}
}

int rl_manifest_read(
	struct rl_object *o, const char *json, size_t size, struct rl_native *native, struct rl_why *why)
{
	struct reader rd = {.o = o, .why = why, .table = "manifest"};
	json_error_t where;
	json_t *root;

	native->section = NULL;
	native->entry = 0;
	o->manifest = root = json_loadb(json, size, JSON_REJECT_DUPLICATES, &where);
	if (!json_is_object(root))
		return rl_why(why, EBADMSG, "corrupt manifest: %s", root ? "not an object" : where.text);
	if (json_integer_value(json_object_get(root, "ringlet")) != RL_FORMAT)
		return rl_why(why, EPROTONOSUPPORT,
			"its manifest's format is %lld, this libringlet reads %d: build it again with a "
			"matching ringc",
			(long long)json_integer_value(json_object_get(root, "ringlet")), RL_FORMAT);
	o->source = optional_string(&rd, root, "source");
	o->compiler = optional_string(&rd, root, "compiler");
	read_image(&rd, root);
	if (rd.err)
		return rd.err;
	read_init(&rd, root);
	rl_manifest_read_places(&rd, root);
	read_tasks(&rd, root);
	read_queues(&rd, root);
	read_pools(&rd, root);
	read_zcrx(&rd, root);
	read_sites(&rd, root);
	read_logs(&rd, root);
	read_ops(&rd, root);
	read_trace(&rd, root);
	read_native(&rd, root, native);
	return rd.err;
}

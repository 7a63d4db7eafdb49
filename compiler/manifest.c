/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* manifest.c: what the object says about itself; runtime/manifest.h describes it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "native.h"
#include "object.h"
#include "../runtime/manifest.h"

static json_t *number(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static json_t *place(struct ir_program *ir, const struct loc *loc)
{
	uint32_t line, col;
	source_position(ir->p->sources, loc->file, loc->begin, &line, &col);
	json_t *o = json_object();
	json_object_set_new(o, "file", json_string(ir->p->sources->list.at[loc->file]->name));
	json_object_set_new(o, "line", number(line));
	json_object_set_new(o, "col", number(col));
	return o;
}

static json_t *image(const struct ir_program *ir, const struct layout *l)
{
	json_t *o = json_object();
	json_object_set_new(o, "size", number(l->size));
	json_object_set_new(o, "log", number(l->log));
	json_object_set_new(o, "log_slots", number(l->log_slots));
	json_object_set_new(o, "ready", number(l->ready));
	json_object_set_new(o, "ready_slots", number(l->ready_slots));
	json_object_set_new(o, "waits", number(l->waits));
	json_object_set_new(o, "nwaits", number(l->nwaits));
	json_object_set_new(o, "pools", number(l->pools));
	json_object_set_new(o, "ring", number(l->ring));
	json_object_set_new(o, "ring_size", number(l->ring_size));
	json_object_set_new(o, "cq_entries", number(l->cq_entries));
	json_object_set_new(o, "sqes", number(l->sqes));
	json_object_set_new(o, "sq_entries", number(l->sq_entries));
	if (l->setup)
		json_object_set_new(o, "setup", number(l->setup));
	json_object_set_new(o, "files", number(ir->p->nfiles));
	json_object_set_new(o, "shared", number(l->shared));
	json_object_set_new(o, "shared_size", number(l->shared_size));
	return o;
}

static json_t *inits(struct ir_program *ir, const struct layout *l)
{
	json_t *list = json_array();
	for (size_t i = 0; i < l->inits.n; i++) {
		const struct init_bytes *b = &l->inits.at[i];
		char *hex = arena_alloc(ir->arena, 2 * (size_t)b->n + 1);
		for (uint32_t k = 0; k < b->n; k++) {
			hex[2 * k] = "0123456789abcdef"[b->bytes[k] >> 4];
			hex[2 * k + 1] = "0123456789abcdef"[b->bytes[k] & 15];
		}
		json_t *pair = json_array();
		json_array_append_new(pair, number(b->offset));
		json_array_append_new(pair, json_string(hex));
		json_array_append_new(list, pair);
	}
	return list;
}

/* The type without its dimensions. */
static const char *element_text(struct arena *a, const struct type *t)
{
	while (t->kind == T_ARRAY)
		t = t->elem;
	return t->kind == T_ENUM ? "s32" : type_text(a, t);
}

static json_t *param(struct ir_program *ir, const struct symbol *v)
{
	const struct decl *d = v->decl;
	json_t *o = json_object();
	json_object_set_new(o, "name", json_string(v->name));
	json_object_set_new(o, "type",
		json_string(v->type->kind == T_ARRAY ? "string" : element_text(ir->arena, v->type)));
	json_object_set_new(o, "kind", json_string(d->kind_name.text ? d->kind_name.text : ""));
	json_object_set_new(o, "help", json_string(d->help ? d->help : ""));
	json_object_set_new(o, "offset", number(v->offset));
	json_object_set_new(o, "size", number(v->type->size));
	json_object_set_new(o, "required", json_boolean(!d->init));
	if (v->type->kind == T_FD)
		json_object_set_new(o, "stream", number(v->stream));
	return o;
}

/* The structs that variables of the host's are made of: one has a number, and what is in it a lower one. */
struct structs {
	struct arena *arena;
	VEC(const struct type *) types;
	json_t *rows;
};

static json_t *fields(struct structs *s, const struct type *t);

static size_t struct_number(struct structs *s, const struct type *t)
{
	for (size_t i = 0; i < s->types.n; i++)
		if (s->types.at[i] == t)
			return i;
	json_t *o = json_object();
	json_object_set_new(o, "name", json_string(t->name));
	json_object_set_new(o, "size", number(t->size));
	json_object_set_new(o, "fields", fields(s, t));
	json_array_append_new(s->rows, o);
	VEC_PUSH(s->arena, &s->types, t);
	return s->types.n - 1;
}

static void set_type(struct structs *s, json_t *o, const struct type *t)
{
	json_t *dims = json_array();
	json_object_set_new(o, "type", json_string(element_text(s->arena, t)));
	json_object_set_new(o, "dims", dims);
	for (; t->kind == T_ARRAY; t = t->elem)
		json_array_append_new(dims, number(t->n));
	if (t->kind == T_STRUCT)
		json_object_set_new(o, "struct", number(struct_number(s, t)));
}

static json_t *fields(struct structs *s, const struct type *t)
{
	json_t *list = json_array();
	for (size_t i = 0; i < t->fields.n; i++) {
		const struct field *f = &t->fields.at[i];
		json_t *o = json_object();
		json_object_set_new(o, "name", json_string(f->name));
		set_type(s, o, f->type);
		json_object_set_new(o, "offset", number(f->offset));
		json_object_set_new(o, "size", number(f->type->size));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *shared(struct structs *s, const struct symbol *v)
{
	json_t *o = json_object();
	json_object_set_new(o, "name", json_string(v->name));
	set_type(s, o, v->type);
	json_object_set_new(o, "offset", number(v->offset));
	json_object_set_new(o, "size", number(v->type->size));
	json_object_set_new(o, "fixed", json_boolean(v->fixed));
	return o;
}

static json_t *region(struct structs *s, const struct symbol *v)
{
	const struct type *element = v->type->elem;
	json_t *o = json_object();
	json_object_set_new(o, "name", json_string(v->name));
	set_type(s, o, element);
	json_object_set_new(o, "size", number(element->size));
	json_object_set_new(o, "fixed", json_boolean(v->fixed));
	json_object_set_new(o, "index", number(v->fixed_index));
	return o;
}

static json_t *vars(struct ir_program *ir, struct structs *s, enum storage storage)
{
	json_t *list = json_array();
	for (size_t i = 0; i < ir->p->vars.n; i++) {
		const struct symbol *v = ir->p->vars.at[i];
		if (v->storage == storage)
			json_array_append_new(list, storage == VAR_PARAM ? param(ir, v) : shared(s, v));
	}
	return list;
}

static json_t *tasks(struct ir_program *ir, const struct layout *l)
{
	json_t *list = json_array();
	for (size_t i = 0; i < ir->tasks.n; i++) {
		const struct ir_fn *t = ir->tasks.at[i];
		json_t *o = json_object(), *states = json_array();
		for (size_t s = 0; s < t->states.n; s++) {
			json_t *state = json_object();
			json_object_set_new(state, "op", json_string(t->states.at[s].op));
			json_object_update_new(state, place(ir, &t->states.at[s].loc));
			json_array_append_new(states, state);
		}
		json_object_set_new(o, "name", json_string(t->sym->name));
		json_object_set_new(o, "count", number(t->sym->count));
		json_object_set_new(o, "pool", number(l->pool[i]));
		json_object_set_new(o, "frame", number(t->offset));
		json_object_set_new(o, "frame_size", number(t->size));
		json_object_set_new(o, "state", number(FRAME_STATE));
		json_object_set_new(o, "since", number(FRAME_SINCE));
		json_object_set_new(o, "node", number(t->node));
		json_object_set_new(o, "nodes", number(t->nodes));
		json_object_set_new(o, "requests", number(t->requests));
		json_object_set_new(o, "states", states);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *queues(struct ir_program *ir)
{
	static const char *const kinds[] = {"", "in", "out"};
	json_t *list = json_array();
	for (size_t i = 0; i < ir->p->queues.n; i++) {
		const struct symbol *q = ir->p->queues.at[i];
		json_t *o = json_object();
		json_object_set_new(o, "name", json_string(q->name));
		json_object_set_new(o, "kind", json_string(kinds[q->queue.kind]));
		json_object_set_new(o, "tag", number(ir->tasks.n + i));
		json_object_set_new(o, "offset", number(q->offset));
		json_object_set_new(o, "size", number(q->queue.size));
		json_object_set_new(o, "n", number(q->queue.n));
		json_object_set_new(o, "capacity", number(q->queue.capacity));
		json_object_set_new(o, "entries", number(q->queue.entries));
		json_object_set_new(o, "slots", number(q->queue.slots));
		json_object_set_new(o, "list", number(q->queue.list));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *pools(struct ir_program *ir, bool zcrx)
{
	json_t *list = json_array();
	for (size_t i = 0; i < ir->p->pools.n; i++) {
		const struct symbol *p = ir->p->pools.at[i];
		if (p->buffers.zcrx != zcrx)
			continue;
		json_t *o = json_object();
		json_object_set_new(o, "name", json_string(p->name));
		json_object_set_new(o, "group", number(p->buffers.group));
		json_object_set_new(o, "n", number(p->buffers.n));
		json_object_set_new(o, "size", number(p->buffers.size));
		json_object_set_new(o, "ring", number(p->buffers.ring->offset));
		json_object_set_new(o, "memory", number(p->buffers.memory->offset));
		json_object_set_new(o, "control", number(p->buffers.control->offset));
		if (zcrx)
			json_object_set_new(o, "pieces", number(p->buffers.pieces));
		if (p->buffers.device) {
			json_object_set_new(o, "device", number(p->buffers.device->offset));
			json_object_set_new(o, "queue", number(p->buffers.queue->offset));
		}
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *sites(struct ir_program *ir)
{
	json_t *list = json_array();
	for (size_t i = 0; i < ir->sites.n; i++) {
		json_t *o = place(ir, &ir->sites.at[i].loc);
		json_object_set_new(o, "what", json_string(ir->sites.at[i].what));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *logs(struct ir_program *ir)
{
	json_t *list = json_array();
	for (size_t i = 0; i < ir->logs.n; i++) {
		json_t *o = place(ir, &ir->logs.at[i].loc), *args = json_array();
		for (size_t k = 0; k < ir->logs.at[i].args.n; k++)
			json_array_append_new(args, json_string(ir->logs.at[i].args.at[k]));
		json_object_set_new(o, "format", json_stringn(ir->logs.at[i].format, ir->logs.at[i].len));
		json_object_set_new(o, "args", args);
		json_array_append_new(list, o);
	}
	return list;
}

/* A wide one is, on a ring whose SQEs all are, another opcode, which is as old as such rings. */
static json_t *ops(struct ir_program *ir, const struct layout *l)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < noperations; i++) {
		const struct operation *op = &operations[i];
		if (!ir->op_used[i])
			continue;
		json_t *o = json_object();
		json_object_set_new(o, "name", json_string(op->name));
		bool other = op->wide && l->setup & RL_SETUP_SQE128;
		json_object_set_new(o, "opcode", number(other ? op->opcode128 : op->opcode));
		json_object_set_new(o, "since", json_string(other ? "5.19" : op->since));
		const struct op_machine *m = operation_machine(op);
		if (m) {
			json_object_set_new(o, "struct", json_string(m->is));
			json_object_set_new(o, "bytes", number(m->bytes));
			json_object_set_new(o, "instead", json_string(m->instead));
		}
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *numbers(const uint32_t *v, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, number(v[i]));
	return list;
}

/* Where the BPF program has its switches, in bytes: those of the step in its section, the others in .text. */
static json_t *trace(struct ir_program *ir, const struct layout *l, const struct bpf_code *program)
{
	json_t *o = json_object();
	VEC(uint32_t) step = {0}, text = {0};
	for (uint32_t n = 0; n < program->n; n++) {
		if (program->how[n] != NATIVE_SWITCH)
			continue;
		if (n < program->step_n)
			VEC_PUSH(ir->arena, &step, n * (uint32_t)sizeof(struct bpf_insn));
		else
			VEC_PUSH(ir->arena, &text, (n - program->step_n) * (uint32_t)sizeof(struct bpf_insn));
	}
	json_object_set_new(o, "records", number(l->trace));
	json_object_set_new(o, "step", numbers(step.at, step.n));
	json_object_set_new(o, "text", numbers(text.at, text.n));
	return o;
}

static json_t *natives(const struct native_step *native, unsigned n)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < n; i++) {
		json_t *o = json_object();
		json_object_set_new(o, "arch", json_string(native[i].arch));
		json_object_set_new(o, "section", json_string(native[i].section));
		json_object_set_new(o, "entry", number(native[i].entry));
		json_object_set_new(o, "switches", numbers(native[i].switches, native[i].nswitches));
		json_array_append_new(list, o);
	}
	return list;
}

struct bytes manifest_make(struct ir_program *ir, struct layout *l, const struct bpf_code *program,
	const struct native_step *native, unsigned n)
{
	struct structs s = {.arena = ir->arena, .rows = json_array()};
	json_t *o = json_object();
	json_object_set_new(o, "ringlet", number(RL_FORMAT));
	json_object_set_new(o, "compiler", json_string(RINGC_VERSION));
	json_object_set_new(o, "source", json_string(ir->p->sources->list.at[ir->p->main->loc.file]->name));
	json_object_set_new(o, "image", image(ir, l));
	json_object_set_new(o, "init", inits(ir, l));
	json_object_set_new(o, "params", vars(ir, &s, VAR_PARAM));
	json_object_set_new(o, "shared", vars(ir, &s, VAR_SHARED));
	if (ir->p->region)
		json_object_set_new(o, "region", region(&s, ir->p->region));
	if (s.types.n)
		json_object_set(o, "structs", s.rows);
	json_decref(s.rows);
	json_object_set_new(o, "tasks", tasks(ir, l));
	json_object_set_new(o, "queues", queues(ir));
	json_object_set_new(o, "buffers", pools(ir, false));
	json_t *zcrx = pools(ir, true);
	if (json_array_size(zcrx))
		json_object_set(o, "zcrx", zcrx);
	json_decref(zcrx);
	json_object_set_new(o, "sites", sites(ir));
	json_object_set_new(o, "logs", logs(ir));
	json_object_set_new(o, "ops", ops(ir, l));
	if (program)
		json_object_set_new(o, "trace", trace(ir, l, program));
	json_object_set_new(o, "native", natives(native, n));
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!text) {
		fprintf(stderr, "ringc: out of memory\n");
		exit(1);
	}
	struct bytes b = {arena_strndup(ir->arena, text, strlen(text)), strlen(text)};
	free(text);
	return b;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * graph.c: a script's tasks as a graph, in Graphviz's language: a node for each place where a task waits, an
 * edge for each way from one to the next, and what goes to and comes from queues and other tasks on the way.
 */
#include "graph.h"
#include <stdlib.h>
#include <string.h>

struct walk {
	const struct ir_program *ir;
	FILE *out;
	const struct ir_fn *task;
	size_t from;                      /* the state that is left */
	bool *seen;                       /* blocks of the task */
	VEC(const struct ir_fn *) called; /* on the way from this state */
	VEC(struct ir_block *) todo;
	VEC(const char *) edges; /* of this task, each once */
};

static void quote(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', out);
		fputc(*s, out);
	}
	fputc('"', out);
}

static const char *file_name(const struct ir_program *ir, const struct loc *loc)
{
	return ir->p->sources->list.at[loc->file]->name;
}

/* A place in the source may be many states: what a defer does is done on each way out, and a function that
 * awaits is expanded where it is called. The first of them stands for all. */
static size_t place(const struct ir_fn *task, size_t i)
{
	const struct ir_state *s = &task->states.at[i];
	for (size_t k = 1; k < i; k++) {
		const struct ir_state *o = &task->states.at[k];
		if (o->loc.file == s->loc.file && o->loc.begin == s->loc.begin && !strcmp(o->op, s->op))
			return k;
	}
	return i;
}

/* ---- nodes ---- */

static void print_state(const struct ir_program *ir, const struct ir_fn *task, size_t i, FILE *out)
{
	const struct ir_state *s = &task->states.at[i];
	uint32_t line, col;

	if (!i) {
		fprintf(out, "\t\t\"%s:0\" [label=\"start\", shape=circle];\n", task->sym->name);
		return;
	}
	source_position(ir->p->sources, s->loc.file, s->loc.begin, &line, &col);
	fprintf(out, "\t\t\"%s:%zu\" [label=\"%s\\n%s:%u\"];\n", task->sym->name, i, s->op,
		file_name(ir, &s->loc), line);
}

static void print_task(const struct ir_program *ir, const struct ir_fn *task, FILE *out)
{
	const char *name = task->sym->name;
	char title[300];

	snprintf(title, sizeof title, task->sym->count > 1 ? "%s[%u]" : "%s", name,
		(unsigned)task->sym->count);
	fprintf(out, "\tsubgraph \"cluster_%s\" {\n\t\tlabel=", name);
	quote(out, title);
	fputs(";\n", out);
	for (size_t i = 0; i < task->states.n; i++)
		if (place(task, i) == i)
			print_state(ir, task, i, out);
	fprintf(out, "\t\t\"%s:end\" [label=\"end\", shape=doublecircle];\n\t}\n", name);
}

static bool is_queue(const struct symbol *s)
{
	return s && s->kind == SYM_VAR && s->storage == VAR_QUEUE;
}

static void print_queue(const struct symbol *q, FILE *out)
{
	static const char *const hosts[] = {"", " : in", " : out"};
	fprintf(out, "\t\"queue %s\" [label=\"cq %s", q->name, q->name);
	if (q->queue.n > 1)
		fprintf(out, "[%u]", q->queue.n);
	fprintf(out, "[%u]%s\", shape=cds];\n", q->queue.capacity, hosts[q->queue.kind]);
	if (q->queue.kind == QUEUE_IN)
		fprintf(out, "\thost -> \"queue %s\";\n", q->name);
	else if (q->queue.kind == QUEUE_OUT)
		fprintf(out, "\t\"queue %s\" -> host;\n", q->name);
}

/* ---- edges ---- */

static void edge(struct walk *w, const char *from, const char *to, const char *rest)
{
	const char *text = arena_printf(w->ir->arena, "\t\"%s\" -> \"%s\"%s;\n", from, to, rest);
	for (size_t i = 0; i < w->edges.n; i++)
		if (!strcmp(w->edges.at[i], text))
			return;
	VEC_PUSH(w->ir->arena, &w->edges, text);
	fputs(text, w->out);
}

static const char *state_name(const struct walk *w, size_t state)
{
	return arena_printf(w->ir->arena, "%s:%zu", w->task->sym->name, place(w->task, state));
}

static const char *named(const struct walk *w, const char *format, const struct symbol *s)
{
	return arena_printf(w->ir->arena, format, s->name);
}

/* The state in which control is when the block is begun. */
static size_t state_at(const struct walk *w, const struct ir_block *b)
{
	for (size_t i = 0; i < w->task->states.n; i++)
		if (w->task->states.at[i].block == b)
			return i;
	return 0;
}

static const struct symbol *queue_of(const struct ir_ins *ins)
{
	return is_queue(ins->addr.var) ? ins->addr.var : is_queue(ins->sym) ? ins->sym : NULL;
}

/* What an instruction has to do with others, while the task is under way from a state. */
static void look(struct walk *w, const struct ir_ins *ins)
{
	const struct symbol *q = queue_of(ins);
	const char *here = state_name(w, w->from);

	switch (ins->op) {
	case IR_SPAWN:
	case IR_ARM_START:
		edge(w, here, named(w, "%s:0", ins->sym), " [style=dashed, label=\"spawn\"]");
		break;
	case IR_SUBMIT:
		if (q)
			edge(w, here, named(w, "queue %s", q),
				arena_printf(
					w->ir->arena, " [style=dotted, label=\"%s\"]", ins->operation->name));
		break;
	case IR_EMIT:
		if (q)
			edge(w, here, named(w, "queue %s", q), " [style=dotted, label=\"emit\"]");
		break;
	case IR_REAP:
	case IR_RUN:
		if (q)
			edge(w, named(w, "queue %s", q), here, " [style=dotted]");
		break;
	case IR_CALL:
		VEC_PUSH(w->ir->arena, &w->called, ins->sym->ir);
		break;
	default:
		break;
	}
}

/* The end of a block in which the task waits, or ends. */
static void leave(struct walk *w, const struct ir_ins *last)
{
	const struct symbol *q = queue_of(last);
	const char *here = state_name(w, w->from);

	if (last->op == IR_END) {
		edge(w, here, named(w, "%s:end", w->task->sym), "");
		return;
	}
	if (!last->t)
		return;
	const char *next = state_name(w, state_at(w, last->t));
	edge(w, here, next, "");
	if (q)
		edge(w, named(w, "queue %s", q), next, " [style=dotted]");
}

/* Where all of a pool have ended, the task goes on at once; it comes back to the same place otherwise. */
static void wait_for_pool(struct walk *w, const struct ir_ins *last)
{
	const char *next = state_name(w, last->state);
	if (w->from != last->state)
		edge(w, state_name(w, w->from), next, "");
	edge(w, named(w, "%s:end", last->sym), next, " [style=dashed, label=\"await all\"]");
}

static void enter(void *arg, struct ir_block *b)
{
	struct walk *w = arg;
	if (w->seen[b->id])
		return;
	w->seen[b->id] = true;
	VEC_PUSH(w->ir->arena, &w->todo, b);
}

/* Functions that do not await do what they do at once. */
static void look_into_called(struct walk *w)
{
	for (size_t i = 0; i < w->called.n; i++) {
		const struct ir_fn *fn = w->called.at[i];
		bool again = !fn;
		for (size_t k = 0; k < i; k++)
			again |= w->called.at[k] == fn;
		for (size_t b = 0; !again && b < fn->blocks.n; b++)
			for (size_t k = 0; k < fn->blocks.at[b]->ins.n; k++)
				look(w, fn->blocks.at[b]->ins.at[k]);
	}
}

static void print_ways(struct walk *w)
{
	memset(w->seen, 0, w->task->blocks.n);
	w->todo.n = w->called.n = 0;
	enter(w, w->task->states.at[w->from].block);
	while (w->todo.n) {
		struct ir_block *b = w->todo.at[--w->todo.n];
		const struct ir_ins *last = b->ins.at[b->ins.n - 1];
		for (size_t i = 0; i < b->ins.n; i++)
			look(w, b->ins.at[i]);
		if (last->op == IR_AWAIT_ALL)
			wait_for_pool(w, last);
		if (ir_suspends(last->op) || last->op == IR_END)
			leave(w, last);
		else if (last->op != IR_AWAIT_ALL || w->from == last->state)
			ir_successors(b, false, enter, w);
	}
	look_into_called(w);
}

void graph_print(const struct ir_program *ir, FILE *out)
{
	fputs("digraph script {\n\trankdir=TB;\n\tnode [shape=box, fontname=\"sans-serif\"];\n"
	      "\tedge [fontname=\"sans-serif\"];\n",
		out);
	for (size_t i = 0; i < ir->tasks.n; i++)
		print_task(ir, ir->tasks.at[i], out);
	for (size_t i = 0; i < ir->p->vars.n; i++)
		if (is_queue(ir->p->vars.at[i]))
			print_queue(ir->p->vars.at[i], out);
	for (size_t i = 0; i < ir->tasks.n; i++) {
		struct walk w = {.ir = ir, .out = out, .task = ir->tasks.at[i]};
		w.seen = arena_alloc(ir->arena, w.task->blocks.n + 1);
		for (w.from = 0; w.from < w.task->states.n; w.from++)
			print_ways(&w);
	}
	fputs("}\n", out);
}

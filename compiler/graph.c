/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * graph.c: a script's tasks as a graph, in Graphviz's language: a node for each place where a task waits, an
 * edge for each way from one to the next, what goes to and comes from queues and other tasks on the way, and
 * what the linter has found there.
 */
#include "graph.h"
#include <stdlib.h>
#include <string.h>

struct graph {
	const struct ir_program *ir;
	const struct graph_marks *marks;
	FILE *out;
};

struct walk {
	const struct graph *g;
	struct arena *arena;
	const struct ir_fn *task;
	size_t from;                      /* the state that is left */
	VEC(const struct ir_fn *) called; /* on the way from this state */
	VEC(const char *) edges;          /* of this task, each once */
};

static const char *file_name(const struct ir_program *ir, const struct loc *loc)
{
	return ir->p->sources->list.at[loc->file]->name;
}

/* ---- nodes ---- */

/* The end of a label, and of the attributes. */
static void close_label(const struct graph_mark *mark, const char *rest, FILE *out)
{
	fprintf(out, "%s%s\"%s%s];\n", *mark->codes ? "\\n" : "", mark->codes, rest, mark->attributes);
}

static void print_state(const struct graph *g, const struct ir_fn *task, size_t i)
{
	const struct ir_state *s = &task->states.at[i];
	const struct graph_place place = {.kind = GRAPH_SITE, .task = task, .from = i};
	const struct graph_mark mark = graph_mark_at(g->marks, &place);
	uint32_t line, col;

	fprintf(g->out, "\t\t\"%s:%zu\" [label=\"", task->sym->name, i);
	if (!i) {
		fputs("start\", shape=circle];\n", g->out);
		return;
	}
	source_position(g->ir->p->sources, s->loc.file, s->loc.begin, &line, &col);
	fprintf(g->out, "%s\\n%s:%u", graph_escape(g->ir->arena, s->op),
		graph_escape(g->ir->arena, file_name(g->ir, &s->loc)), line);
	close_label(&mark, "", g->out);
}

static void print_task(const struct graph *g, const struct ir_fn *task)
{
	const struct graph_place place = {.kind = GRAPH_TASK, .task = task};
	const struct graph_mark mark = graph_mark_at(g->marks, &place);
	const char *name = task->sym->name;

	fprintf(g->out, "\tsubgraph \"cluster_%s\" {\n\t\tgraph [label=\"%s", name, name);
	if (task->sym->count > 1)
		fprintf(g->out, "[%u]", (unsigned)task->sym->count);
	close_label(&mark, "", g->out);
	for (size_t i = 0; i < task->states.n; i++)
		if (graph_site(task, i) == i)
			print_state(g, task, i);
	fprintf(g->out, "\t\t\"%s:end\" [label=\"end\", shape=doublecircle];\n\t}\n", name);
}

static bool is_queue(const struct symbol *s)
{
	return s && s->kind == SYM_VAR && s->storage == VAR_QUEUE;
}

static void print_queue(const struct graph *g, const struct symbol *q)
{
	static const char *const hosts[] = {"", " : in", " : out"};
	const struct graph_place place = {.kind = GRAPH_QUEUE, .queue = q};
	const struct graph_mark mark = graph_mark_at(g->marks, &place);

	fprintf(g->out, "\t\"queue %s\" [label=\"cq %s", q->name, q->name);
	if (q->queue.n > 1)
		fprintf(g->out, "[%u]", q->queue.n);
	fprintf(g->out, "[%u]%s", q->queue.capacity, hosts[q->queue.kind]);
	close_label(&mark, ", shape=cds", g->out);
	if (q->queue.kind == QUEUE_IN)
		fprintf(g->out, "\thost -> \"queue %s\";\n", q->name);
	else if (q->queue.kind == QUEUE_OUT)
		fprintf(g->out, "\t\"queue %s\" -> host;\n", q->name);
}

/* Findings that no part of the graph stands for, at its side. */
static void print_rest(const struct graph *g)
{
	const struct graph_place nowhere = {.kind = GRAPH_NOWHERE};
	const struct graph_mark mark = graph_mark_at(g->marks, &nowhere);
	if (*mark.codes)
		fprintf(g->out, "\t\"findings\" [label=\"%s\", shape=note%s];\n", mark.lines,
			mark.attributes);
}

/* ---- edges ---- */

static void edge(struct walk *w, const char *from, const char *to, const char *rest)
{
	const char *text = arena_printf(w->arena, "\t\"%s\" -> \"%s\"%s;\n", from, to, rest);
	for (size_t i = 0; i < w->edges.n; i++)
		if (!strcmp(w->edges.at[i], text))
			return;
	VEC_PUSH(w->arena, &w->edges, text);
	fputs(text, w->g->out);
}

static const char *named(const struct walk *w, const char *format, const struct symbol *s)
{
	return arena_printf(w->arena, format, s->name);
}

static const char *state_name(const struct walk *w, size_t state)
{
	return state == WAY_END
		       ? named(w, "%s:end", w->task->sym)
		       : arena_printf(w->arena, "%s:%zu", w->task->sym->name, graph_site(w->task, state));
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
					w->arena, " [style=dotted, label=\"%s\"]", ins->operation->name));
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
		VEC_PUSH(w->arena, &w->called, ins->sym->ir);
		break;
	default:
		break;
	}
}

/* The end of a block in which the task waits, or ends. */
static void leave(struct walk *w, const struct ir_block *b)
{
	const struct ir_ins *last = b->ins.at[b->ins.n - 1];
	const struct symbol *q = queue_of(last);
	size_t to = graph_way_leads(w->task, w->from, b);

	if (to != WAY_NOWHERE) {
		const struct graph_place way = {GRAPH_WAY, w->task, graph_site(w->task, w->from), to, NULL};
		const struct graph_mark mark = graph_mark_at(w->g->marks, &way);
		edge(w, state_name(w, w->from), state_name(w, to),
			*mark.codes ? arena_printf(w->arena, " [label=\"%s\"%s]", mark.codes, mark.attributes)
				    : "");
		if (q && last->op != IR_END)
			edge(w, named(w, "queue %s", q), state_name(w, to), " [style=dotted]");
	}
	if (last->op == IR_AWAIT_ALL)
		edge(w, named(w, "%s:end", last->sym), state_name(w, last->state),
			" [style=dashed, label=\"await all\"]");
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
	block_vec ways = {0};

	w->called.n = 0;
	graph_ways(w->arena, w->task, w->from, w->task->states.at[w->from].block, &ways);
	for (size_t i = 0; i < ways.n; i++) {
		const struct ir_block *b = ways.at[i];
		for (size_t k = 0; k < b->ins.n; k++)
			look(w, b->ins.at[k]);
		leave(w, b);
	}
	look_into_called(w);
}

void graph_print(const struct ir_program *ir, const struct graph_marks *marks, FILE *out)
{
	const struct graph g = {ir, marks, out};

	fputs("digraph script {\n\trankdir=TB;\n\tnode [shape=box, fontname=\"sans-serif\"];\n"
	      "\tedge [fontname=\"sans-serif\"];\n",
		out);
	for (size_t i = 0; i < ir->tasks.n; i++)
		print_task(&g, ir->tasks.at[i]);
	for (size_t i = 0; i < ir->p->vars.n; i++)
		if (is_queue(ir->p->vars.at[i]))
			print_queue(&g, ir->p->vars.at[i]);
	for (size_t i = 0; i < ir->tasks.n; i++) {
		struct walk w = {.g = &g, .arena = ir->arena, .task = ir->tasks.at[i]};
		for (w.from = 0; w.from < w.task->states.n; w.from++)
			print_ways(&w);
	}
	print_rest(&g);
	fputs("}\n", out);
}

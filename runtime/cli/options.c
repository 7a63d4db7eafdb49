/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* options.c: ringlet run's command line: options, then programs with their parameters. */
#include <ctype.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const char *command = "run";

static int usage(const char *what, const char *which)
{
	fprintf(stderr, "ringlet %s: %s%s (see ringlet --help)\n", command, what, which);
	return EXIT_USAGE;
}

static int no_memory(void)
{
	fprintf(stderr, "ringlet: out of memory\n");
	return EXIT_FAILED;
}

/* PROGRAM [NAME=VALUE...] [-- PROGRAM [NAME=VALUE...]]... */
static int parse_programs(int argc, char **argv, struct run_options *o)
{
	for (int i = 0; i <= argc; i++) {
		struct program *p = &o->programs[o->nprograms++];

		if (i == argc || strcmp(argv[i], "--") == 0)
			return usage("no program given", o->nprograms > 1 ? " after `--`" : "");
		p->path = argv[i++];
		p->cpu = -1;
		p->args = argv + i;
		for (; i < argc && strcmp(argv[i], "--") != 0; i++)
			p->nargs++;
		if (i == argc)
			break;
	}
	return EXIT_OK;
}

/* The one program on so many rings, on the processors that there are in turn; 0: one on each. */
static int make_rings(struct run_options *o, const char *text)
{
	struct program *all, one = o->programs[0];
	unsigned long n;
	cpu_set_t may;
	char *end;
	int cpu = -1;

	if (o->nprograms > 1)
		return usage("--rings is for one program, and here are several", "");
	n = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || n > RINGLET_GROUP_MAX ||
		sched_getaffinity(0, sizeof(may), &may))
		return usage("not a number of rings: --rings=", text);
	n = n ? n : (unsigned long)CPU_COUNT(&may);
	all = calloc(n, sizeof(*all));
	if (!all)
		return no_memory();
	for (unsigned long i = 0; i < n; i++) {
		do
			cpu = (cpu + 1) % CPU_SETSIZE;
		while (!CPU_ISSET((size_t)cpu, &may));
		all[i] = one;
		all[i].cpu = cpu;
	}
	free(o->programs);
	o->programs = all;
	o->nprograms = (int)n;
	o->lib.reuse_port = o->rings = true;
	return EXIT_OK;
}

static void number_programs(struct run_options *o)
{
	for (int i = 0; o->nprograms > 1 && i < o->nprograms; i++)
		snprintf(o->programs[i].prefix, sizeof(o->programs[i].prefix), "%d.", i + 1);
}

/* What is said of no ring in particular is shown of each. */
static int show_all_rings(struct run_options *o)
{
	struct name *all = calloc((size_t)(o->nshows * o->nprograms) + 1, sizeof(*all));
	int n = 0;

	if (!all)
		return no_memory();
	for (int i = 0; i < o->nshows; i++) {
		char *text = o->shows[i].text;
		bool one = text[strspn(text, "0123456789")] == '.';

		for (int k = 0; k < (one ? 1 : o->nprograms); k++)
			all[n++] = (struct name){.program = one ? NULL : &o->programs[k], .text = text};
	}
	free(o->shows);
	o->shows = all;
	o->nshows = n;
	return EXIT_OK;
}

/* Takes [INDEX] off the end. */
static bool parse_index(struct name *n)
{
	char *open = strchr(n->text, '['), *end;
	unsigned long index;

	if (!open)
		return true;
	if (!isdigit((unsigned char)open[1]))
		return false;
	index = strtoul(open + 1, &end, 10);
	if (strcmp(end, "]") != 0 || index > UINT32_MAX)
		return false;
	n->index = (unsigned)index;
	*open = '\0';
	return true;
}

/* Of which program a name is, and the rest of it. */
static int parse_name(const struct run_options *o, struct name *n, bool indexed)
{
	size_t digits = strspn(n->text, "0123456789");
	unsigned long number = 1;

	if (n->program)
		return EXIT_OK;
	if (digits && n->text[digits] == '.') {
		number = strtoul(n->text, NULL, 10);
		if (number < 1 || number > (unsigned long)o->nprograms)
			return usage("there is no program of that number: ", n->text);
		n->text += digits + 1;
	} else if (o->nprograms > 1) {
		return usage("which program's? Say 1. or another number before the name: ", n->text);
	}
	n->program = &o->programs[number - 1];
	if (!*n->text || (indexed && !parse_index(n)))
		return usage("not a name: ", n->text);
	return EXIT_OK;
}

/* Cuts it at the `=`: what stands behind, or NULL. */
static char *cut(char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text || !equals[1])
		return NULL;
	*equals = '\0';
	return equals + 1;
}

#define WATCHDOG_SECONDS 10 /* if nothing is said */
#define WATCHDOG_MOST 1000000

/* With or without a fraction. */
static int parse_watchdog(const char *text, struct run_options *o)
{
	char *end;
	double seconds = strtod(text, &end);

	if (!*text || text[strspn(text, "0123456789.")] || *end || seconds > WATCHDOG_MOST)
		return usage("not a number of seconds: --watchdog=", text);
	o->lib.watchdog_ms = (unsigned)(seconds * 1000 + 0.999); /* 0 is never */
	return EXIT_OK;
}

static int parse_option(char *a, struct run_options *o, const char **rings)
{
	if (strcmp(a, "--engine=auto") == 0)
		o->lib.engine = RINGLET_AUTO;
	else if (strcmp(a, "--engine=kernel") == 0)
		o->lib.engine = RINGLET_KERNEL;
	else if (strcmp(a, "--engine=user") == 0)
		o->lib.engine = RINGLET_USER;
	else if (strncmp(a, "--watchdog=", 11) == 0)
		return parse_watchdog(a + 11, o);
	else if (strcmp(a, "--stats") == 0)
		o->stats = true;
	else if (strncmp(a, "--show=", 7) == 0)
		o->shows[o->nshows++].text = a + 7;
	else if (strncmp(a, "--core=", 7) == 0 && a[7])
		o->core = a + 7;
	else if (strncmp(a, "--post=", 7) == 0)
		o->posts[o->nposts++].queue.text = a + 7;
	else if (strncmp(a, "--connect=", 10) == 0)
		o->connections[o->nconnections++].from.text = a + 10;
	else if (strncmp(a, "--rings=", 8) == 0)
		*rings = a + 8;
	else if (o->trace && strncmp(a, "-o", 2) == 0)
		o->timeline = a + 2;
	else if (o->trace && strncmp(a, "--histograms=", 13) == 0)
		o->histograms = a + 13;
	else if (strcmp(a, "--events") == 0)
		o->events = true;
	else if (strcmp(a, "--quiet") == 0 || strcmp(a, "-q") == 0)
		o->quiet = true;
	else if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0)
		o->help = true;
	else
		return usage("unknown option ", a);
	return EXIT_OK;
}

/* When it is known how many programs there are. */
static int resolve(struct run_options *o)
{
	int status = EXIT_OK;

	for (int i = 0; !status && i < o->nshows; i++)
		status = parse_name(o, &o->shows[i], false);
	for (int i = 0; !status && i < o->nposts; i++) {
		struct post *p = &o->posts[i];

		p->path = cut(p->queue.text);
		status = p->path ? parse_name(o, &p->queue, true)
				 : usage("not QUEUE=FILE: --post=", p->queue.text);
	}
	for (int i = 0; !status && i < o->nconnections; i++) {
		struct connection *c = &o->connections[i];

		c->to.text = cut(c->from.text);
		status = c->to.text ? parse_name(o, &c->from, true)
				    : usage("not QUEUE=QUEUE: --connect=", c->from.text);
		if (!status)
			status = parse_name(o, &c->to, true);
	}
	return status;
}

int options_parse(int argc, char **argv, struct run_options *o)
{
	size_t most = (size_t)argc + 1;
	const char *rings = NULL;
	int i, status = EXIT_OK;

	*o = (struct run_options){.lib = {.size = sizeof(o->lib), .watchdog_ms = WATCHDOG_SECONDS * 1000}};
	command = argv[0];
	o->trace = strcmp(command, "trace") == 0;
	o->programs = calloc(most, sizeof(*o->programs));
	o->shows = calloc(most, sizeof(*o->shows));
	o->posts = calloc(most, sizeof(*o->posts));
	o->connections = calloc(most, sizeof(*o->connections));
	if (!o->programs || !o->shows || !o->posts || !o->connections)
		return no_memory();
	for (i = 1; !status && i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		status = parse_option(argv[i], o, &rings);
		/* The one option whose value may be a word of its own, as in ringc's. */
		if (o->timeline && !*o->timeline)
			o->timeline = i + 1 < argc ? argv[++i] : NULL;
	}
	if (!status)
		status = parse_programs(argc - i, argv + i, o);
	if (!status && rings)
		status = make_rings(o, rings);
	number_programs(o);
	if (!status && o->rings && o->nprograms > 1)
		status = show_all_rings(o);
	return status ? status : resolve(o);
}

void options_free(struct run_options *o)
{
	free(o->programs);
	free(o->shows);
	free(o->posts);
	free(o->connections);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * trace.c: ringlet trace: what the library tells of awaits, as a timeline (the trace event format, which
 * Chrome and Perfetto read: a process for each program, a thread for each instance), and as a histogram for
 * each place. While a program runs its records are copied, which is all that it waits for; awaits are made of
 * them when all have ended, or, since that takes more, when there is no memory left for copies.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cli.h"
#include "histogram.h"

/* For the records of all programs together, and at least for those of one. */
#define RECORDS_BYTES ((size_t)16 << 20)
#define RECORDS_LEAST ((size_t)64 << 10)

/* Copied at a time. More than some KiB the C library moves by `rep movsb`: slow where it is not made for
 * that, and a machine that counts instructions counts each byte. */
#define PIECE ((size_t)1 << 10)

/* Of a program: records that no awaits were made of. */
struct copy {
	unsigned char *at;
	size_t n, size;
};

/* Where an await stands: in which task of which program. */
struct site {
	int program;
	struct ringlet_trace at; /* the strings are the library's until ringlet_close */
	struct histogram took;
};

/* A line of the timeline. */
struct track {
	int program;
	const char *task;
	unsigned self;
};

struct tracer {
	const struct run_options *o;
	pthread_mutex_t lock;        /* programs run in threads */
	FILE *timeline, *histograms; /* NULL: not asked for */
	bool any;                    /* something is in the timeline */
	struct copy *copies;         /* by program */
	struct site **sites;
	struct track *tracks;
	size_t nsites, ntracks, *slots, nslots; /* slots: numbers of tracks + 1, by hash; a power of two */
};

static void *need(void *p)
{
	if (!p) {
		fprintf(stderr, "ringlet: out of memory\n");
		exit(EXIT_FAILED);
	}
	return p;
}

/* ---- JSON ---- */

static void put_string(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', f);
		if ((unsigned char)*s < ' ')
			fprintf(f, "\\u%04x", (unsigned)*s);
		else
			fputc(*s, f);
	}
	fputc('"', f);
}

static void put_us(FILE *f, const char *key, uint64_t ns)
{
	fprintf(f, ",\"%s\":%" PRIu64 ".%03u", key, ns / 1000, (unsigned)(ns % 1000));
}

/* An event's begin, up to its name. */
static void begin_event(struct tracer *t, const char *phase, int program, size_t track)
{
	fprintf(t->timeline, "%s\n{\"ph\":\"%s\",\"pid\":%d,\"tid\":%zu,\"name\":", t->any ? "," : "", phase,
		program + 1, track + 1);
	t->any = true;
}

static void name_it(struct tracer *t, const char *what, int program, size_t track, const char *name)
{
	begin_event(t, "M", program, track);
	fprintf(t->timeline, "\"%s\",\"args\":{\"name\":", what);
	put_string(t->timeline, name);
	fputs("}}", t->timeline);
}

/* ---- the timeline ---- */

static size_t slot_of(const struct tracer *t, const struct track *k)
{
	uint64_t h = ((uintptr_t)k->task / 16 + k->self + (uint64_t)k->program * 7919) * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(h >> 32) & (t->nslots - 1);

	for (; t->slots[i]; i = (i + 1) & (t->nslots - 1)) {
		const struct track *o = &t->tracks[t->slots[i] - 1];

		if (o->task == k->task && o->self == k->self && o->program == k->program)
			break;
	}
	return i;
}

static void grow(struct tracer *t)
{
	t->nslots = t->nslots ? 2 * t->nslots : 64;
	free(t->slots);
	t->slots = need(calloc(t->nslots, sizeof(*t->slots)));
	t->tracks = need(realloc(t->tracks, t->nslots / 2 * sizeof(*t->tracks)));
	for (size_t i = 0; i < t->ntracks; i++)
		t->slots[slot_of(t, &t->tracks[i])] = i + 1;
}

/* Of that instance, with its name where it is a new one. */
static size_t track_of(struct tracer *t, int program, const struct ringlet_trace *a)
{
	const struct track k = {program, a->task, a->self};
	char name[256];
	size_t i;

	if (2 * t->ntracks == t->nslots)
		grow(t);
	i = slot_of(t, &k);
	if (t->slots[i])
		return t->slots[i] - 1;
	t->tracks[t->ntracks] = k;
	t->slots[i] = ++t->ntracks;
	snprintf(name, sizeof(name), "%s[%u]", a->task, a->self);
	name_it(t, "thread_name", program, t->ntracks - 1, name);
	return t->ntracks - 1;
}

static void draw(struct tracer *t, int program, const struct ringlet_trace *a)
{
	size_t track = track_of(t, program, a);

	begin_event(t, "X", program, track);
	put_string(t->timeline, a->op);
	put_us(t->timeline, "ts", a->begun_ns);
	put_us(t->timeline, "dur", a->ended_ns - a->begun_ns);
	fputs(",\"args\":{\"file\":", t->timeline);
	put_string(t->timeline, a->file);
	fprintf(t->timeline, ",\"line\":%u,\"column\":%u}}", a->line, a->column);
}

/* ---- histograms ---- */

/* Rings of one script are counted together. */
static bool is_at(const struct tracer *t, const struct site *s, int program, const struct ringlet_trace *a)
{
	return s->at.line == a->line && s->at.column == a->column && (s->program == program || t->o->rings) &&
	       strcmp(s->at.task, a->task) == 0 && strcmp(s->at.op, a->op) == 0 &&
	       strcmp(s->at.file, a->file) == 0;
}

static struct site *site_of(struct tracer *t, int program, const struct ringlet_trace *a)
{
	struct site *s;

	for (size_t i = 0; i < t->nsites; i++)
		if (is_at(t, t->sites[i], program, a))
			return t->sites[i];
	t->sites = need(realloc(t->sites, (t->nsites + 1) * sizeof(struct site *)));
	s = t->sites[t->nsites++] = need(calloc(1, sizeof(*s)));
	s->program = program;
	s->at = *a;
	return s;
}

static const char *duration(uint64_t ns, char text[16])
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	double v = (double)ns;
	unsigned u = 0;

	for (; v >= 1000 && u < 3; u++)
		v /= 1000;
	snprintf(text, 16, "%.*f %s", u && v < 100 ? 1 : 0, v, units[u]);
	return text;
}

static void print_text(const struct tracer *t)
{
	char text[5][16];

	fprintf(stderr, "%10s %9s %9s %9s %9s %9s  await\n", "count", "least", "50%", "90%", "99%", "most");
	for (size_t i = 0; i < t->nsites; i++) {
		const struct site *s = t->sites[i];
		const struct histogram *h = &s->took;

		fprintf(stderr, "%10" PRIu64 " %9s %9s %9s %9s %9s  %s%s:%u: %s (task %s)\n", h->n,
			duration(h->least, text[0]), duration(histogram_percentile(h, 50), text[1]),
			duration(histogram_percentile(h, 90), text[2]),
			duration(histogram_percentile(h, 99), text[3]), duration(h->most, text[4]),
			t->o->rings ? "" : t->o->programs[s->program].prefix, s->at.file, s->at.line,
			s->at.op, s->at.task);
	}
}

static void print_json(const struct tracer *t)
{
	static const unsigned percents[] = {50, 90, 99};
	FILE *f = t->histograms;

	fputc('[', f);
	for (size_t i = 0; i < t->nsites; i++) {
		const struct site *s = t->sites[i];
		const struct histogram *h = &s->took;
		const char *comma = "";

		fprintf(f, "%s\n{\"program\":", i ? "," : "");
		put_string(f, t->o->programs[s->program].path);
		fputs(",\"task\":", f);
		put_string(f, s->at.task);
		fputs(",\"op\":", f);
		put_string(f, s->at.op);
		fputs(",\"file\":", f);
		put_string(f, s->at.file);
		fprintf(f, ",\"line\":%u,\"column\":%u,\"count\":%" PRIu64 ",\"min_ns\":%" PRIu64, s->at.line,
			s->at.column, h->n, h->least);
		for (unsigned k = 0; k < 3; k++)
			fprintf(f, ",\"p%u_ns\":%" PRIu64, percents[k], histogram_percentile(h, percents[k]));
		fprintf(f, ",\"max_ns\":%" PRIu64 ",\"buckets\":[", h->most);
		for (unsigned b = 0; b < HISTOGRAM_BUCKETS; b++) {
			if (!h->bucket[b])
				continue;
			fprintf(f, "%s[%" PRIu64 ",%" PRIu64 "]", comma, histogram_limit(b), h->bucket[b]);
			comma = ",";
		}
		fputs("]}", f);
	}
	fputs("\n]\n", f);
}

/* ---- all ---- */

static void take(struct tracer *t, int program, const void *records, size_t size)
{
	struct ringlet_trace a;

	pthread_mutex_lock(&t->lock);
	while (ringlet_trace_next(t->o->programs[program].r, &records, &size, &a)) {
		histogram_add(&site_of(t, program, &a)->took, a.ended_ns - a.begun_ns);
		if (t->timeline)
			draw(t, program, &a);
	}
	pthread_mutex_unlock(&t->lock);
}

static void take_copies(struct tracer *t, int program)
{
	struct copy *c = &t->copies[program];

	take(t, program, c->at, c->n);
	c->n = 0;
}

static void recorded(void *arg, struct ringlet *r, const void *records, size_t size)
{
	struct tracer *t = arg;
	struct copy *c;
	int program = 0;

	while (t->o->programs[program].r != r)
		program++;
	c = &t->copies[program];
	if (c->size - c->n < size)
		take_copies(t, program);
	if (c->size < size) {
		take(t, program, records, size);
		return;
	}
	for (size_t i = 0, n; i < size; i += n, c->n += n) {
		n = size - i < PIECE ? size - i : PIECE;
		memcpy(c->at + c->n, (const char *)records + i, n);
	}
}

/* All there: a page fault costs more than many an await. */
static void make_copies(struct tracer *t)
{
	size_t n = (size_t)t->o->nprograms,
	       size = RECORDS_BYTES / (n ? n : 1) / RECORDS_LEAST * RECORDS_LEAST;

	t->copies = need(calloc(n + 1, sizeof(*t->copies)));
	for (size_t i = 0; i < n; i++) {
		struct copy *c = &t->copies[i];

		c->size = size < RECORDS_LEAST ? RECORDS_LEAST : size;
		c->at = mmap(NULL, c->size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		need(c->at == MAP_FAILED ? NULL : c->at);
	}
}

static FILE *open_output(const char *path, bool *ok)
{
	FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");

	if (!f)
		fprintf(stderr, "ringlet: %s: %s\n", path, strerror(errno));
	*ok = *ok && f;
	return f;
}

struct tracer *tracer_open(struct run_options *o)
{
	struct tracer *t = need(calloc(1, sizeof(*t)));
	bool ok = true;

	t->o = o;
	pthread_mutex_init(&t->lock, NULL);
	if (o->timeline)
		t->timeline = open_output(o->timeline, &ok);
	if (o->histograms)
		t->histograms = open_output(o->histograms, &ok);
	if (!ok) {
		tracer_close(t);
		return NULL;
	}
	make_copies(t);
	o->lib.trace = recorded;
	o->lib.trace_arg = t;
	if (!t->timeline)
		return t;
	fputs("{\"traceEvents\":[", t->timeline);
	for (int i = 0; i < o->nprograms; i++)
		name_it(t, "process_name", i, 0, o->programs[i].path);
	return t;
}

void tracer_report(struct tracer *t)
{
	for (int i = 0; i < t->o->nprograms; i++)
		take_copies(t, i);
	if (t->histograms)
		print_json(t);
	else
		print_text(t);
}

static bool close_output(FILE *f)
{
	bool ok = f == stdout ? output_is_written() : !f || (!ferror(f) && !fclose(f));

	if (!ok && f != stdout)
		fprintf(stderr, "ringlet: writing what was traced: %s\n", strerror(errno));
	return ok;
}

bool tracer_close(struct tracer *t)
{
	bool ok;

	if (!t)
		return true;
	if (t->timeline)
		fputs("\n]}\n", t->timeline);
	ok = close_output(t->timeline);
	ok = close_output(t->histograms) && ok;
	for (size_t i = 0; i < t->nsites; i++)
		free(t->sites[i]);
	for (int i = 0; t->copies && i < t->o->nprograms; i++)
		munmap(t->copies[i].at, t->copies[i].size);
	free(t->copies);
	free(t->sites);
	free(t->tracks);
	free(t->slots);
	pthread_mutex_destroy(&t->lock);
	free(t);
	return ok;
}

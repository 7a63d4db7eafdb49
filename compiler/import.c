/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* import.c: a script and the files that it imports, each parsed once, imported ones first. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "check.h"
#include "header.h"
#include "near.h"

struct importer {
	struct program *p;
	const char *stdlib;
	header_vec headers;
	VEC(uint32_t)
	open; /* files on the way from the script to the one being parsed: a cycle meets one again */
};

/* The library stands beside the compiler: ../stdlib in the build tree, ../share/ringlet/stdlib where
 * installed. */
static const char *find_stdlib(struct arena *a)
{
	const char *env = getenv("RINGLET_STDLIB");
	if (env)
		return arena_strndup(a, env, strlen(env));
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n <= 0)
		return NULL;
	exe[n] = 0;
	static const char *const places[] = {"/../stdlib", "/../share/ringlet/stdlib"};
	*strrchr(exe, '/') = 0;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		const char *dir = arena_printf(a, "%s%s", exe, places[i]);
		if (!access(dir, R_OK))
			return dir;
	}
	return NULL;
}

static struct module *load(struct importer *, const char *path, const char *name, const struct loc *from);

/* One header, one module, whichever way it is named from one directory; they are read when all scripts are.
 */
static struct module *load_header(struct importer *im, const struct decl *d, const struct source *from)
{
	struct header *h = header_new(im->p, from, d);
	if (!h)
		return NULL;
	for (size_t i = 0; i < im->headers.n; i++)
		if (!strcmp(im->headers.at[i]->name, h->name) && !strcmp(im->headers.at[i]->dir, h->dir))
			return im->headers.at[i]->module;
	VEC_PUSH(im->p->arena, &im->headers, h);
	VEC_PUSH(im->p->arena, &im->p->modules, h->module);
	return h->module;
}

/* The library's file with the nearest name. */
static void suggest_module(struct importer *im, struct diag *g, const char *name)
{
	struct near near = near_to(name);
	struct dirent **list;
	int files = scandir(
		im->stdlib, &list, NULL, alphasort); /* in order: of two that are as near, the first */
	for (int i = 0; i < files; i++) {
		size_t n = strlen(list[i]->d_name);
		if (n > 4 && !strcmp(list[i]->d_name + n - 4, ".rlt"))
			near_consider(&near, arena_strndup(im->p->arena, list[i]->d_name, n - 4));
		free(list[i]);
	}
	if (files >= 0)
		free(list);
	if (near.best)
		diag_hint(im->p->diags, g, "did you mean `std.%s`?", near.best);
}

/* import "x.rlt" is found beside the file that says so; import std.io in the library. */
static struct module *load_import(struct importer *im, const struct decl *d, const struct source *from)
{
	struct arena *a = im->p->arena;
	const char *text = d->name.text;
	if (d->import_is_path && header_is_one(text))
		return load_header(im, d, from);
	if (d->import_is_path) {
		const char *slash = strrchr(from->path, '/');
		if (*text == '/' || !slash)
			return load(im, text, text, &d->loc);
		const char *name_slash = strrchr(from->name, '/');
		return load(im, arena_printf(a, "%.*s/%s", (int)(slash - from->path), from->path, text),
			name_slash
				? arena_printf(a, "%.*s/%s", (int)(name_slash - from->name), from->name, text)
				: text,
			&d->loc);
	}
	if (strncmp(text, "std.", 4) || strchr(text + 4, '.') || !im->stdlib) {
		struct diag *g = diag(im->p->diags, &d->loc, D_unknown_module, text);
		diag_hint(im->p->diags, g,
			"the library's files are std.NAME; a file of your own is import \"name.rlt\"");
		return NULL;
	}
	const char *path = arena_printf(a, "%s/%s.rlt", im->stdlib, text + 4);
	if (access(path, R_OK)) {
		struct diag *g = diag(im->p->diags, &d->loc, D_unknown_module, text);
		suggest_module(im, g, text + 4);
		return NULL;
	}
	return load(im, path, arena_printf(a, "std/%s.rlt", text + 4), &d->loc);
}

static struct module *load(struct importer *im, const char *path, const char *name, const struct loc *from)
{
	struct program *p = im->p;
	uint32_t file;
	struct source *src = source_open(p->sources, p->diags, path, name, from, &file);
	if (!src)
		return NULL;
	for (size_t i = 0; i < im->open.n; i++)
		if (im->open.at[i] == file) {
			diag(p->diags, from, D_import_cycle, src->name);
			return NULL;
		}
	for (size_t i = 0; i < p->modules.n; i++)
		if (p->modules.at[i]->unit->file == file)
			return p->modules.at[i];
	struct module *m = NEW(p->arena, struct module);
	m->unit = parse(p->arena, p->sources, p->diags, file);
	m->top.module = m;
	VEC_PUSH(p->arena, &im->open, file);
	for (size_t i = 0; i < m->unit->decls.n; i++) {
		struct decl *d = m->unit->decls.at[i];
		if (d->kind != DECL_IMPORT)
			continue;
		struct module *other = load_import(im, d, src);
		if (other)
			VEC_PUSH(p->arena, &m->imports, other);
	}
	im->open.n--;
	VEC_PUSH(p->arena, &p->modules, m);
	return m;
}

struct program *import_all(struct arena *a, struct sources *sources, struct diags *diags, const char *path)
{
	struct program *p = NEW(a, struct program);
	p->arena = a;
	p->sources = sources;
	p->diags = diags;
	struct importer im = {.p = p, .stdlib = find_stdlib(a)};
	/* Diagnostics and objects name the script without its directory: the same input gives the same bytes.
	 */
	const char *slash = strrchr(path, '/');
	if (!load(&im, path, slash ? slash + 1 : path, NULL))
		return NULL;
	if (!diags_errors(diags))
		headers_read(p, &im.headers);
	return p;
}

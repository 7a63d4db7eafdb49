/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * inherit.c: what a program has of the one that it replaces, by name: parameters and the region before it is
 * loaded, so that all that can be refused is refused while the other still runs; shared variables when that
 * has ended. What the host has set goes before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

/* The place of `old` that p is about, of the same kind; NULL: none. */
static const struct rl_place *of_old(struct ringlet *old, const struct rl_place *p)
{
	const struct rl_place *was = rl_place(old, p->name);

	return was && was->shared == p->shared ? was : NULL;
}

/* ---- parameters ---- */

static int inherit_fd(
	struct ringlet *r, const struct rl_place *p, struct rl_value *v, const unsigned char *bytes)
{
	int fd;

	memcpy(&fd, bytes, sizeof(fd));
	v->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* each closes its own */
	if (v->fd < 0)
		return rl_error(r, errno, "parameter `%s`: descriptor %d: %s", p->name, fd, strerror(errno));
	v->owned = true;
	return 0;
}

static int inherit_param(struct ringlet *r, struct ringlet *old, const struct rl_place *p, struct rl_value *v)
{
	const struct rl_place *was = of_old(old, p);
	const unsigned char *bytes = was ? old->image + was->offset : NULL;
	size_t n = p->type == RL_STRING && was ? strnlen((const char *)bytes, was->size) : p->size;
	bool was_set = was && old->values[was - old->object.places].set;
	int err = 0;

	/* What was left at its default takes the new version's. */
	if (v->set || !was || !(was_set || p->required))
		return 0;
	if (strcmp(was->type_name, p->type_name) != 0 || strcmp(was->kind, p->kind) != 0)
		return rl_error(r, EINVAL, "parameter `%s`: it was %s%s%s, and is %s%s%s: set it", p->name,
			was->type_name, *was->kind ? " " : "", was->kind, p->type_name, *p->kind ? " " : "",
			p->kind);
	if (p->type == RL_STRING && n >= p->size)
		return rl_error(r, ENAMETOOLONG, "parameter `%s`: %zu characters, there is room for %u",
			p->name, n, p->size - 1);
	if (p->type == RL_FD) {
		err = inherit_fd(r, p, v, bytes);
	} else {
		v->bytes = v->bytes ? v->bytes : malloc(p->size);
		if (!v->bytes)
			return rl_error(r, ENOMEM, "parameter `%s`: out of memory", p->name);
		memset(v->bytes, 0, p->size);
		memcpy(v->bytes, bytes, n);
	}
	v->set = v->inherited = !err;
	return err;
}

static int inherit_region(struct ringlet *r, struct ringlet *old)
{
	const struct rl_place *p = &r->object.region, *was = &old->object.region;
	char how[400];

	if (!p->name || r->region.at || !was->name || strcmp(p->name, was->name) != 0)
		return 0;
	if (rl_layouts_differ(was, p, how, sizeof(how)))
		return rl_error(r, EINVAL, "region `%s`: %s", p->name, how);
	r->region.at = old->region.at;
	r->region.size = old->region.size;
	r->region.inherited = true;
	return 0;
}

int rl_inherit(struct ringlet *r, struct ringlet *old)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < r->object.nparams; i++)
		err = inherit_param(r, old, &r->object.places[i], &r->values[i]);
	return err ? err : inherit_region(r, old);
}

void rl_disinherit(struct ringlet *r)
{
	for (uint32_t i = 0; i < r->object.nparams; i++) {
		struct rl_value *v = &r->values[i];

		if (!v->inherited)
			continue;
		if (v->owned)
			close(v->fd);
		v->fd = -1;
		v->owned = v->set = v->inherited = false;
	}
	if (r->region.inherited)
		memset(&r->region, 0, sizeof(r->region));
}

/* ---- shared variables ---- */

/* Each that both have, and the host has not set. */
static int each_shared(struct ringlet *r, struct ringlet *old,
	int (*do_it)(struct ringlet *, struct ringlet *, const struct rl_place *, const struct rl_place *))
{
	int err = 0;

	for (uint32_t i = r->object.nparams; !err && i < r->object.nplaces; i++) {
		const struct rl_place *p = &r->object.places[i], *was = of_old(old, p);

		if (was && !r->values[i].set)
			err = do_it(r, old, p, was);
	}
	return err;
}

static int check_shared(
	struct ringlet *r, struct ringlet *old, const struct rl_place *p, const struct rl_place *was)
{
	char how[400];

	(void)old;
	return rl_layouts_differ(was, p, how, sizeof(how))
		       ? rl_error(r, EINVAL, "shared variable `%s`: %s", p->name, how)
		       : 0;
}

static int copy_shared(
	struct ringlet *r, struct ringlet *old, const struct rl_place *p, const struct rl_place *was)
{
	memcpy(r->image + p->offset, old->image + was->offset, p->size);
	return 0;
}

int rl_inherit_check_shared(struct ringlet *r, struct ringlet *old)
{
	return each_shared(r, old, check_shared);
}

void rl_inherit_shared(struct ringlet *r, struct ringlet *old)
{
	each_shared(r, old, copy_shared);
	if (!r->region.inherited)
		return;
	r->region.owned = old->region.owned;
	r->region.in_use |= old->region.in_use;
	old->region.owned = r->region.inherited = false;
}

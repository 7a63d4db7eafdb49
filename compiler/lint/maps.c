/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* maps.c: sizes that maps may have, by the functions of kernel/bpf/ that make them. */
#include <stdlib.h>
#include "limits.h"

static const struct map_size {
	enum bpf_map_type type;
	uint32_t key_min, key_max, value_min, value_max, entries_min, entries_max, flag;
	const char *flag_name;
	bool one_element;
} sizes[] = {
#define SIZES(type, kmin, kmax, vmin, vmax, emin, emax, flag, one, source)                                   \
	{BPF_MAP_TYPE_##type, kmin, kmax, vmin, vmax, emin, emax, flag, #flag, one},
#include "map_sizes.def"
#undef SIZES
};

static const struct map_size *map_size_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		if (sizes[i].type == type)
			return &sizes[i];
	return NULL;
}

static bool is_size(uint32_t size, uint32_t least, uint32_t most)
{
	return size >= least && size <= most;
}

static const char *range(struct lint *l, uint32_t least, uint32_t most)
{
	if (least == most)
		return least ? arena_printf(l->arena, "%u %s right", least, least == 1 ? "is" : "are")
			     : "it has none";
	if (most == UINT32_MAX)
		return arena_printf(l->arena, "at least %u", least);
	return arena_printf(l->arena, "from %u to %u may be", least, most);
}

static void check_sizes(struct lint *l, const struct lint_map *m, const struct map_size *s)
{
	if (!is_size(m->key_size, s->key_min, s->key_max))
		lint_find_line(l, L_map_key, NULL, m->name, m->key_size, range(l, s->key_min, s->key_max));
	if (!is_size(m->value_size, s->value_min, s->value_max))
		lint_find_line(
			l, L_map_value, NULL, m->name, m->value_size, range(l, s->value_min, s->value_max));
	if (!is_size(m->max_entries, s->entries_min, s->entries_max))
		lint_find_line(l, L_map_entries, NULL, m->name, m->max_entries,
			range(l, s->entries_min, s->entries_max));
	if (s->flag && !(m->flags & s->flag))
		lint_find_line(l, L_map_without_flag, NULL, m->name, s->flag_name);
}

/* A hash table's element is one allocation. */
static void check_element(struct lint *l, const struct lint_map *m, const struct map_size *s)
{
	uint64_t bytes = (uint64_t)m->key_size + m->value_size;
	uint32_t most = limit_of(l, LIMIT_element);
	if (s->one_element && bytes >= most)
		lint_find_line(l, L_map_value, NULL, m->name, m->value_size,
			arena_printf(l->arena, "with the key, an element has to be smaller than %u", most));
}

void map_limits(struct lint *l, const struct lint_object *o)
{
	for (size_t i = 0; i < o->maps.n; i++) {
		const struct lint_map *m = &o->maps.at[i];
		const struct map_size *s = map_size_of(m->type);
		if (!s)
			continue;
		check_sizes(l, m, s);
		check_element(l, m, s);
	}
}

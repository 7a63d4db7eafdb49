/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* manifest_places.c: the manifest's parameters, shared variables and region, and the types that they have. */
#include "manifest_fields.h"

static const struct {
	const char *name;
	uint32_t size;
	enum rl_type type;
} types[] = {
	{"u8", 1, RL_U8},
	{"u16", 2, RL_U16},
	{"u32", 4, RL_U32},
	{"u64", 8, RL_U64},
	{"s8", 1, RL_S8},
	{"s16", 2, RL_S16},
	{"s32", 4, RL_S32},
	{"s64", 8, RL_S64},
	{"bool", 1, RL_BOOL},
	{"fd", 4, RL_FD},
};

/* Of the first `known` structs. */
static void read_struct(struct reader *rd, json_t *row, struct rl_place *p, uint64_t count, uint32_t known)
{
	uint32_t i = number(rd, row, "struct", UINT32_MAX);

	if (rd->err)
		return;
	if (i >= known || rd->o->structs[i].size * count != p->size)
		bad(rd, p->name, "not of such a struct");
	else
		p->structure = &rd->o->structs[i];
}

/* The type of a place, with its size checked against the type and the dimensions. */
static void read_type(struct reader *rd, json_t *row, struct rl_place *p, uint32_t known)
{
	json_t *dims = json_object_get(row, "dims"), *dim;
	uint64_t count = 1;
	size_t ndims = 0;

	p->type = RL_OTHER;
	if (strcmp(p->type_name, "string") == 0) {
		p->type = RL_STRING;
		if (p->size == 0)
			bad(rd, p->name, "a string without room");
		return;
	}
	if (json_array_size(dims)) {
		p->dims = calloc(json_array_size(dims), sizeof(*p->dims));
		if (!p->dims) {
			rd->err = rl_why(rd->why, ENOMEM, "out of memory");
			return;
		}
	}
	json_array_foreach(dims, ndims, dim)
	{
		json_int_t n = json_is_integer(dim) ? json_integer_value(dim) : 0;

		if (n <= 0 || (uint64_t)n > RL_IMAGE_MAX || (count *= (uint64_t)n) > RL_IMAGE_MAX) {
			bad(rd, p->name, "bad dimensions");
			return;
		}
		p->dims[p->ndims++] = (uint32_t)n;
	}
	ndims = json_array_size(dims);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(p->type_name, types[i].name) != 0)
			continue;
		if (p->size != types[i].size * count)
			bad(rd, p->name, "its size is not its type's");
		if (ndims == 0)
			p->type = types[i].type;
		else if (ndims == 1 && types[i].type == RL_U8)
			p->type = RL_STRING;
		else if (ndims == 2 && types[i].type == RL_U8)
			p->type = RL_STRINGS;
		return;
	}
	if (json_object_get(row, "struct"))
		read_struct(rd, row, p, count, known);
}

static void read_fields(struct reader *rd, json_t *row, uint32_t number_of)
{
	struct rl_struct *of = &rd->o->structs[number_of];
	json_t *array, *field;
	size_t i;

	of->fields = rows(rd, row, "fields", &array, &of->nfields, sizeof(*of->fields));
	if (!of->fields)
		return;
	json_array_foreach(array, i, field)
	{
		struct rl_place *p = &of->fields[i];

		p->name = name(rd, field, "name");
		p->type_name = string(rd, field, "type");
		p->offset = number(rd, field, "offset", of->size);
		p->size = number(rd, field, "size", of->size);
		if (!rd->err && (uint64_t)p->offset + p->size > of->size)
			bad(rd, p->name, "outside its struct");
		if (!rd->err)
			read_type(rd, field, p, number_of);
	}
}

static void read_structs(struct reader *rd, json_t *root)
{
	struct rl_object *o = rd->o;
	json_t *array, *row;
	size_t i;

	rd->table = "structs";
	o->structs = rows(rd, root, "structs", &array, &o->nstructs, sizeof(*o->structs));
	if (!o->structs)
		return;
	json_array_foreach(array, i, row)
	{
		o->structs[i].size = number(rd, row, "size", RL_IMAGE_MAX);
		read_fields(rd, row, (uint32_t)i);
	}
}

static void read_place(struct reader *rd, json_t *row, struct rl_place *p)
{
	const struct rl_object *o = rd->o;

	p->name = name(rd, row, "name");
	p->type_name = string(rd, row, "type");
	p->kind = optional_string(rd, row, "kind");
	p->help = optional_string(rd, row, "help");
	p->offset = number(rd, row, "offset", o->image.size);
	p->size = number(rd, row, "size", o->image.size);
	p->required = flag(rd, row, "required");
	p->fixed = flag(rd, row, "fixed");
	p->stream = optional_number(rd, row, "stream");
	if (rd->err)
		return;
	if (!is_data(o, p->offset, p->size))
		bad(rd, p->name, "outside the image");
	if (p->stream && !is_data(o, p->stream, 4))
		bad(rd, p->name, "its stream flag is outside the image");
	read_type(rd, row, p, o->nstructs);
}

static void read_places(struct reader *rd, json_t *root)
{
	struct rl_object *o = rd->o;
	json_t *params, *shared, *row;
	uint32_t nshared;
	struct rl_place *more;
	size_t i;

	rd->table = "params";
	o->places = rows(rd, root, "params", &params, &o->nparams, sizeof(*o->places));
	o->nplaces = o->nparams;
	for (i = 0; i < o->nparams; i++)
		read_place(rd, json_array_get(params, i), &o->places[i]);

	rd->table = "shared";
	more = rows(rd, root, "shared", &shared, &nshared, sizeof(*o->places));
	if (more) {
		struct rl_place *all = calloc((size_t)o->nparams + nshared, sizeof(*all));

		if (!all) {
			rd->err = rl_why(rd->why, ENOMEM, "out of memory");
		} else {
			if (o->nparams)
				memcpy(all, o->places, o->nparams * sizeof(*all));
			free(o->places);
			o->places = all;
			o->nplaces = o->nparams + nshared;
			json_array_foreach(shared, i, row)
			{
				all[o->nparams + i].shared = true;
				read_place(rd, row, &all[o->nparams + i]);
			}
		}
	}
	free(more);
}

static void read_region(struct reader *rd, json_t *root)
{
	struct rl_place *p = &rd->o->region;
	json_t *row = json_object_get(root, "region");

	rd->table = "region";
	if (!row)
		return;
	p->type_name = string(rd, row, "type");
	p->kind = p->help = "";
	p->size = number(rd, row, "size", RL_REGION_MAX);
	p->required = true;
	p->fixed = flag(rd, row, "fixed");
	rd->o->region_fixed = optional_number(rd, row, "index");
	if (!p->size)
		bad(rd, "size", "no element of it has room");
	if (!rd->err)
		read_type(rd, row, p, rd->o->nstructs);
	if (!rd->err)
		p->name = name(rd, row, "name");
}

void rl_manifest_read_places(struct reader *rd, json_t *root)
{
	read_structs(rd, root);
	read_places(rd, root);
	read_region(rd, root);
}

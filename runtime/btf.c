/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* btf.c: see btf.h. */
#include <string.h>

#include "btf.h"

#define BITFIELD_OFFSET 0xffffff /* of a member, where the struct has any bit-field */

const struct rl_btf_room rl_btf_room[0x80] = {
	[BTF_KIND_INT] = {4, 0, true},
	[BTF_KIND_PTR] = {0, 0, true},
	[BTF_KIND_ARRAY] = {sizeof(struct btf_array), 0, true},
	[BTF_KIND_STRUCT] = {0, sizeof(struct btf_member), true},
	[BTF_KIND_UNION] = {0, sizeof(struct btf_member), true},
	[BTF_KIND_ENUM] = {0, sizeof(struct btf_enum), true},
	[BTF_KIND_FWD] = {0, 0, true},
	[BTF_KIND_TYPEDEF] = {0, 0, true},
	[BTF_KIND_VOLATILE] = {0, 0, true},
	[BTF_KIND_CONST] = {0, 0, true},
	[BTF_KIND_RESTRICT] = {0, 0, true},
	[BTF_KIND_FUNC] = {0, 0, true},
	[BTF_KIND_FUNC_PROTO] = {0, sizeof(struct btf_param), true},
	[BTF_KIND_VAR] = {sizeof(struct btf_var), 0, true},
	[BTF_KIND_DATASEC] = {0, sizeof(struct btf_var_secinfo), true},
	[BTF_KIND_FLOAT] = {0, 0, true},
	[BTF_KIND_DECL_TAG] = {sizeof(struct btf_decl_tag), 0, true},
	[BTF_KIND_TYPE_TAG] = {0, 0, true},
	[BTF_KIND_ENUM64] = {0, sizeof(struct btf_enum64), true},
};

bool rl_btf_open(struct rl_btf *btf, const void *bytes, size_t size)
{
	struct btf_header h;
	const unsigned char *body;

	if (size < sizeof(h))
		return false;
	memcpy(&h, bytes, sizeof(h));
	if (h.magic != BTF_MAGIC || h.hdr_len < sizeof(h) || h.hdr_len > size || h.hdr_len % 4)
		return false;
	body = (const unsigned char *)bytes + h.hdr_len;
	size -= h.hdr_len;
	if (h.type_off % 4 || h.type_off > size || h.type_len > size - h.type_off)
		return false;
	if (h.str_off > size || !h.str_len || h.str_len > size - h.str_off)
		return false;
	*btf = (struct rl_btf){
		.types = body + h.type_off,
		.types_end = body + h.type_off + h.type_len,
		.strings = (const char *)body + h.str_off,
		.strings_size = h.str_len,
	};
	return !btf->strings[h.str_len - 1];
}

const char *rl_btf_name(const struct rl_btf *btf, uint32_t offset)
{
	return offset < btf->strings_size ? btf->strings + offset : "";
}

int rl_btf_member(
	const struct rl_btf *btf, const struct btf_type *structure, const char *name, uint32_t *offset)
{
	const struct btf_member *m = (const void *)(structure + 1);

	for (uint32_t i = 0; i < rl_btf_vlen(structure); i++) {
		if (strcmp(rl_btf_name(btf, m[i].name_off), name) != 0)
			continue;
		*offset = m[i].offset / 8;
		if (BTF_INFO_KFLAG(structure->info))
			*offset = (m[i].offset & BITFIELD_OFFSET) / 8;
		return (int)i;
	}
	return -1;
}

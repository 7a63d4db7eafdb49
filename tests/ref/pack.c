/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pack.c: what the compiler's object writer does for nop.c.
 *
 *   pack manifest ARCH >manifest.json
 *   pack seal FILE      appends the trailer
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../../runtime/manifest.h"
#include "layout.h"

static void param(const char *name, const char *type, const char *kind, const char *help, unsigned off,
	unsigned size, const char *rest)
{
	printf("  {\"name\": \"%s\", \"type\": \"%s\", \"kind\": \"%s\", \"help\": \"%s\", \"offset\": %u, "
	       "\"size\": %u, %s}",
		name, type, kind, help, off, size, rest);
}

static void params(void)
{
	char stream[64];

	printf(" \"params\": [\n");
	param("n", "u64", "", "how many NOPs", N_OFF, 8, "\"required\": true");
	printf(",\n");
	param("say", "u64", "", "log every so many", SAY_OFF, 8, "\"required\": false");
	printf(",\n");
	param("mode", "u32", "", "how it ends", MODE_OFF, 4, "\"required\": false");
	printf(",\n");
	param("flag", "bool", "", "unused", FLAG_OFF, 1, "\"required\": false");
	printf(",\n");
	param("small", "s16", "", "unused", SMALL_OFF, 2, "\"required\": false");
	printf(",\n");
	param("name", "string", "", "unused", NAME_OFF, 16, "\"required\": false");
	printf(",\n");
	snprintf(stream, sizeof(stream), "\"required\": false, \"stream\": %u", IN_STREAM_OFF);
	param("in", "fd", "read", "a file to read", IN_OFF, 4, stream);
	printf(",\n");
	snprintf(stream, sizeof(stream), "\"required\": false, \"stream\": %u", OUT_STREAM_OFF);
	param("out", "fd", "create", "a file to write", OUT_OFF, 4, stream);
	printf(",\n");
	snprintf(stream, sizeof(stream), "\"required\": false, \"stream\": %u", DIR_STREAM_OFF);
	param("bare", "fd", "", "any descriptor", DIR_OFF, 4, stream);
	printf("],\n");
}

static void manifest(const char *arch)
{
	printf("{\"ringlet\": %d, \"compiler\": \"ref\", \"source\": \"nop.c\",\n", RL_FORMAT);
	printf(" \"image\": {\"size\": %u, \"log\": %u, \"log_slots\": %u, \"ready\": %u, \"ready_slots\": "
	       "%u,\n"
	       "  \"waits\": %u, \"nwaits\": 8, \"pools\": 5,\n"
	       "  \"ring\": %u, \"ring_size\": %u, \"cq_entries\": %u, \"sqes\": %u, \"sq_entries\": %u, "
	       "\"setup\": 0     , "
	       "\"files\": 0,\n"
	       "  \"shared\": %u, \"shared_size\": %u},\n",
		IMAGE_SIZE, LOG_OFF, LOG_SLOTS, READY_OFF, READY_SLOTS, WAITS_OFF, RING_OFF, RING_SIZE,
		CQ_ENTRIES, SQES_OFF, SQ_ENTRIES, SHARED_OFF, IMAGE_SIZE - SHARED_OFF);
	printf(" \"init\": [[%u, \"01\"], [%u, \"f9ff\"], [%u, \"726566\"], [%u, \"ffffffff\"], [%u, "
	       "\"ffffffff\"],"
	       " [%u, \"FFFFFFFF\"], [%zu, \"01\"], [%zu, \"01\"]],\n",
		FLAG_OFF, SMALL_OFF, NAME_OFF, IN_OFF, OUT_OFF, DIR_OFF, offsetof(struct rl_control, live),
		MAIN_POOL_OFF + offsetof(struct rl_pool, running));
	params();
	printf(" \"shared\": [\n"
	       "  {\"name\": \"done\", \"type\": \"u64\", \"dims\": [], \"offset\": %u, \"size\": 8, "
	       "\"fixed\": false},\n"
	       "  {\"name\": \"path\", \"type\": \"u8\", \"dims\": [64], \"offset\": %u, \"size\": 64, "
	       "\"fixed\": false},\n"
	       "  {\"name\": \"grid\", \"type\": \"u32\", \"dims\": [2, 4], \"offset\": %u, \"size\": 32, "
	       "\"fixed\": false},\n"
	       "  {\"name\": \"page\", \"type\": \"u8\", \"dims\": [4096], \"offset\": %u, \"size\": 4096, "
	       "\"fixed\": true}],\n",
		DONE_OFF, PATH_OFF, GRID_OFF, PAGE_OFF);
	printf(" \"tasks\": [\n"
	       "  {\"name\": \"main\", \"count\": 1, \"pool\": %u, \"frame\": %u, \"frame_size\": 16, "
	       "\"state\": 0, \"since\": 8, \"node\": 0, \"nodes\": 1, \"requests\": 1, "
	       "\"states\": [\n"
	       "   {\"op\": \"start\", \"file\": \"nop.c\", \"line\": 1, \"col\": 1},\n"
	       "   {\"op\": \"nop\", \"file\": \"nop.c\", \"line\": 10, \"col\": 5},\n"
	       "   {\"op\": \"timeout\", \"file\": \"nop.c\", \"line\": 11, \"col\": 5}]},\n"
	       "  {\"name\": \"worker\", \"count\": 4, \"pool\": %u, \"frame\": %u, \"frame_size\": 16, "
	       "\"state\": 0, \"since\": 8, \"node\": 1, \"nodes\": 1, \"requests\": 1, "
	       "\"states\": [\n"
	       "   {\"op\": \"start\", \"file\": \"nop.c\", \"line\": 2, \"col\": 1},\n"
	       "   {\"op\": \"write\", \"file\": \"nop.c\", \"line\": 20, \"col\": 5}]}],\n",
		MAIN_POOL_OFF, FRAME_OFF, WORKER_POOL_OFF, WORKER_OFF);
	printf(" \"queues\": [],\n \"sites\": [\n"
	       "  {\"file\": \"nop.c\", \"line\": 19, \"col\": 9, \"what\": \"write_all\"},\n"
	       "  {\"file\": \"nop.c\", \"line\": 21, \"col\": 9, \"what\": \"fail\"},\n"
	       "  {\"file\": \"nop.c\", \"line\": 22, \"col\": 9, \"what\": \"index out of bounds\"}],\n");
	printf(" \"logs\": [{\"file\": \"nop.c\", \"line\": 30, \"format\": \"at %%u %%d %%x %%s%%c "
	       "100%%%%\", "
	       "\"args\": [\"u64\", \"s32\", \"u8\", \"slice\", \"u8\"]}],\n");
	printf(" \"ops\": [{\"name\": \"nop\", \"opcode\": 0, \"since\": \"5.1\"},"
	       " {\"name\": \"timeout\", \"opcode\": 11, \"since\": \"5.4\"}],\n");
	printf(" \"native\": [{\"arch\": \"%s\", \"section\": \".ringlet.%s\", \"entry\": 0}]}\n", arch,
		arch);
}

static int seal(const char *path)
{
	struct rl_trailer t = {RL_TRAILER_MAGIC, RL_FORMAT, 0};
	unsigned char buf[4096];
	uLong crc = 0;
	FILE *f = fopen(path, "r+b");
	size_t n;

	if (!f)
		return 1;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		crc = crc32(crc, buf, (uInt)n);
	t.crc = (uint32_t)crc32(crc, (unsigned char *)&t, 12);
	fseek(f, 0, SEEK_END);
	n = fwrite(&t, sizeof(t), 1, f);
	return fclose(f) != 0 || n != 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "manifest") == 0) {
		manifest(argv[2]);
		return 0;
	}
	return argc == 3 && strcmp(argv[1], "seal") == 0 ? seal(argv[2]) : 2;
}

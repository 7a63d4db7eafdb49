/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* proto.h: one definition for the script and the host. */
#ifndef PROTO_H
#define PROTO_H
#include <stdbool.h>
#include <stdint.h>
#include "more.h"

#define DEPTH 32
#define SIZE (DEPTH * 128 + sizeof(point))
#define TOP (1ULL << 40)
#define LAST -5
#define LETTER 'a'
#define GREETING "hello, " WORLD
#define WORLD "world"
#define TWICE(x) ((x)*2)
#define FOUR TWICE(2)
#define OPEN {

enum color { RED, GREEN = 5, BLUE };
enum wide { HUGE_ONE = 0xffffffffu };
static const int seven = 7;

union word {
	uint32_t whole;
	uint8_t part[4];
};

struct message {
	uint8_t kind;
	struct {
		uint16_t low, high;
	};
	uint64_t offset;
	point corner[2][3];
	char name[16];
	enum color color;
	enum wide wide;
	void *next;
	unsigned flag : 3;
	double ratio;
	union word word;
	struct {
		bool fd;
	} in;
	long last;
};

struct __attribute__((packed)) record {
	uint32_t number;
	uint8_t kind;
	uint32_t size;
	uint8_t rest[3];
};

struct __attribute__((aligned(64))) line {
	uint8_t byte;
};
#endif

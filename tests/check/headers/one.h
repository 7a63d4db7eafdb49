/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define CALL(x) x
#define GUARD
#define OPEN {
#define WORD unsigned int
#define HALF 1.5
#define DEPTH 32
#define BOTH 1
#define EQUAL 3
#define O_CREAT 0100
typedef unsigned int number_t;
typedef struct hidden *handle;
struct hidden;
enum wide { HUGE = 0x80000000u };
extern int counter;
int function(void);

struct flags {
	unsigned ready : 1;
	double ratio;
	void *next;
	char tail[];
};
struct __attribute__((packed)) record {
	unsigned char kind;
	unsigned int number;
	unsigned char pad[3];
};
struct fraction {
	float f;
};
union either {
	int whole;
	short part[2];
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A kernel, as far as its BTF has to say: program.c is attached to it. */
struct inner {
	long before;
	int number;
};
struct object {
	char other[100]; /* what a program does not know of */
	unsigned short small;
	unsigned int bits : 3, more : 7;
	struct inner inner;
	struct object *next;
	void *bytes;
};

int use(struct object *o, long n)
{
	return o->small + (int)n;
}

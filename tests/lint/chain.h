/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* chain.h: functions of which each calls the next. */
#include "program.h"

#define LEVEL(name, next)                                                                                    \
	NOINLINE int name(int n)                                                                             \
	{                                                                                                    \
		return next(n) + 1;                                                                          \
	}

NOINLINE int f1(int n)
{
	volatile int x = n;
	return x;
}

LEVEL(f2, f1)
LEVEL(f3, f2)
LEVEL(f4, f3)
LEVEL(f5, f4)
LEVEL(f6, f5)
LEVEL(f7, f6)
LEVEL(f8, f7)
LEVEL(f9, f8)
LEVEL(f10, f9)
LEVEL(f11, f10)
LEVEL(f12, f11)
LEVEL(f13, f12)
LEVEL(f14, f13)
LEVEL(f15, f14)
LEVEL(f16, f15)

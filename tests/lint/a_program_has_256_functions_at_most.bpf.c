/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

#define ONE(n)                                                                                               \
	NOINLINE int f##n(int x)                                                                             \
	{                                                                                                    \
		volatile int y = x;                                                                          \
		return y + n;                                                                                \
	}
#define FOUR(n, X) X(n##0) X(n##1) X(n##2) X(n##3)
#define SIXTEEN(n, X) FOUR(n##0, X) FOUR(n##1, X) FOUR(n##2, X) FOUR(n##3, X)
#define SIXTY_FOUR(n, X) SIXTEEN(n##0, X) SIXTEEN(n##1, X) SIXTEEN(n##2, X) SIXTEEN(n##3, X)
#define ALL(X) SIXTY_FOUR(1, X) SIXTY_FOUR(2, X) SIXTY_FOUR(3, X) SIXTY_FOUR(4, X)
#define CALL(n) x += f##n(x);
ALL(ONE)

SEC("socket") int one_more(struct __sk_buff *skb)
{
	int x = skb->len;
	ALL(CALL)
	return x;
}

SEC("socket") int enough(struct __sk_buff *skb)
{
	int x = skb->len;
	SIXTY_FOUR(1, CALL)
	SIXTY_FOUR(2, CALL)
	SIXTY_FOUR(3, CALL)
	SIXTEEN(40, CALL)
	SIXTEEN(41, CALL)
	SIXTEEN(42, CALL)
	FOUR(430, CALL)
	FOUR(431, CALL)
	FOUR(432, CALL)
	CALL(4330)
	CALL(4331)
	CALL(4332)
	return x;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

/* r11 = r1 */
SEC("socket") NAKED int eleven(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; .8byte 0x1bbf; exit;");
}

/* r9 = r1 */
SEC("socket") NAKED int nine(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; .8byte 0x19bf; exit;");
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* configured.c: a program that reads what the kernel was configured with. */
#include "rejected.h"

extern int CONFIG_HZ __kconfig;

SEC("socket") int reads_configuration(struct __sk_buff *skb)
{
	return CONFIG_HZ;
}

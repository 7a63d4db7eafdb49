/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lint_rounds.bpf.c: a loop that the verifier follows round by round, nearly a million instructions. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("socket") int rounds(struct __sk_buff *skb)
{
	__u64 sum = skb->len;
	__u64 table[8] = {0};

	for (__u32 i = 0; i < 49900; i++) {
		asm volatile("" : "+r"(i));
		table[i & 7] += sum;
		sum ^= table[(i + 3) & 7];
	}
	return (int)sum;
}

char _license[] SEC("license") = "GPL";

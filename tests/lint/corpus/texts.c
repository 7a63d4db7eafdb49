/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's functions for text, which read whatever they are given with care. */
#include "corpus.h"

extern int bpf_strcmp(const char *a, const char *b) __ksym __weak;
extern int bpf_strlen(const char *s) __ksym __weak;
extern int bpf_strnchr(const char *s, __u64 n, char c) __ksym __weak;
extern int bpf_strstr(const char *s, const char *part) __ksym __weak;

char word[8] = "ringlet";

#define SYSCALL(name, body)                                                                                  \
	PROGRAM("syscall", name, void)                                                                       \
	{                                                                                                    \
		body                                                                                         \
	}
extern int bpf_strncasestr(const char *s, const char *part, __u64 n) __ksym __weak;

SYSCALL(asks_first, return bpf_strncasestr ? bpf_strncasestr(word, "LET", 3) : 0;)
SYSCALL(does_not_ask, return bpf_strncasestr(word, "LET", 3);)
SYSCALL(compares_texts, return bpf_strcmp(word, "ring");)
SYSCALL(compares_with_a_number, return bpf_strcmp(word, (char *)8);)
SYSCALL(measures_null, return bpf_strlen((char *)0);)
SYSCALL(finds_a_letter, return bpf_strnchr(word, sizeof word, 'g');)
SYSCALL(finds_a_pointer, return bpf_strnchr(word, (__u64)word, 'g');)
SYSCALL(place_of_a_part, int at = bpf_strstr(word, "let"); return word[at];)
SYSCALL(place_of_a_part_checked, int at = bpf_strstr(word, "let"); return at >= 0 && at < 8 ? word[at] : 0;)
SYSCALL(asks_whether_it_is_there, return bpf_strlen ? 1 : 0;)

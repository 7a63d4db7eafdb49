/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "near.h"
#include <stdbool.h>
#include <string.h>

unsigned near_distance(const char *a, const char *b, unsigned most)
{
	size_t n = strlen(a), m = strlen(b);
	if (n > 63 || m > 63 || n > m + most || m > n + most)
		return most + 1;
	unsigned rows[3][64]; /* the distances of a's first i letters to b's first j, for this i and two
				 before */
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *upper = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);
			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
			if (swapped && upper[j - 2] + 1 < best)
				best = upper[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[n % 3][m];
}

/* One letter in three may be wrong, and of a name of one or two letters none: any other is as near. */
struct near near_to(const char *text)
{
	size_t len = strlen(text);
	return (struct near){text, NULL, len < 3 ? 0 : len > 8 ? 4 : (unsigned)(len / 3 + 1)};
}

void near_consider(struct near *n, const char *word)
{
	unsigned d = near_distance(n->text, word, n->distance);
	if (d < n->distance) {
		n->distance = d;
		n->best = word;
	}
}

const char *near_of(const char *text, const char *const *words, size_t n)
{
	struct near near = near_to(text);
	for (size_t i = 0; i < n; i++)
		near_consider(&near, words[i]);
	return near.best;
}

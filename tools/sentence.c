/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sentence.c: where sentences and their parts end, and what they tell. */
#include <ctype.h>
#include <string.h>
#include "sentence.h"

struct piece trimmed(const char *from, const char *to)
{
	while (from < to && isspace((unsigned char)*from))
		from++;
	while (from < to && isspace((unsigned char)to[-1]))
		to--;
	return (struct piece){from, (size_t)(to - from)};
}

const char *find(const char *p, const char *end, bool (*here)(const char *, const char *))
{
	int depth = 0;
	for (; p < end; p++) {
		depth += (*p == '(') - (*p == ')');
		if (depth <= 0 && here(p, end))
			break;
	}
	return p;
}

bool sentence_ends(const char *p, const char *end)
{
	if (*p != '.' || (p + 1 < end && p[1] != ' '))
		return false;
	if (p + 2 >= end || !islower((unsigned char)p[2]))
		return true;
	size_t name = strcspn(p + 2, " .,;()"); /* a sentence may begin with the name of a function */
	return memchr(p + 2, '_', name) != NULL;
}

static bool segment_ends(const char *p, const char *end)
{
	return *p == ';' && p + 1 < end && p[1] == ' ';
}

bool clause_ends(const char *p, const char *end)
{
	return strchr(",;:.", *p) ? p + 1 >= end || p[1] == ' ' : !strncmp(p, " (", 2);
}

size_t error_name(const char *p, const char *end)
{
	const char *from = p;
	p += p < end && *p == '-';
	if (end - p < 3 || *p != 'E' || !(isupper((unsigned char)p[1]) || isdigit((unsigned char)p[1])))
		return 0;
	while (p < end && (isupper((unsigned char)*p) || isdigit((unsigned char)*p)))
		p++;
	return p < end && (isalpha((unsigned char)*p) || *p == '_') ? 0 : (size_t)(p - from);
}

bool error_follows(const char *p, const char *end)
{
	return *p == ':' && p + 2 < end && error_name(p + 2, end);
}

struct piece next_segment(struct piece *rest)
{
	const char *end = rest->at + rest->n, *to = find(rest->at, end, segment_ends);
	struct piece segment = {rest->at, (size_t)(to - rest->at)};
	*rest = trimmed(to < end ? to + 1 : to, end);
	return segment;
}

bool tells_errors(struct piece s)
{
	if (!strncmp(s.at, "Errors ", 7))
		return true;
	while (s.n) {
		struct piece segment = next_segment(&s);
		const char *end = segment.at + segment.n;
		if (error_name(segment.at, end) || find(segment.at, end, error_follows) < end)
			return !isdigit((unsigned char)*segment.at);
	}
	return false;
}

bool tells_result(struct piece s)
{
	return !tells_errors(s) &&
	       (isdigit((unsigned char)*s.at) || !strncmp(s.at, "Returns ", 8) || !strncmp(s.at, "NULL ", 5));
}

bool describes(struct piece s)
{
	return !tells_errors(s) && !tells_result(s);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* format.c: the format of bpf_snprintf(), which the verifier reads: it has a value for each of its places. */
#include <ctype.h>
#include <string.h>
#include "machine.h"

static const char *after_flags(const char *s)
{
	s += strspn(s, "0+- ");
	return *s >= '1' && *s <= '9' ? s + strspn(s, "0123456789") : s;
}

static bool ends_word(char c)
{
	return !c || isspace((unsigned char)c) || ispunct((unsigned char)c);
}

/* What is behind the p of a pointer; NULL: no such kind of pointer is printed. */
static const char *after_pointer(const char *s)
{
	if ((*s == 'k' || *s == 'u') && s[1] == 's')
		return ends_word(s[2]) ? s + 2 : NULL;
	if (ends_word(*s))
		return s;
	if (strchr("KxsSB", *s))
		return s + 1;
	return (*s == 'i' || *s == 'I') && (s[1] == '4' || s[1] == '6') ? s + 2 : NULL;
}

static const char *after_place(const char *s)
{
	s = after_flags(s);
	if (*s == 'p')
		return after_pointer(s + 1);
	if (*s == 's')
		return ends_word(s[1]) ? s + 1 : NULL;
	if (*s == 'c')
		return s + 1;
	s += *s == 'l';
	s += *s == 'l';
	return *s && strchr("idxuX", *s) ? s + 1 : NULL;
}

bool format_fits(const char *text, uint64_t values)
{
	for (const char *s = text; *s;) {
		if (*s != '%') {
			if ((unsigned char)*s < 0x80 && !isprint((unsigned char)*s) &&
				!isspace((unsigned char)*s))
				return false;
			s++;
		} else if (s[1] == '%') {
			s += 2;
		} else {
			s = values-- ? after_place(s + 1) : NULL;
			if (!s)
				return false;
		}
	}
	return true;
}

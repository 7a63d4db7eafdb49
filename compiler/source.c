/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* source.c: reading scripts, and where a byte stands in one. */
#include "source.h"
#include "diag.h"
#include "diag_text.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOURCE_MAX (16u << 20)
#define SOURCE_STRIDE 256u

/* What only this file needs to know of a source; `s` is first, so that a pointer to one is a pointer to both.
 */
struct opened {
	struct source s;
	dev_t dev;
	ino_t ino;
	bool from_file;
	bool bad; /* reported already: neither read nor reported again */
};

/* The length of the UTF-8 sequence at s, 0 if it is none: overlong forms, surrogates and codes past U+10FFFF
 * are none (RFC 3629). */
unsigned utf8_length(const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;
	if (!n || s[0] < 0x80)
		return n ? 1 : 0;
	unsigned len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n < len)
		return 0;
	for (unsigned i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
		(s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* A line may be as long as the file, and each of its statements asks for its column: so characters are
 * counted here once. */
static void find_lines(struct arena *a, struct source *s)
{
	VEC(uint32_t) lines = {0};
	uint32_t chars = 0;
	VEC_PUSH(a, &lines, 0);
	s->chars = arena_alloc(a, (s->size / SOURCE_STRIDE + 1) * sizeof *s->chars);
	for (uint32_t i = 0; i <= s->size; i++) { /* the NUL behind it, too */
		if (i % SOURCE_STRIDE == 0)
			s->chars[i / SOURCE_STRIDE] = chars;
		chars += begins_character(s->text[i]);
		if (s->text[i] == '\n')
			VEC_PUSH(a, &lines, i + 1);
	}
	s->line = lines.at;
	s->nlines = (uint32_t)lines.n;
}

/* How many characters begin before a byte. */
static uint32_t characters(const struct source *s, uint32_t offset)
{
	uint32_t n = s->chars[offset / SOURCE_STRIDE];
	for (uint32_t i = offset - offset % SOURCE_STRIDE; i < offset; i++)
		n += begins_character(s->text[i]);
	return n;
}

/* Whether the text is text; what is not is reported at its place. */
static bool check_text(struct diags *diags, const struct source *s, uint32_t file, const struct loc *from)
{
	for (uint32_t i = 0, len; i < s->size; i += len) {
		len = utf8_length(s->text + i, s->size - i);
		if (len && s->text[i])
			continue;
		struct loc at = {.file = file, .begin = i, .end = i + 1};
		struct diag *d = len ? diag(diags, &at, D_nul_byte)
				     : diag(diags, &at, D_not_utf8, (unsigned char)s->text[i]);
		if (from)
			diag_note(diags, d, from, "`%s` is imported here", s->name);
		return false;
	}
	return true;
}

bool source_check_literal(
	struct diags *diags, const struct loc *at, const char *text, size_t n, const char *what)
{
	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_length(text + i, n - i);
		if (len && text[i])
			continue;
		diag(diags, at, D_literal_bytes, what, (unsigned char)text[i]);
		return false;
	}
	return true;
}

static struct source *add(struct sources *ss, struct diags *diags, struct opened *o, const char *text,
	size_t size, const struct loc *from, uint32_t *index)
{
	o->s.text = text;
	o->s.size = (uint32_t)size;
	find_lines(ss->arena, &o->s);
	*index = (uint32_t)ss->list.n;
	VEC_PUSH(ss->arena, &ss->list, &o->s);
	o->bad = !check_text(diags, &o->s, *index, from);
	return o->bad ? NULL : &o->s;
}

struct source *source_memory(struct sources *ss, struct diags *diags, const char *name, const char *text,
	size_t size, uint32_t *index)
{
	if (!size || size > SOURCE_MAX) {
		diag(diags, NULL, size ? D_file_too_large : D_empty_file, name);
		return NULL;
	}
	struct opened *o = NEW(ss->arena, struct opened);
	o->s.path = arena_strndup(ss->arena, name, strlen(name));
	o->s.name = diag_clean(ss->arena, name, strlen(name));
	return add(ss, diags, o, arena_strndup(ss->arena, text, size), size, NULL, index);
}

/* All bytes of a file, pipe or device, up to one more than SOURCE_MAX. -1: see errno. */
static ssize_t read_all(struct arena *a, int fd, char **text)
{
	size_t n = 0, cap = 16 * 1024;
	char *buf = arena_alloc(a, cap);
	while (n <= SOURCE_MAX) {
		if (n + 1 == cap)
			buf = arena_grow(a, buf, n, &cap, 1);
		ssize_t got = read(fd, buf + n, cap - n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got)
			break;
		n += (size_t)got;
	}
	buf[n] = 0;
	*text = buf;
	return (ssize_t)n;
}

struct source *source_open(struct sources *ss, struct diags *diags, const char *path, const char *name,
	const struct loc *from, uint32_t *index)
{
	struct stat st;
	/* The script itself may be a pipe (`ringc build /dev/stdin`); an import that is one might never end,
	 * nor even open. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (from ? O_NONBLOCK : 0));
	bool opened = fd >= 0 && !fstat(fd, &st), no_file = opened && from && !S_ISREG(st.st_mode);
	if (!opened || no_file) {
		if (no_file)
			diag(diags, from, D_import_irregular, name,
				S_ISDIR(st.st_mode) ? "a directory" : "a pipe, a socket or a device");
		else
			diag(diags, from, D_unreadable, name, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	for (uint32_t i = 0; i < ss->list.n; i++) {
		struct opened *o = (struct opened *)ss->list.at[i];
		if (o->from_file && o->dev == st.st_dev && o->ino == st.st_ino) {
			close(fd);
			*index = i;
			return o->bad ? NULL : &o->s;
		}
	}
	char *text;
	ssize_t size = read_all(ss->arena, fd, &text);
	int err = errno;
	close(fd);
	if (size < 0)
		diag(diags, from, D_unreadable, name, strerror(err));
	else if (!size)
		diag(diags, from, D_empty_file, name);
	else if (size > SOURCE_MAX)
		diag(diags, from, D_file_too_large, name);
	if (size <= 0 || size > SOURCE_MAX)
		return NULL;
	struct opened *o = NEW(ss->arena, struct opened);
	o->s.name = diag_clean(ss->arena, name, strlen(name)); /* it goes into the object, too */
	o->s.path = arena_strndup(ss->arena, path, strlen(path));
	o->dev = st.st_dev;
	o->ino = st.st_ino;
	o->from_file = true;
	return add(ss, diags, o, text, (size_t)size, from, index);
}

struct source *source_header(struct sources *ss, const char *path, const char *name, uint32_t *index)
{
	struct stat st;
	for (uint32_t i = 0; i < ss->list.n; i++)
		if (!strcmp(ss->list.at[i]->path, path)) {
			*index = i;
			return ss->list.at[i];
		}
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = NULL;
	ssize_t size = fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ? -1 : read_all(ss->arena, fd, &text);
	if (fd >= 0)
		close(fd);
	if (size < 0 || size > SOURCE_MAX)
		return NULL;
	for (size_t i = 0, len; i < (size_t)size; i += len) {
		len = utf8_length(text + i, (size_t)size - i);
		if (len && text[i])
			continue;
		text[i] = '?';
		len = 1;
	}
	struct opened *o = NEW(ss->arena, struct opened);
	o->s.name = diag_clean(ss->arena, name, strlen(name));
	o->s.path = path;
	o->s.text = text;
	o->s.size = (uint32_t)size;
	find_lines(ss->arena, &o->s);
	*index = (uint32_t)ss->list.n;
	VEC_PUSH(ss->arena, &ss->list, &o->s);
	return &o->s;
}

void source_position(const struct sources *ss, uint32_t file, uint32_t offset, uint32_t *line, uint32_t *col)
{
	const struct source *s = ss->list.at[file];
	if (offset > s->size)
		offset = s->size;
	uint32_t lo = 0, hi = s->nlines; /* line[lo] <= offset < line[hi] */
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (s->line[mid] <= offset)
			lo = mid;
		else
			hi = mid;
	}
	*line = lo + 1;
	while (offset > s->line[lo] && !begins_character(s->text[offset]))
		offset--;
	*col = 1 + characters(s, offset) - characters(s, s->line[lo]);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * params.c: parameters and shared variables by name: from text or values, checked, kept
 * until ringlet_load writes them into the image.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static const struct {
	const char *kind;
	int flags;
	int standard; /* what `-` stands for; -1: nothing */
	bool output;  /* opening it changes the file system, so it is opened last */
} kinds[] = {
	{"read", O_RDONLY, STDIN_FILENO, false},
	{"write", O_WRONLY, STDOUT_FILENO, false},
	{"rdwr", O_RDWR, -1, false},
	{"dir", O_RDONLY | O_DIRECTORY, -1, false},
	{"tcp_listen", 0, -1, false}, /* listen.c */
	/* Truncated only once all is open: see rl_params_open_outputs. */
	{"create", O_WRONLY | O_CREAT, STDOUT_FILENO, true},
	{"append", O_WRONLY | O_CREAT | O_APPEND, STDOUT_FILENO, true},
};
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

static size_t kind_index(const char *kind)
{
	size_t i;

	for (i = 0; i < NKINDS; i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			break;
	return i;
}

const struct rl_place *rl_place(struct ringlet *r, const char *name)
{
	for (uint32_t i = 0; i < r->object.nplaces; i++)
		if (strcmp(r->object.places[i].name, name) == 0)
			return &r->object.places[i];
	return NULL;
}

static struct rl_value *value_of(struct ringlet *r, const struct rl_place *p)
{
	return &r->values[p - r->object.places];
}

/* The place called name, if it may be set now. */
static int find(struct ringlet *r, const char *name, const struct rl_place **out)
{
	const struct rl_place *p = name ? rl_place(r, name) : NULL;

	*out = p;
	if (rl_is_region(r, name))
		return rl_error(r, EINVAL, "`%s` is a region: it takes memory (ringlet_set_region)", name);
	if (!p || (p->shared && p->type == RL_OTHER))
		return rl_error(r, ENOENT,
			p ? "shared variable `%s` is neither a scalar nor an array of u8 of one or two "
			    "dimensions"
			  : "there is no parameter `%s`",
			name ? name : "(null)");
	if (r->engine && !p->shared)
		return rl_error(r, EBUSY, "parameter `%s`: constant once the program is loaded", name);
	return 0;
}

static int wrong_type(struct ringlet *r, const struct rl_place *p, const char *given)
{
	return rl_error(
		r, EINVAL, "parameter `%s` is of type %s: %s does not fit", p->name, p->type_name, given);
}

static void forget_path(struct rl_value *v)
{
	free(v->path);
	v->path = NULL;
}

/* Keeps bytes for the load, or writes a shared variable that is there already. */
static int keep(struct ringlet *r, const struct rl_place *p, const void *bytes, size_t n)
{
	struct rl_value *v = value_of(r, p);

	forget_path(v);
	if (r->engine) {
		memcpy(r->image + p->offset, bytes, n);
		memset(r->image + p->offset + n, 0, p->size - n);
		v->set = true;
		return 0;
	}
	if (!v->bytes)
		v->bytes = malloc(p->size);
	if (!v->bytes)
		return rl_error(r, ENOMEM, "parameter `%s`: out of memory", p->name);
	memcpy(v->bytes, bytes, n);
	memset(v->bytes + n, 0, p->size - n);
	v->set = true;
	return 0;
}

/* An integer of any sign: neg tells whether magnitude is below zero. */
static int set_integer(struct ringlet *r, const struct rl_place *p, uint64_t magnitude, bool neg)
{
	static const struct {
		uint64_t max, min; /* min: magnitude of the lowest */
	} range[] = {
		[RL_U8] = {UINT8_MAX, 0},
		[RL_U16] = {UINT16_MAX, 0},
		[RL_U32] = {UINT32_MAX, 0},
		[RL_U64] = {UINT64_MAX, 0},
		[RL_S8] = {INT8_MAX, 1ull << 7},
		[RL_S16] = {INT16_MAX, 1ull << 15},
		[RL_S32] = {INT32_MAX, 1ull << 31},
		[RL_S64] = {INT64_MAX, 1ull << 63},
		[RL_BOOL] = {1, 0},
	};
	uint64_t bits = neg ? -magnitude : magnitude;

	if (p->type > RL_BOOL)
		return wrong_type(r, p, "an integer");
	if (magnitude > (neg ? range[p->type].min : range[p->type].max)) {
		if (range[p->type].min)
			return rl_error(r, ERANGE,
				"parameter `%s`: %s%" PRIu64 " is out of range: %s is -%" PRIu64
				" to %" PRIu64,
				p->name, neg ? "-" : "", magnitude, p->type_name, range[p->type].min,
				range[p->type].max);
		return rl_error(r, ERANGE,
			"parameter `%s`: %s%" PRIu64 " is out of range: %s is 0 to %" PRIu64, p->name,
			neg ? "-" : "", magnitude, p->type_name, range[p->type].max);
	}
	/* Little-endian, as the image is: the low bytes come first. */
	return keep(r, p, &bits, p->size);
}

static void forget_fd(struct rl_value *v)
{
	if (v->owned && v->fd >= 0)
		close(v->fd);
	forget_path(v);
	v->fd = -1;
	v->owned = false;
	v->set = false;
}

int ringlet_set_fd(struct ringlet *r, const char *name, int fd)
{
	const struct rl_place *p;
	int err = find(r, name, &p);

	if (err)
		return err;
	if (p->type != RL_FD || p->shared)
		return wrong_type(r, p, "a descriptor");
	if (fcntl(fd, F_GETFD) < 0)
		return rl_error(r, EBADF, "parameter `%s`: %d is not an open descriptor", name, fd);
	forget_fd(value_of(r, p));
	value_of(r, p)->fd = fd;
	value_of(r, p)->set = true;
	return 0;
}

int ringlet_set_u64(struct ringlet *r, const char *name, uint64_t value)
{
	const struct rl_place *p;
	int err = find(r, name, &p);

	return err ? err : set_integer(r, p, value, false);
}

int ringlet_set_s64(struct ringlet *r, const char *name, int64_t value)
{
	const struct rl_place *p;
	int err = find(r, name, &p);

	return err ? err : set_integer(r, p, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0);
}

int ringlet_set_bool(struct ringlet *r, const char *name, bool value)
{
	const struct rl_place *p;
	int err = find(r, name, &p);

	if (err)
		return err;
	return p->type == RL_BOOL ? set_integer(r, p, value, false) : wrong_type(r, p, "a bool");
}

int ringlet_set_string(struct ringlet *r, const char *name, const char *text)
{
	const struct rl_place *p;
	int err = find(r, name, &p);

	if (err)
		return err;
	if (p->type != RL_STRING || !text)
		return wrong_type(r, p, "a string");
	if (strlen(text) >= p->size)
		return rl_error(r, ENAMETOOLONG, "parameter `%s`: %zu characters, there is room for %u", name,
			strlen(text), p->size - 1);
	return keep(r, p, text, strlen(text));
}

/* ---- text ---- */

static int parse_number(
	struct ringlet *r, const char *name, const char *text, uint64_t *magnitude, bool *negative)
{
	const char *digits = text;
	bool neg = *text == '-';
	unsigned shift = 0;
	uint64_t n;
	char *end;

	if (neg || *text == '+')
		digits++;
	if (*digits < '0' || *digits > '9') /* strtoull would take blanks and a second sign */
		return rl_error(r, EINVAL, "parameter `%s`: `%s` is not a number", name, text);
	errno = 0;
	n = strtoull(digits, &end, digits[0] == '0' && (digits[1] | 32) == 'x' ? 16 : 10);
	if (errno == ERANGE)
		return rl_error(r, ERANGE, "parameter `%s`: %s is out of range", name, text);
	if (*end == 'K' || *end == 'k')
		shift = 10, end++;
	else if (*end == 'M' || *end == 'm')
		shift = 20, end++;
	else if (*end == 'G' || *end == 'g')
		shift = 30, end++;
	if (*end)
		return rl_error(
			r, EINVAL, "parameter `%s`: `%s` is not a number (suffixes are K, M, G)", name, text);
	if (shift && n > UINT64_MAX >> shift)
		return rl_error(r, ERANGE, "parameter `%s`: %s is out of range", name, text);
	*magnitude = n << shift;
	*negative = neg && n;
	return 0;
}

static int set_number_text(struct ringlet *r, const struct rl_place *p, const char *text)
{
	uint64_t n;
	bool neg;
	int err = parse_number(r, p->name, text, &n, &neg);

	return err ? err : set_integer(r, p, n, neg);
}

static int set_bool_text(struct ringlet *r, const struct rl_place *p, const char *text)
{
	static const char *const words[][2] = {{"false", "true"}, {"no", "yes"}, {"off", "on"}, {"0", "1"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (int b = 0; b < 2; b++)
			if (strcmp(text, words[i][b]) == 0)
				return set_integer(r, p, (uint64_t)b, false);
	return rl_error(r, EINVAL, "parameter `%s`: `%s` is neither true nor false", p->name, text);
}

static int set_fd_text(struct ringlet *r, const struct rl_place *p, const char *text)
{
	size_t k = kind_index(p->kind);
	struct rl_value *v = value_of(r, p);
	char *path;

	if (strncmp(text, "fd:", 3) == 0) {
		char *end;
		long n;

		errno = 0;
		n = strtol(text + 3, &end, 10);
		if (text[3] < '0' || text[3] > '9' || *end || errno || n > INT_MAX)
			return rl_error(r, EINVAL, "parameter `%s`: `%s` is not fd:NUMBER", p->name, text);
		return ringlet_set_fd(r, p->name, (int)n);
	}
	if (k == NKINDS)
		return rl_error(
			r, EINVAL, "parameter `%s` takes an open descriptor: %s=fd:NUMBER", p->name, p->name);
	if (strcmp(text, "-") == 0) {
		if (kinds[k].standard < 0)
			return rl_error(r, EINVAL,
				"parameter `%s`: `-` is neither standard input nor output here", p->name);
		return ringlet_set_fd(r, p->name, kinds[k].standard);
	}
	if (!*text)
		return rl_error(r, EINVAL, "parameter `%s`: an empty path", p->name);
	path = strdup(text);
	if (!path)
		return rl_error(r, ENOMEM, "parameter `%s`: out of memory", p->name);
	forget_fd(v);
	v->path = path;
	v->set = true;
	return 0;
}

/* A file's contents, as it is when the program is loaded, or now if that was before. */
static int set_contents(struct ringlet *r, const struct rl_place *p, const char *path)
{
	struct rl_value *v = value_of(r, p);
	char *copy;
	int err;

	if (!*path)
		return rl_error(r, EINVAL, "parameter `%s`: an empty path", p->name);
	if (r->engine) {
		unsigned char *bytes = calloc(1, p->size);

		if (!bytes)
			return rl_error(r, ENOMEM, "parameter `%s`: out of memory", p->name);
		err = rl_contents_read(r, p, path, bytes);
		if (!err)
			err = keep(r, p, bytes, p->size);
		free(bytes);
		return err;
	}
	copy = strdup(path);
	if (!copy)
		return rl_error(r, ENOMEM, "parameter `%s`: out of memory", p->name);
	forget_path(v);
	v->path = copy;
	v->set = true;
	return 0;
}

static int set_region_text(struct ringlet *r, const char *name, const char *text)
{
	uint64_t size;
	bool neg;
	int err = parse_number(r, name, text, &size, &neg);

	if (!err && neg)
		err = rl_error(r, EINVAL, "region `%s`: %s is not a size", name, text);
	return err ? err : rl_region_make(r, name, size);
}

int ringlet_set_arg(struct ringlet *r, const char *name, const char *text)
{
	const struct rl_place *p;
	int err;

	if (rl_is_region(r, name) && text)
		return set_region_text(r, name, text);
	err = find(r, name, &p);
	if (err)
		return err;
	if (!text)
		return rl_error(r, EINVAL, "parameter `%s`: no value", name);
	switch (p->type) {
	case RL_FD:
		return p->shared ? wrong_type(r, p, text) : set_fd_text(r, p, text);
	case RL_STRING:
		return p->shared && *text == '@' ? set_contents(r, p, text + 1)
						 : ringlet_set_string(r, name, text);
	case RL_STRINGS:
		return *text == '@'
			       ? set_contents(r, p, text + 1)
			       : rl_error(r, EINVAL, "parameter `%s` takes the lines of a file: %s=@FILE",
					 name, name);
	case RL_BOOL:
		return set_bool_text(r, p, text);
	case RL_OTHER:
		return wrong_type(r, p, text);
	default:
		return set_number_text(r, p, text);
	}
}

/* ---- enumeration ---- */

/* The value that the manifest's init records give p, as text. */
static void initial_text(struct ringlet *r, const struct rl_place *p)
{
	unsigned char bytes[sizeof(r->initial)] = {0};
	uint64_t u = 0;
	int64_t s;

	r->initial[0] = '\0';
	if (p->required || p->shared || p->type == RL_OTHER || p->type == RL_FD)
		return;
	for (uint32_t i = 0; i < r->object.ninit; i++) {
		const struct rl_init *in = &r->object.init[i];

		for (uint32_t b = 0; b < sizeof(bytes) && b < p->size; b++) {
			uint32_t at = p->offset + b;
			unsigned value;

			if (at >= in->offset && at - in->offset < in->size &&
				sscanf(in->hex + 2 * (at - in->offset), "%2x", &value) == 1)
				bytes[b] = (unsigned char)value;
		}
	}
	memcpy(&u, bytes, p->size < sizeof(u) ? p->size : sizeof(u));
	if (p->type == RL_STRING) {
		for (size_t i = 0; i < sizeof(bytes) - 1 && bytes[i] >= ' ' && bytes[i] != 127; i++) {
			r->initial[i] = (char)bytes[i];
			r->initial[i + 1] = '\0';
		}
	} else if (p->type == RL_BOOL) {
		snprintf(r->initial, sizeof(r->initial), "%s", u ? "true" : "false");
	} else if (p->type >= RL_S8 && p->type <= RL_S64) {
		unsigned unused = 64 - 8 * p->size;

		s = (int64_t)(u << unused) >> unused;
		snprintf(r->initial, sizeof(r->initial), "%" PRId64, s);
	} else {
		snprintf(r->initial, sizeof(r->initial), "%" PRIu64, u);
	}
}

int ringlet_param(struct ringlet *r, unsigned index, struct ringlet_param *out)
{
	bool region = r->object.region.name && index == r->object.nplaces;
	const struct rl_place *p = &r->object.region;

	if (!region && index >= r->object.nplaces)
		return rl_error(r, ENOENT, "there is no parameter number %u", index);
	if (!region)
		p = &r->object.places[index];
	initial_text(r, p);
	*out = (struct ringlet_param){
		.name = p->name,
		.type = p->type == RL_STRING && !region ? "string" : p->type_name,
		.kind = p->kind,
		.help = p->help,
		.initial = r->initial,
		.dims = p->dims,
		.ndims = p->ndims,
		.size = p->size,
		.required = p->required,
		.set = region ? r->region.at != NULL : r->values[index].set,
		.shared = p->shared,
		.region = region,
	};
	return 0;
}

/* ---- load ---- */

int rl_params_check(struct ringlet *r)
{
	for (uint32_t i = 0; i < r->object.nparams; i++)
		if (r->object.places[i].required && !r->values[i].set)
			return rl_error(r, ENODATA, "parameter `%s` is missing", r->object.places[i].name);
	return 0;
}

static int open_again(const char *path, int flags)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC, 0666);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static int open_path(struct ringlet *r, const struct rl_place *p, size_t k)
{
	struct rl_value *v = value_of(r, p);
	int flags = kinds[k].flags;

	v->created = false;
	if (strcmp(kinds[k].kind, "tcp_listen") == 0) {
		int fd = rl_listen(r, p->name, v->path);

		if (fd < 0)
			return fd;
		v->fd = fd;
		v->owned = true;
		return 0;
	}
	if (flags & O_CREAT) { /* whether it was there before has to be known */
		v->fd = open_again(v->path, flags | O_EXCL);
		v->created = v->fd >= 0;
	}
	if (v->fd < 0 && (!(flags & O_CREAT) || errno == EEXIST))
		v->fd = open_again(v->path, flags);
	if (v->fd < 0)
		return rl_error(r, errno, "parameter `%s`: %s: %s", p->name, v->path, strerror(errno));
	v->owned = true;
	return 0;
}

static int open_some(struct ringlet *r, bool outputs)
{
	for (uint32_t i = 0; i < r->object.nparams; i++) {
		struct rl_value *v = &r->values[i];
		size_t k;
		int err;

		if (!v->path || v->fd >= 0)
			continue;
		k = kind_index(r->object.places[i].kind);
		if (kinds[k].output != outputs)
			continue;
		err = open_path(r, &r->object.places[i], k);
		if (err)
			return err;
	}
	return 0;
}

/* Reads what arrays are to be filled with. */
static int read_contents(struct ringlet *r)
{
	int err = 0;

	for (uint32_t i = r->object.nparams; !err && i < r->object.nplaces; i++) {
		const struct rl_place *p = &r->object.places[i];
		struct rl_value *v = &r->values[i];

		if (!v->path)
			continue;
		free(v->bytes);
		v->bytes = calloc(1, p->size);
		err = v->bytes ? rl_contents_read(r, p, v->path, v->bytes)
			       : rl_error(r, ENOMEM, "parameter `%s`: out of memory", p->name);
	}
	return err;
}

int rl_params_open_inputs(struct ringlet *r)
{
	int err = open_some(r, false);

	return err ? err : read_contents(r);
}

/* Emptying a file that is also read from would lose it. */
static int check_not_read(struct ringlet *r, const struct rl_place *p, const struct stat *st)
{
	for (uint32_t i = 0; i < r->object.nparams; i++) {
		const struct rl_place *q = &r->object.places[i];
		struct stat other;

		if (q == p || q->type != RL_FD || r->values[i].fd < 0 || strcmp(q->kind, "read") != 0)
			continue;
		if (fstat(r->values[i].fd, &other) == 0 && other.st_dev == st->st_dev &&
			other.st_ino == st->st_ino)
			return rl_error(r, EINVAL, "parameter `%s`: %s is the same file as parameter `%s`",
				p->name, value_of(r, p)->path, q->name);
	}
	return 0;
}

int rl_params_open_outputs(struct ringlet *r)
{
	int err = open_some(r, true);

	/* Truncation comes when nothing can fail any more, so that a failure leaves old contents alone. */
	for (int cut = 0; cut < 2; cut++) {
		for (uint32_t i = 0; !err && i < r->object.nparams; i++) {
			const struct rl_place *p = &r->object.places[i];
			struct stat st;

			if (!r->values[i].path || r->values[i].fd < 0 || strcmp(p->kind, "create") != 0 ||
				fstat(r->values[i].fd, &st) != 0 || !S_ISREG(st.st_mode))
				continue;
			if (!cut)
				err = check_not_read(r, p, &st);
			else if (st.st_size && ftruncate(r->values[i].fd, 0) != 0)
				err = rl_error(r, errno, "parameter `%s`: %s: %s", p->name, r->values[i].path,
					strerror(errno));
		}
	}
	return err;
}

void rl_params_unmake(struct ringlet *r)
{
	for (uint32_t i = 0; i < r->object.nparams; i++) {
		struct rl_value *v = &r->values[i];
		struct stat ours, there;

		/* Another file may have come to stand in its place. */
		if (v->created && fstat(v->fd, &ours) == 0 && ours.st_size == 0 &&
			lstat(v->path, &there) == 0 && ours.st_dev == there.st_dev &&
			ours.st_ino == there.st_ino)
			unlink(v->path);
		v->created = false;
	}
}

/* Whether requests at offsets of their own would lose their order, or fail. */
static uint32_t is_stream(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return (lseek(fd, 0, SEEK_CUR) < 0 && errno == ESPIPE) || (flags >= 0 && (flags & O_APPEND));
}

/* A descriptor that was left at its default is the script's number: standard input, say. */
static void write_fd(struct ringlet *r, const struct rl_place *p, const struct rl_value *v)
{
	uint32_t stream;
	int fd;

	if (v->set)
		memcpy(r->image + p->offset, &v->fd, sizeof(v->fd));
	memcpy(&fd, r->image + p->offset, sizeof(fd));
	stream = is_stream(fd);
	if (p->stream)
		memcpy(r->image + p->stream, &stream, sizeof(stream));
}

void rl_params_write(struct ringlet *r)
{
	for (uint32_t i = 0; i < r->object.nplaces; i++) {
		const struct rl_place *p = &r->object.places[i];
		const struct rl_value *v = &r->values[i];

		if (p->type == RL_FD && !p->shared)
			write_fd(r, p, v);
		else if (v->set && v->bytes)
			memcpy(r->image + p->offset, v->bytes, p->size);
	}
}

const void *rl_params_value(struct ringlet *r, uint32_t offset)
{
	for (uint32_t i = 0; i < r->object.nparams; i++)
		if (r->object.places[i].offset == offset && r->values[i].set && r->values[i].bytes)
			return r->values[i].bytes;
	return r->image + offset;
}

void rl_params_close(struct ringlet *r)
{
	for (uint32_t i = 0; i < r->object.nplaces; i++) {
		if (r->values[i].owned)
			close(r->values[i].fd);
		if (r->values[i].owned)
			r->values[i].fd = -1;
		r->values[i].owned = false;
	}
}

void rl_params_free(struct ringlet *r)
{
	rl_params_close(r);
	for (uint32_t i = 0; r->values && i < r->object.nplaces; i++) {
		free(r->values[i].bytes);
		free(r->values[i].path);
	}
	free(r->values);
	r->values = NULL;
}

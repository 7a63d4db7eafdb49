#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# C headers: where they are looked for; that what a script shares with the host lies where C has it; what is
# said where they cannot be read; and that no garbage in one ends the compiler or keeps it.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"

# ---- where they are

mkdir dir other dir/sub
echo '#define PLACE 1' >dir/place.h
echo '#define PLACE 2' >other/place.h
echo '#define WHAT PLACE' >uses.h
printf 'import "place.h";\nimport <uses.h>;\ntask main() { log("%%u %%u", PLACE, WHAT); }\n' >script.rlt
ends 1 "$RINGC" build script.rlt
says err 'script.rlt:1:1: error: the C header "place.h" is not found [R0470]'
[ ! -e script.bpf.o ] || wrong "an object"
for args in '-I dir -I other -D PLACE2=1 -I.' '-Idir -Iother -I .'; do
	# shellcheck disable=SC2086
	ends 1 "$RINGC" build $args script.rlt
	says err 'script.rlt:3:35: error: `WHAT` cannot be used: it is a macro that has no value in C: use of undeclared identifier '"'PLACE'"' [R0472]'
	says err 'uses.h:1:9: note: `WHAT` is declared here'
done
# shellcheck disable=SC2043
ends 0 "$RINGC" build -I dir -I other -I. -D WHAT2 -DPLACE=7 -D PLACE=7 script.rlt
ends 0 "$RINGLET" run --engine=user script.bpf.o
only err '1 7'
echo '#define PLACE 3' >place.h
ends 0 "$RINGC" build -I dir -I. -DPLACE=4 script.rlt
ends 0 "$RINGLET" run --engine=user script.bpf.o
only err '3 4'
ends 2 "$RINGC" build script.rlt -I
ends 2 "$RINGC" build script.rlt -D

# The same from elsewhere: names do not depend on where the compiler is started.
printf '#define A 1\n#define F(x) x\n' >dir/sub/a.h
printf 'import "sub/a.h";\ntask main() { log("%%u", A + F); }\n' >dir/b.rlt
ends 1 "$RINGC" build dir/b.rlt
says err 'sub/a.h:2:9: note: `F` is declared here'
ends 1 "$RINGC" build "$PWD/dir/b.rlt"
says err 'sub/a.h:2:9: note: `F` is declared here'

# ---- what the host shares

cp "$SRCDIR/tests/lang/headers/proto.h" "$SRCDIR/tests/lang/headers/more.h" .
cat >shared.rlt <<'END_OF_SCRIPT'
import "proto.h";
shared struct message box[DEPTH];
shared struct line lines[3];
shared struct record record;
shared u64 sizes[6];
task main() {
    sizes[0] = sizeof(struct message);
    sizes[1] = sizeof(struct record);
    sizes[2] = sizeof(struct line);
    sizes[3] = sizeof(union_of);
    sizes[4] = SIZE;
    struct message m = box[3];
    assert(m.kind == 200 && m.low == 1000 && m.high == 2000 && m.offset == TOP);
    assert(m.corner[1][2].x == -1 && m.corner[1][2].y == -2 && m.corner[0][0].x == 77);
    assert(m.color == GREEN && m.wide == HUGE_ONE && m.next == 0x1234);
    assert(m.word.whole == 0x01020304 && m.in.fd && m.last == LAST);
    for (u32 i in 0..16) box[4].name[i] = m.name[15 - i];
    box[4].corner[1][0].y = 99;
    box[4].last = -123456789012;
    lines[2].byte = 5;
    record.kind = 6;
    record.number = 0xdeadbeef;
    record.rest[2] = 7;
}
struct word union_of;
END_OF_SCRIPT
sed -i 's/^struct word union_of;/union_of_type/; /^union_of_type/d; s/sizeof(union_of)/sizeof(struct word)/' shared.rlt
cat >host.c <<'END_OF_HOST'
#include <stdio.h>
#include <string.h>
#include <stddef.h>
#include "proto.h"
#include "ringlet.h"
#define CHECK(x) do { if (!(x)) { printf("not so: %s\n", #x); return 1; } } while (0)
int main(void)
{
	struct ringlet_opts opts = {.size = sizeof opts, .engine = RINGLET_USER};
	struct ringlet *r = ringlet_open("shared.bpf.o", &opts);
	CHECK(r && !ringlet_load(r));
	size_t size;
	struct message *box = ringlet_shared(r, "box", &size);
	CHECK(box && size == sizeof(struct message) * DEPTH);
	struct line *lines = ringlet_shared(r, "lines", &size);
	CHECK(lines && size == sizeof(struct line) * 3 && !((uintptr_t)lines % 64));
	struct record *record = ringlet_shared(r, "record", &size);
	CHECK(record && size == sizeof(struct record));
	uint64_t *sizes = ringlet_shared(r, "sizes", &size);
	box[3] = (struct message){.kind = 200, .low = 1000, .high = 2000, .offset = TOP,
		.corner[1][2] = {-1, -2}, .corner[0][0].x = 77, .name = "0123456789abcde", .color = GREEN,
		.wide = HUGE_ONE, .next = (void *)0x1234, .flag = 5, .ratio = 0.5, .word.whole = 0x01020304,
		.in.fd = true, .last = LAST};
	if (ringlet_run(r))
		puts(ringlet_error(r));
	CHECK(!memcmp(box[4].name, "\0edcba9876543210", 16));
	CHECK(box[4].corner[1][0].y == 99 && box[4].last == -123456789012 && !box[4].flag);
	CHECK(box[3].flag == 5 && box[3].ratio == 0.5);
	CHECK(lines[2].byte == 5 && !lines[1].byte && record->kind == 6);
	CHECK(record->number == 0xdeadbeef && record->rest[2] == 7 && !record->size);
	CHECK(sizes[0] == sizeof(struct message) && sizes[1] == sizeof(struct record));
	CHECK(sizes[2] == sizeof(struct line) && sizes[3] == sizeof(union word) && sizes[4] == SIZE);
	ringlet_close(r);
	return 0;
}
END_OF_HOST
ends 0 "$RINGC" build shared.rlt
case $(nm "$OBJDIR/libringlet.a" 2>/dev/null | grep -c __asan_init) in
0) sanitize= ;;
*) sanitize=-fsanitize=address,undefined ;;
esac
# shellcheck disable=SC2086
ends 0 "${CC:-cc}" -std=gnu11 $sanitize -I "$SRCDIR/runtime" host.c "$OBJDIR/libringlet.a" -lbpf -lelf -lz -ljansson \
	-pthread -o host
ends 0 ./host

# ---- what cannot be read

printf 'import "uses.h";\ntask main() {}\n' >empty.rlt
mkdir alone
cp "$RINGC" alone/
ends 1 alone/ringc build empty.rlt
says err 'empty.rlt:1:1: error: C headers cannot be read: the program `ringc-header` is not beside `ringc` [R0476]'
printf '#!/bin/sh\nexit 127\n' >alone/ringc-header
chmod +x alone/ringc-header
ends 1 alone/ringc build empty.rlt
says err 'empty.rlt:1:1: error: C headers cannot be read: libclang 19 is not installed (Debian: libclang1-19) [R0476]'
printf '#!/bin/sh\nkill -SEGV $$\n' >alone/ringc-header
ends 1 alone/ringc build empty.rlt
says err "empty.rlt:1:1: error: C headers cannot be read: C's parser ended with signal 11 [R0476]"
printf '#!/bin/sh\nprintf "H\\t0\\nF\\nS\\t\\nF\\tx\\nC\\t%%\\t\\t\\n\\n\\t\\t\\tV\\ne\\nX\\nF\\ta\\tb\\tc\\td\\te\\t#999\\n"\n' >alone/ringc-header
ends 1 alone/ringc build empty.rlt
says err "empty.rlt:1:1: error: C headers cannot be read: C's parser ended with status 2 [R0476]"

# ---- garbage: an object, or errors; never a signal, nor more time than there is

printf 'import "garbage.h";\nstruct message m;\nstruct line l;\ntask main() { log("%%u %%u", DEPTH, SIZE); m.kind = RED; }\n' >garbage.rlt
cp "$SRCDIR/tests/lang/headers/proto.h" whole.h
length=$(wc -c <whole.h)
i=0
while [ $i -lt 24 ]; do
	i=$((i + 1))
	cut=$((length * i / 25))
	case $((i % 4)) in
	0) head -c $cut whole.h >garbage.h ;;
	1) { head -c $cut whole.h; printf '\000\377{[('; tail -c +$cut whole.h; } >garbage.h ;;
	2) { head -c $cut whole.h; head -c $((cut + 90)) whole.h | tail -c 90 | rev; tail -c +$cut whole.h; } >garbage.h ;;
	3) tr '{;a(' ';{(a' <whole.h | tail -c +$cut >garbage.h ;;
	esac
	timeout 60 "$RINGC" build garbage.rlt >out 2>err
	status=$?
	[ $status -le 1 ] || { wrong "garbage $i: exit $status"; cp garbage.h "garbage$i.h"; }
	[ $status -eq 0 ] || [ -s err ] || wrong "garbage $i: nothing said"
done
printf '#include "garbage.h"\n' >garbage.h
ends 1 "$RINGC" build garbage.rlt
head -c 3000 "$RINGC" >garbage.h
ends 1 "$RINGC" build garbage.rlt
: >garbage.h
ends 1 "$RINGC" build garbage.rlt
exit $failed

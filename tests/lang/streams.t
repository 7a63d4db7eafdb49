#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# read_full and write_all on pipes: short reads and writes, tasks in any order, an end within a block.

object=$OBJDIR/tests/lang/streams.bpf.o
cd "$SCRATCH" || exit 1
failed=0
fail() { echo "$engine: $*"; failed=1; }

i=0
while [ $i -lt 5000 ]; do
	echo "line $i of the stream"
	i=$((i + 1))
done >data
size=$(wc -c <data)

# A writer that gives a little at a time.
dribble() {
	dd if=data bs=1 count=7 2>/dev/null
	sleep 0.1
	dd if=data bs=1 skip=7 count=1500 2>/dev/null
	sleep 0.1
	tail -c +1508 data
}

for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine $object"
	dribble | $run in=- out=- 2>log | cat >made || fail "pipe to pipe"
	cmp data made || fail "pipe to pipe: not the same"
	grep -qx "streams 1 1" log && grep -qx "not one -1" log && grep -qx "copied $size" log || fail "$(cat log)"

	dribble | $run in=- out=made size=64K >log 2>&1 || fail "pipe to file: exit $?"
	cmp data made || fail "pipe to file: not the same"
	grep -qx "streams 1 0" log || fail "$(cat log)"

	# A reader that is slow: the pipe is full most of the time.
	$run in=data out=- size=50000 2>log | { sleep 0.2; cat; } >made
	cmp data made || fail "file to pipe: not the same"
	grep -qx "streams 0 1" log || fail "$(cat log)"

	printf '' | $run in=- out=made 2>log || fail "an empty pipe: exit $?"
	[ ! -s made ] && grep -qx "copied 0" log || fail "an empty pipe: $(cat log)"
	printf 'x' | $run in=- out=- tasks=1 2>log | cat >made
	[ "$(cat made)" = x ] || fail "one byte: $(cat made)"

	# A reader that goes away: the error has the place of the `try`.
	{ $run in=data out=- 2>log; echo $? >status; } | head -c 10 >/dev/null
	[ "$(cat status)" = 1 ] || fail "a reader that went away: exit $(cat status)"
	grep -q '^streams.rlt:20: write: Broken pipe (task copier\[[0-7]\])$' log || fail "$(cat log)"

	# A device that takes nothing.
	$run in=data out=/dev/full >log 2>&1 && fail "/dev/full: no error"
	grep -q '^streams.rlt:20: write: No space left on device (task copier\[[0-7]\])$' log || fail "$(cat log)"
done
exit $failed

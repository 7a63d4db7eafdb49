#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# splice: from a pipe to a file and from a file to a pipe, byte for byte; its errors.

object=$OBJDIR/tests/ops/splice.bpf.o
cd "$SCRATCH" || exit 1
failed=0
fail() { echo "$engine: $*"; failed=1; }

i=0
while [ $i -lt 20000 ]; do
	echo "line $i of what is moved"
	i=$((i + 1))
done >data
size=$(wc -c <data)

for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine $object"
	cat data | $run in=- out=made off_out=0 >log 2>&1 || fail "from a pipe: exit $?"
	cmp data made || fail "from a pipe: not the same"
	grep -qx "moved $size" log || fail "from a pipe: $(cat log)"
	grep -qx "bad -9 -9" log || fail "bad descriptors: $(cat log)"
	grep -qx "bad flags -22" log || fail "bad flags: $(cat log)"
	rm -f made

	# Part of a file, into a pipe that is read slowly.
	$run in=data out=- off_in=100 2>log | { sleep 0.2; cat; } >made
	tail -c +101 data | cmp - made || fail "to a pipe: not the same"
	grep -qx "moved $((size - 100))" log || fail "to a pipe: $(cat log)"

	# Neither is a pipe.
	$run in=data out=made off_in=0 off_out=0 >log 2>&1 && fail "file to file: no error"
	grep -q "splice.rlt:11: splice: Invalid argument" log || fail "file to file: $(cat log)"
done
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tee: what is in a pipe goes into two others, whole and in order; its errors.

object=$OBJDIR/tests/ops/tee.bpf.o
cd "$SCRATCH" || exit 1
failed=0
fail() { echo "$engine: $*"; failed=1; }

i=0
while [ $i -lt 20000 ]; do
	echo "line $i of what goes two ways"
	i=$((i + 1))
done >data
size=$(wc -c <data)

for engine in $ENGINES; do
	rm -f one two
	mkfifo one two
	cat one >first &
	first=$!
	cat two >second &
	second=$!
	# Opened for reading and writing, so that no end waits for the other.
	cat data | "$RINGLET" run --engine="$engine" "$object" in=- copy=one out=two >log 2>&1 || fail "exit $?"
	wait $first $second
	cmp data first || fail "the copy is not the same"
	cmp data second || fail "the output is not the same"
	grep -qx "moved $size" log || fail "$(cat log)"
	grep -qx "bad -9 -9" log || fail "bad descriptors: $(cat log)"

	"$RINGLET" run --engine="$engine" "$object" in=data copy=first out=second >log 2>&1 && fail "files: no error"
	grep -q "tee.rlt:10: tee: Invalid argument" log || fail "files: $(cat log)"
done
exit $failed

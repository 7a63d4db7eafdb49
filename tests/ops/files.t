#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the operations leave in the file system, as other programs see it.

object=$OBJDIR/tests/ops/files.bpf.o
cd "$SCRATCH" || exit 1
umask 022
failed=0
fail() { echo "$engine: $*"; failed=1; }
same() { printf "$2" | cmp - "$1" || fail "$1 is not as written"; }

for engine in $ENGINES; do
	rm -rf files
	mkdir files
	"$RINGLET" run --engine="$engine" "$object" dir=files >log 2>&1 || fail "exit $?: $(cat log)"
	[ "$(ls files | tr '\n' ' ')" = "allocated fixed made truncated vector written " ] || fail "files: $(ls files)"
	[ "$(ls files/made | tr '\n' ' ')" = "inside new " ] || fail "files/made: $(ls files/made)"
	same files/written 'by write\n'
	same files/vector 'by writev\n'
	same files/truncated 'shorter'
	same files/made/inside 'x'
	same files/made/new 'renamed\n'
	[ "$(wc -c <files/fixed)" -eq 4096 ] || fail "fixed has $(wc -c <files/fixed) bytes"
	[ "$(tr -d '\000' <files/fixed)" = by ] || fail "fixed is not as written"
	[ "$(wc -c <files/allocated)" -eq 100000 ] || fail "allocated has $(wc -c <files/allocated) bytes"
	[ "$(du -k files/allocated | cut -f1)" -ge 97 ] || fail "allocated has no blocks"
	[ "$(stat -c %a files/written files/vector files/made | tr '\n' ' ')" = "600 640 751 " ] ||
		fail "modes: $(stat -c %a files/written files/vector files/made)"
done
exit $failed

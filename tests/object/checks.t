#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: reads objects with llvm-objdump
#
# An index is checked where its range is not known, and only there: each function and task of checks.rlt has as many
# checks as its name says. A check is told by its trap's number (FAIL_KIND_SHIFT in compiler/codegen.h), which the
# manifest's list of sites has the text of.

objdump=$(command -v llvm-objdump-19 || command -v llvm-objdump) || { echo "llvm-objdump is missing"; exit 77; }
cd "$SCRATCH" || exit 1

"$RINGC" build --dump=image "$SRCDIR/tests/object/checks.rlt" >image || exit 1
sed 's/.*"sites":\[//; s/}\].*//' image | tr '{' '\n' | sed 1d |
	awk '/index out of bounds/ { printf "%x\n", NR - 1 }' >indices
"$objdump" -d --no-show-raw-insn "$OBJDIR/tests/object/checks.bpf.o" >dis || exit 1
awk '
NR == FNR { while (length($1) < 6) $1 = "0" $1; index_site["0x3" $1] = 1; next }
function finish() {
	if (fn == "") return
	checked++
	split(fn, part, "_")
	if (n != part[3]) { print fn ": " n + 0 " checks"; bad = 1 }
}
/^[0-9a-f]+ <.*>:$/ {
	f = $2; gsub(/[<>:]/, "", f)
	if (f ~ /^LBB/) next
	finish(); fn = f ~ /^(fn[0-9]+|task)_checks_/ ? f : ""; n = 0; split("", seen)
}
$4 in index_site && !($4 in seen) { seen[$4] = 1; n++ }
END { finish(); if (checked < 31) { print "only " checked " functions"; bad = 1 } exit bad }
' indices dis

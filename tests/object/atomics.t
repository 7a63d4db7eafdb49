#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: reads objects with llvm-objdump
#
# Each atomic operation is one instruction, the one that the function's name in atomics.rlt says. Told by the
# opcode, the last byte of which is of 32 or 64 bits, and by the operation in the immediate field
# (Documentation/bpf/standardization/instruction-set.rst, "Atomic operations").

objdump=$(command -v llvm-objdump-19 || command -v llvm-objdump) || { echo "llvm-objdump is missing"; exit 77; }
object=$OBJDIR/tests/object/atomics.bpf.o
cd "$SCRATCH" || exit 1

"$objdump" -d "$object" >dis || exit 1
awk '
BEGIN {
	split("add or and xor", names); split("00000000 40000000 50000000 a0000000", plain)
	split("01000000 41000000 51000000 a1000000", fetch)
	for (i = 1; i <= 4; i++) { imm[names[i]] = plain[i]; imm["fetch_" names[i]] = fetch[i] }
	imm["xchg"] = "e1000000"; imm["cmpxchg"] = "f1000000"; imm["acquire"] = "00010000"; imm["release"] = "10010000"
	opcode["32"] = "c3"; opcode["64"] = "db"
}
function finish() {
	if (fn == "") return
	checked++
	n = split(fn, part, "_")           # fnN_is_NAME_BITS...
	name = part[3]; k = 4
	if (name == "fetch") { name = name "_" part[4]; k = 5 }
	bits = part[k]
	if (name == "load" || name == "store") {
		if (atomics != 0) { print fn ": an atomic instruction"; bad = 1 }
	} else if (atomics != 1 || found != opcode[bits] " " imm[name]) {
		print fn ": " atomics " atomic instructions, the last is " found ", not " opcode[bits] " " imm[name]; bad = 1
	}
	if (calls && fn !~ /indexed$/) { print fn ": a call"; bad = 1 }   # that one can trap
}
/^[0-9a-f]+ <.*>:$/ {
	f = $2; gsub(/[<>:]/, "", f)
	if (f ~ /^LBB/) next
	finish(); fn = f ~ /^fn[0-9]+_is_/ ? f : ""; atomics = 0; calls = 0; found = ""
}
$1 ~ /^[0-9]+:$/ {
	if ($2 == "85") calls++
	if ($2 == "c3" || $2 == "db") { atomics++; found = $2 " " $6 $7 $8 $9 }
}
END { finish(); if (checked < 50) { print "only " checked " functions"; bad = 1 } exit bad }
' dis

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: reads objects with llvm's tools
#
# The native step: its section has no relocations, is not loaded by libbpf, and its code refers to nothing
# outside of itself, so that it runs wherever it is put.

for tool in llvm-objdump llvm-objcopy llvm-readelf; do
	command -v $tool-19 >/dev/null || { echo "$tool-19 is missing"; exit 77; }
done
cd "$SCRATCH" || exit 1
failed=0
fail() { echo "$name: $*"; failed=1; }

for name in examples/copy examples/nop examples/slurp tests/object/calls tests/object/atomics; do
	object=$OBJDIR/$name.bpf.o
	llvm-readelf-19 -S -W "$object" >sections
	for arch in x86_64; do
		section=.ringlet.$arch
		grep -q " $section  *PROGBITS " sections || { fail "no $section"; continue; }
		grep -q "\.rela\{0,1\}$section" sections && fail "$section has relocations"
		# Neither allocated, written nor executed as part of the BPF object.
		grep " $section " sections | awk '{ exit $(NF-3) ~ /[AWX]/ }' || fail "$section has flags"
		llvm-objcopy-19 --dump-section $section=code "$object" /dev/null
		llvm-objcopy-19 -I binary -O elf64-x86-64 --rename-section .data=.text,code,alloc,readonly code code.o
		llvm-objdump-19 -d --no-show-raw-insn code.o >dis
		[ "$(wc -l <dis)" -gt 100 ] || fail "$section has no code"
		size=$(wc -c <code)
		# Absolute addresses, data beside the code, segment registers, calls into the system.
		grep -nE '\(%rip\)|%fs:|%gs:|syscall|int  *\$|<unknown>|\(bad\)' dis && fail "$section refers to what is outside"
		# Direct jumps and calls stay inside.
		sed -n 's/.*\t\(j[a-z]*\|call[q]*\)\t\(0x[0-9a-f]*\).*/\2/p' dis | sort -u | while read -r to; do
			[ $((to)) -lt "$size" ] || echo "to $to"
		done >outside
		[ ! -s outside ] || fail "$section jumps outside: $(cat outside)"
	done
done
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Each program of rejected_*.c is rejected, for the reason that reasons.out has, at the line where it is; by the kernel
# here, and by that of each virtual machine. UPDATE=1 writes reasons.out.

cd "$SRCDIR/tests/verify" || exit 1
[ "$(id -u)" -eq 0 ] || { echo "programs are loaded by root"; exit 77; }
[ -e /sys/kernel/btf/vmlinux ] || { echo "this kernel has no BTF"; exit 77; }
objects=$OBJDIR/tests/verify
slow=
[ -z "$RINGC" ] || slow=$objects/rejected_slowly.bpf.o # not in virtual machines, where there is no compiler either
# shellcheck disable=SC2086
"$objects/reasons" "$objects/rejected_calls.bpf.o" "$objects/rejected_flow.bpf.o" "$objects/rejected_memory.bpf.o" $slow \
	>"$SCRATCH/actual" || { cat "$SCRATCH/actual"; exit 1; }
[ -z "$UPDATE" ] || cp "$SCRATCH/actual" reasons.out
if [ -n "$slow" ]; then
	diff -u reasons.out "$SCRATCH/actual"
else
	grep -v '^loop_too_long: ' reasons.out | diff -u - "$SCRATCH/actual"
fi

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Each program of rejected_*.c is rejected, for the reason that reasons.out has, at the line where it is; by the kernel
# here, and by that of each virtual machine. UPDATE=1 writes reasons.out.

cd "$SRCDIR/tests/verify" || exit 1
[ "$(id -u)" -eq 0 ] || { echo "programs are loaded by root"; exit 77; }
[ -e /sys/kernel/btf/vmlinux ] || { echo "this kernel has no BTF"; exit 77; }
"$OBJDIR/tests/verify/reasons" "$OBJDIR"/tests/verify/rejected_*.bpf.o >"$SCRATCH/actual" || { cat "$SCRATCH/actual"; exit 1; }
[ -z "$UPDATE" ] || cp "$SCRATCH/actual" reasons.out
diff -u reasons.out "$SCRATCH/actual"

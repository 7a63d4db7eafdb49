#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# `ringc lint --verify` judges each program of an object by itself, whatever its maps are to be filled with, and pins
# none of them.

[ "$(id -u)" -eq 0 ] || { echo "programs are loaded by root"; exit 77; }
[ -e /sys/kernel/btf/vmlinux ] || { echo "this kernel has no BTF"; exit 77; }
"$RINGC" lint --verify "$OBJDIR/tests/verify/accepted_with_maps.bpf.o" >"$SCRATCH/out" 2>&1
status=$?
if grep -q 'gives no verdict.*not allowed to this root' "$SCRATCH/out"; then
	echo "this root may not load programs"
	exit 77
fi
if [ $status -ne 0 ] || [ "$(grep -c 'accepts it: it looked at [1-9]' "$SCRATCH/out")" -ne 3 ]; then
	cat "$SCRATCH/out"
	exit 1
fi
[ ! -e /sys/fs/bpf/ringc_lint_pinned ] || { rm /sys/fs/bpf/ringc_lint_pinned; echo "a map stays pinned"; exit 1; }

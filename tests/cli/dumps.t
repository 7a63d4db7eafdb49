#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# What a pass made is printed whole: every instruction has a name.

status=0
for script in "$SRCDIR"/tests/lang/*.rlt; do
	"$RINGC" build "$script" --dump=states -o "$SCRATCH/out" >"$SCRATCH/states" 2>&1 ||
		{ status=1; echo "$script: exit $?"; }
	! grep -F '(null)' "$SCRATCH/states" || { status=1; echo "$script"; }
done
[ ! -e "$SCRATCH/out" ] || { status=1; echo "an object beside a dump"; }
exit $status

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A named pipe that nobody has open: to open it takes until a time-out.

cd "$SCRATCH" || exit 1
failed=0
mkfifo pipe
printf '%s\n' "nobody writes: 1" "in a function: 1" "in a select" hello >expected
for engine in $ENGINES; do
	timeout 60 "$RINGLET" run --engine="$engine" "$OBJDIR/tests/ops/named_pipe.bpf.o" path="$SCRATCH/pipe" >printed 2>&1
	cmp printed expected || { failed=1; echo "$engine:"; cat printed; }
done
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# guest-only: the kernel's verifier is asked
# What the verifier processes: little for the file copy, in proportion for 64 tasks; 2,000 lines load.
# Programs that are traced too.

case $ENGINES in
*kernel*) ;;
*) exit 0 ;;
esac
dir=$OBJDIR/tests/bench
processed() {
	"$dir/verified" "$1" >"$SCRATCH/said" || exit 1
	read -r _ n _ <"$SCRATCH/said"
	[ "$n" -le "$2" ] || { echo "$1: the verifier processed $n instructions, more than $2"; bad=1; }
}
bad=0
for TRACED in 0 1; do
	export TRACED
	processed "$OBJDIR/examples/copy.bpf.o" 2000
	processed "$dir/scale/tasks_64.bpf.o" 28000
	processed "$dir/scale/lines_2000.bpf.o" 100000
done
exit $bad

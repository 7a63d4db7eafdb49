#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# examples/nop.rlt: as many NOPs as asked for, at each depth.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/examples/nop.bpf.o

for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine"
	for depth in 1 2 7 63 64; do
		for n in 0 1 63 1000 10007; do
			# shellcheck disable=SC2086
			ends 0 $run --stats --show=done "$object" n=$n depth=$depth
			only out "done=$n"
			says err "engine: $engine"
			says err "submitted: $n"
			says err "completed: $n"
		done
	done
	# Its defaults: a million, one at a time.
	# shellcheck disable=SC2086
	ends 0 $run --show=done "$object"
	only out done=1000000
	for depth in 0 65 4294967295; do
		# shellcheck disable=SC2086
		ends 1 $run --show=done "$object" depth=$depth
		only out done=0
		only err "depth should be 1 to 64, not $depth
nop.rlt:20: fail: Invalid argument (task main)"
	done
done
exit $failed

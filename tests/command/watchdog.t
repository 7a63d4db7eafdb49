#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A program that makes no progress is ended, and it is said which tasks keep it running.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
stuck=$OBJDIR/tests/unit/stuck.bpf.o
busy=$OBJDIR/tests/unit/busy.bpf.o

for engine in $ENGINES; do
	ends 1 "$RINGLET" run --engine="$engine" --watchdog=0.3 --show=unwound "$stuck" how=2
	only err 'stuck.rlt:29: no progress for 0.3 s: tasks keep running without a request: link[1] in start at stuck.rlt:29'
	only out unwound=1
	# Neither one that sleeps for longer, nor one of several that is not stuck itself.
	ends 0 "$RINGLET" run --engine="$engine" --watchdog=0.1 "$busy" how=0
	ends 1 "$RINGLET" run --engine="$engine" --watchdog=0.3 "$busy" how=3 -- "$stuck" how=2
	only err 'stuck.rlt:29: no progress for 0.3 s: tasks keep running without a request: link[1] in start at stuck.rlt:29'
done

for seconds in '' -1 1s 0x1 inf 1.2.3 1e3 1000001; do
	ends 2 "$RINGLET" run --watchdog="$seconds" "$busy"
	only err "ringlet run: not a number of seconds: --watchdog=$seconds (see ringlet --help)"
done
for seconds in 0 0.0001 1 1.5 1000000; do
	ends 0 "$RINGLET" run --watchdog=$seconds "$busy" how=1 rounds=1
done
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The first SIGINT has a program unwind, the second ends it at once.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/tests/command/stubborn.bpf.o

for engine in $ENGINES; do
	for second in INT TERM; do
		: >err
		"$RINGLET" run --engine="$engine" "$object" 2>err &
		pid=$!
		within grep -qx runs err
		kill -INT $pid
		within grep -qx unwinds err
		sleep 0.3
		kill -0 $pid || wrong "$engine: the first SIGINT ended it before it was unwound"
		kill -$second $pid
		wait $pid
		got=$?
		status=130
		[ $second = INT ] || status=143
		[ $got -eq $status ] || wrong "$engine: SIGINT and SIG$second: exit $got, not $status"
		only err 'runs
unwinds'
	done
done
exit $failed

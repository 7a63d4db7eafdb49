#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# --events: what a program emits before it ends is printed, also where whoever reads was slow, and the program
# ended while a line was being written.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/tests/command/events.bpf.o
pipe=65536 # bytes of room in it

for engine in $ENGINES; do
	rm -f posts
	mkfifo posts
	: >err
	{
		head -c $pipe /dev/zero
		$RINGLET run --engine="$engine" --post=requests=posts --events "$object" 2>err
		echo "exit $?"
	} | {
		{
			echo 1
			sleep 1 # its event is being written, for which there is no room
			printf '%s\n' 2 3 4 0
		} >posts
		within grep -q '4 answered' err
		sleep 1 # what follows the program has seen its end
		tail -c +$((pipe + 1)) >out
		[ $failed -eq 0 ]
	} || failed=1
	only out 'events 1 0
events 4 0
events 9 0
events 16 0
exit 0'
done
exit $failed

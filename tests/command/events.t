#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# --post and --events: what is posted to an `in` queue arrives once and in order, and so do events.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/tests/command/events.bpf.o
{ seq 1 2000; echo "3000 -5"; echo 0; } >"$SCRATCH/posts"
{ seq 1 2000 | awk '{ print "events", $1 * $1, 0 }'; echo "events 9000000 -5"; } >"$SCRATCH/want"

for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine"
	# shellcheck disable=SC2086
	ends 0 $run --post=requests="$SCRATCH/posts" --events "$object"
	only out "$(cat "$SCRATCH/want")"
	only err "2001 answered"
	# shellcheck disable=SC2086
	$run --post=requests=- --events "$object" <"$SCRATCH/posts" 2>"$SCRATCH/err" | cmp - "$SCRATCH/want" || failed=1
	# Nobody takes the events: the script waits for room, and can be stopped.
	# shellcheck disable=SC2086
	timeout -s TERM 1 $run --post=requests="$SCRATCH/posts" "$object" >"$SCRATCH/out" 2>"$SCRATCH/err"
	status=$?
	case $status in 124 | 143) ;; *) echo "$engine: stopped: $status"; failed=1 ;; esac
	# shellcheck disable=SC2086
	ends 2 $run --post=requests "$object"
	# shellcheck disable=SC2086
	ends 2 $run --post=requests=/does/not/exist "$object"
	# What can be opened and not read is told; the program waits for others to post.
	# shellcheck disable=SC2086
	$run --post=requests=. "$object" >out 2>err &
	within grep -qx 'ringlet: .: Is a directory' err
	kill $!
	wait $!

	# Of each line what it says is posted, or it is told that it says nothing.
	{
		printf '%s\n' '010' '0x10 -0x3' 'x' '5 4294967297' '-1' '99999999999999999999' '1 2 3' '4 2147483647' '5x'
		printf '%300s 7\n0\n' ''
	} >lines
	# shellcheck disable=SC2086
	ends 1 $run --quiet --post=requests=lines --events "$object"
	only out 'events 100 0
events 256 -3
events 16 2147483647
events 49 0'
	[ "$(tr '\n' ' ' <err)" = "$(printf 'ringlet: lines:%d: not `USER_DATA [RES]` ' 3 4 5 6 7 9)" ] ||
		wrong "other lines were told: $(cat err)"
done
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# ringlet run with several programs: what one emits the other is given, and they are loaded, stopped and told of
# by number.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
relay=$OBJDIR/tests/unit/relay.bpf.o
events=$OBJDIR/tests/command/events.bpf.o
{ seq 1 300 | awk '{ print "3.events", $1 * $1, 7 }'; } >want

for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine"
	# shellcheck disable=SC2086
	{
		# A chain of three; the last one's events are printed, and the others' that are not connected.
		ends 0 $run --events --show=1.passed --show=2.passed --connect=1.to=2.from --connect=2.to=3.requests \
			"$relay" make=300 -- "$relay" -- "$events"
		grep '^3' out | cmp - want || wrong "$engine: other events"
		says out "1.aside 300 0"
		says out "2.aside 300 0"
		says out "1.passed=300"
		says out "2.passed=300"
		only err "300 answered"

		# Where one fails the others are stopped, and only its error is told.
		ends 1 $run "$relay" -- "$OBJDIR/tests/command/failing.bpf.o"
		only err "failing.rlt:3: fail: No space left on device (task main)"

		# Where one cannot be loaded none runs.
		ends 1 $run --show=1.passed "$relay" make=1 -- \
			"$OBJDIR/tests/command/two_outputs.bpf.o" one=made two=/does/not/exist
		only out ""
		[ ! -e made ] || wrong "a file was made"

		# One script on three rings, each with variables of its own.
		ends 0 $run --rings=3 --show=done --show=2.done --stats "$OBJDIR/examples/nop.bpf.o" n=100
		only out "1.done=100
2.done=100
3.done=100
2.done=100"
		[ "$(grep -c '^submitted: 100$' err)" -eq 3 ] || wrong "$engine: other counts: $(cat err)"
		ends 0 $run --rings=1 --show=done "$OBJDIR/examples/nop.bpf.o" n=100
		only out done=100
		ends 0 $run --rings=0 "$OBJDIR/examples/nop.bpf.o" n=100

		# A signal stops all.
		$run --connect=1.to=2.from "$relay" -- "$relay" 2>err &
		pid=$!
		sleep 0.3
		kill -TERM $pid
		wait $pid
		status=$?
		[ $status -eq 143 ] || wrong "$engine: stopped: $status"
		only err ""
	}
done

# What is wrong with the command line.
ends 2 "$RINGLET" run "$relay" --
only err "ringlet run: no program given after \`--\` (see ringlet --help)"
ends 2 "$RINGLET" run --show=passed "$relay" -- "$relay"
only err "ringlet run: which program's? Say 1. or another number before the name: passed (see ringlet --help)"
ends 2 "$RINGLET" run --show=3.passed "$relay" -- "$relay"
only err "ringlet run: there is no program of that number: 3.passed (see ringlet --help)"
ends 2 "$RINGLET" run --connect=1.to "$relay" -- "$relay"
only err "ringlet run: not QUEUE=QUEUE: --connect=1.to (see ringlet --help)"
ends 2 "$RINGLET" run --connect=1.to=2.from[x] "$relay" -- "$relay"
only err "ringlet run: not a name: from[x] (see ringlet --help)"
ends 2 "$RINGLET" run --connect=1.to=2.from[1] --connect=1.from=2.from --connect=1.to=1.from "$relay" -- "$relay"
only err "ringlet: the program that is to receive has no \`in\` queue \`from[1]\`
ringlet: the program that is to send has no \`out\` queue \`from[0]\`
ringlet: a program is not connected with itself: it has queues of its own"
ends 2 "$RINGLET" run --rings=2 "$relay" -- "$relay"
only err "ringlet run: --rings is for one program, and here are several (see ringlet --help)"
ends 2 "$RINGLET" run --rings=x "$relay"
only err "ringlet run: not a number of rings: --rings=x (see ringlet --help)"
ends 2 "$RINGLET" run --rings=2 --post=from=/dev/null "$relay"
only err "ringlet run: which program's? Say 1. or another number before the name: from (see ringlet --help)"
ends 2 "$RINGLET" run --post=2.to=/dev/null "$relay" -- "$relay"
only err "ringlet: $relay has no \`in\` queue \`to[0]\`"
ends 2 "$RINGLET" run "$relay" make=1 -- "$relay" made=2
says err "ringlet: there is no parameter \`2.made\`"
ends 1 "$RINGLET" run nowhere -- nothing
only err "ringlet: nowhere: No such file or directory
ringlet: nothing: No such file or directory"
exit $failed

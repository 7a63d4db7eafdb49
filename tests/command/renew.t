#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# At SIGHUP `ringlet run` has the object that is there take over from the version that runs; one that is refused
# leaves the old version running. Where the terminal is gone it ends instead.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"

# A shell that ignores SIGHUP, as below nohup(1), cannot undo that.
default=
! env --default-signal=HUP true 2>err || default="env --default-signal=HUP"

# counts N TEXT FILE: lines with it
counts() {
	[ "$(grep -cF -e "$2" "$3")" -eq "$1" ]
}

put() {
	cp "$OBJDIR/$1" new && mv new tally.bpf.o
}

for engine in $ENGINES; do
	rm -f posts core
	mkfifo posts
	put tests/command/tally_1.bpf.o
	: >out
	: >err
	$default "$RINGLET" run --engine="$engine" --post=posts=posts --events --show=total --core=core \
		tally.bpf.o >out 2>err &
	pid=$!
	exec 3>posts
	echo 5 >&3
	within counts 1 'sums 5 1' out

	# What was counted is not lost, nor what is posted meanwhile.
	put tests/command/tally_2.bpf.o
	kill -HUP $pid
	echo 6 >&3
	within counts 1 'a new version has taken over' err
	within counts 1 'sums 11 ' out
	echo 7 >&3
	within counts 1 'sums 18 2' out

	# A version that is refused, for each reason.
	old='ringlet: tally.bpf.o: the old version goes on'
	put tests/command/tally_other.bpf.o
	kill -HUP $pid
	within counts 1 "$old: shared variable \`total\`: it was u64, and is u32" err
	put examples/nop.bpf.o
	kill -HUP $pid
	within counts 2 "$old" err
	# shellcheck disable=SC2016
	says err 'ringlet: tally.bpf.o has no `in` queue `posts[0]`'
	echo none >tally.bpf.o
	kill -HUP $pid
	within counts 3 "$old" err
	rm tally.bpf.o
	kill -HUP $pid
	within counts 1 "$old: tally.bpf.o: No such file or directory" err
	echo 1 >&3
	within counts 1 'sums 19 2' out

	# And back.
	put tests/command/tally_1.bpf.o
	kill -HUP $pid
	within counts 2 'a new version has taken over' err
	[ ! -e core ] || wrong "$engine: a version that was replaced is taken for a failure"
	kill -TERM $pid
	wait $pid
	status=$?
	[ $status -eq 143 ] || wrong "$engine: exit $status, not 143"
	says out 'total=19'
	[ -e core ] || wrong "$engine: no core"
	counts 2 'version 1' err || wrong "$engine: version 1 did not begin twice: $(cat err)"
	counts 1 'version 2' err || wrong "$engine: version 2 did not begin once: $(cat err)"
	exec 3>&-

	# Each ring of several, and each program.
	: >err
	$default "$RINGLET" run --engine="$engine" --rings=2 tally.bpf.o 2>err &
	pid=$!
	within counts 2 'version 1' err
	put tests/command/tally_2.bpf.o
	kill -HUP $pid
	within counts 2 'a new version has taken over' err
	within counts 2 'version 2' err
	says err 'ringlet: 1. tally.bpf.o: a new version has taken over'
	kill -TERM $pid
	wait $pid

	# SIGHUP that is ignored stays so.
	: >err
	sh -c 'trap "" HUP; exec "$@"' sh "$RINGLET" run --engine="$engine" tally.bpf.o 2>err &
	pid=$!
	within counts 1 'version 2' err
	kill -HUP $pid
	kill -TERM $pid
	wait $pid
	status=$?
	[ $status -eq 143 ] || wrong "$engine: exit $status, not 143"
	only err 'version 2'

	# The terminal goes away when it has shown that.
	# shellcheck disable=SC2086
	ends 129 $default "$OBJDIR/tests/command/terminal" 80 --until 'version 2' \
		"$RINGLET" run --engine="$engine" tally.bpf.o
done
exit $failed

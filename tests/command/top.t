#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# `ringlet top` prints the programs that run, again and again: one that ends disappears, and a new one appears.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/tests/command/waiting.bpf.o

scope=/proc/sys/kernel/yama/ptrace_scope
if [ -f $scope ] && [ "$(cat $scope)" -gt 0 ] && [ "$(id -u)" -ne 0 ]; then
	echo "needs kernel.yama.ptrace_scope 0, or root"
	exit 77
fi

escape=$(printf '\033')

begin() {
	: >"said.$1"
	"$RINGLET" run --engine="$engine" "$object" 2>"said.$1" &
	pid=$!
	within grep -q waits "said.$1"
}

# The last block that is whole: the one before the last heading.
last_block() {
	awk '/^ *PID  / { last = block; block = "" } { block = block $0 "\n" } END { printf "%s", last }' shown
}

is_shown() {
	last_block | grep -q "^ *$1  waiting  *$engine  *running  *22  *20  *[-0-9][0-9]*  *0\$"
}

is_gone() {
	[ -n "$(last_block)" ] && ! last_block | grep -q "^ *$1 "
}

# A shell that ignores SIGHUP, as below nohup(1), cannot undo that.
default=
! env --default-signal=HUP true 2>err || default="env --default-signal=HUP"

for engine in $ENGINES; do
	begin one
	one=$pid
	: >shown
	"$RINGLET" top --interval=50 >shown &
	top=$!
	within is_shown "$one"
	begin two
	two=$pid
	within is_shown "$pid"
	kill -KILL "$one"
	within is_gone "$one"
	is_shown "$pid" || wrong "$engine: the other is gone too"

	# So many times; of one program. Requests a second are known from the second time on.
	ends 0 "$RINGLET" top --count=2 --interval=10 "$pid"
	[ "$(grep -c '^ *PID  ' out)" -eq 2 ] || wrong "$engine: not twice: $(cat out)"
	grep -q "^ *$pid  waiting  *$engine  *running  *22  *20  *-  *0\$" out || wrong "$engine: a rate of nothing: $(cat out)"
	grep -q "^ *$pid  waiting  *$engine  *running  *22  *20  *[0-9][0-9]*  *0\$" out || wrong "$engine: no rate: $(cat out)"
	grep -q "^ *20  waiting ($pid), sleeper: timeout at waiting.rlt:5:28\$" out ||
		wrong "$engine: not where most wait: $(cat out)"

	# On a terminal a block has as many lines and columns as there are. A terminal that is made smaller shows
	# the same block again, at once.
	begin three
	three=$pid
	begin four
	"$OBJDIR/tests/command/terminal" 60x8 "$RINGLET" top --count=2 --interval=10 "$three" "$pid" >sent ||
		wrong "$engine: exit $?"
	tr -d '\r' <sent | sed "s/^$escape\[H$escape\[J//" >lines
	[ "$(wc -l <lines)" -eq 14 ] || wrong "$engine: not twice seven lines: $(cat lines)"
	awk 'length($0) > 60 { exit 1 }' lines || wrong "$engine: too wide: $(cat lines)"
	awk 'length($0) == 60 { full = 1 } END { exit !full }' lines || wrong "$engine: not as wide as the terminal"
	# shellcheck disable=SC2086
	ends 129 timeout 60 $default "$OBJDIR/tests/command/terminal" 60,30x5 --until "... 2 more" \
		"$RINGLET" top --interval=3600000 "$three" "$pid"
	kill -KILL "$three" "$pid" "$two" "$top"
	wait 2>/dev/null
	ends 1 "$RINGLET" top --count=1 "$pid"
	only err "ringlet: there is no process $pid"
done
ends 1 "$RINGLET" top --count=1 nobody
ends 2 "$RINGLET" top --count=0
ends 2 "$RINGLET" top --interval=soon
only err 'ringlet top: not a number of milliseconds: --interval=soon (see ringlet --help)'
ends 2 "$RINGLET" top --what
exit $failed

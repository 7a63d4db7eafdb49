#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# `ringlet inspect` says of a running program, of one that is stuck, stopped or dead, where its tasks wait; what is no
# program and no core is refused.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/tests/command/waiting.bpf.o

scope=/proc/sys/kernel/yama/ptrace_scope
if [ -f $scope ] && [ "$(cat $scope)" -gt 0 ] && [ "$(id -u)" -ne 0 ]; then
	echo "needs kernel.yama.ptrace_scope 0, or root"
	exit 77
fi

# begin OPTION...: runs it, until it has said that its tasks wait.
begin() {
	: >said
	"$RINGLET" run --engine="$engine" "$@" "$object" 2>said &
	pid=$!
	within grep -q waits said || cat said
}

main_waits() { "$RINGLET" inspect "$pid" | grep -q '^    main  *await all'; }

both_run() { [ "$("$RINGLET" inspect "$pid" | grep -c '^waiting: process')" -eq 2 ]; }

# head STATE: the first line of `out`, but for its figures, and the rest of it in `rest`.
head_is() {
	head -n 1 out | sed 's/[0-9][0-9.]* s ago/N s ago/' >first
	sed 1d out >rest
	only first "waiting: process $pid, $engine engine, loaded N s ago: $1"
}

cat >expected_rest <<'END'
requests: 20 in flight, 21 submitted so far
tasks:
  sleeper: 20 of 32, at most 20 so far
    20          timeout at waiting.rlt:5:28
  taker: 1 of 1
    taker       await numbers at waiting.rlt:6:22; waits for numbers
  main: 1 of 1
    main        await all sleeper at waiting.rlt:14:5
queues:
  numbers (in): 0 of 8; waited for by taker
END

# without_times: of `out`.
without_times() {
	sed 's/ for [0-9][0-9a-z. ]*//' out >plain
	mv plain out
}

# is_waiting TARGET: what is said of it is that its tasks wait. The user engine's requests count as submitted when the
# call that waits for them comes back.
is_waiting() {
	ends 0 "$RINGLET" inspect "$@"
	grep -q '^    20 .* at waiting.rlt:5:28 for [0-9.]* s to [0-9.]* s$' out || wrong "$engine: since when is not said"
	grep -q '^    taker .* at waiting.rlt:6:22 for [0-9.]* s; waits' out || wrong "$engine: since when is not said"
	without_times
	sed 's/ ([0-9]* just written), [0-9]*/, 21/' out >plain
	mv plain out
}

same_rest() {
	sed 1d out | cmp -s - expected_rest || { wrong "$engine: $1: other tasks"; cat out; }
}

for engine in $ENGINES; do
	begin
	# The message comes before the last step has ended.
	within main_waits
	is_waiting $pid
	head_is running
	same_rest "it runs"
	only err ''

	# By its name, among those of all processes, in a list.
	ends 0 "$RINGLET" inspect waiting
	grep -q "^waiting: process $pid, " out || wrong "$engine: not found by name"
	ends 0 "$RINGLET" inspect
	grep -q "^ *$pid  waiting  *$engine  *running .* 22 *20$" out || wrong "$engine: not in the list: $(cat out)"

	ends 0 "$RINGLET" inspect --all $pid
	without_times
	[ "$(grep -c '^    sleeper\[[0-9]*\] *timeout at waiting.rlt:5:28$' out)" -eq 20 ] || wrong "$engine: not all are told"

	ends 0 "$RINGLET" inspect --format=json $pid
	for text in '"name": "waiting"' "\"pid\": $pid" "\"engine\": \"$engine\"" '"state": "running"' '"in_flight": 20' \
		'"op": "await numbers"' '"file": "waiting.rlt"' '"line": 6' '"column": 28' '"instances": 20' '"longest": ' '"for": "queue"' \
		'"waiters": 1'; do
		grep -qF "$text" out || wrong "$engine: no $text in JSON"
	done

	# Stopped by a signal it says the same; so does what is saved of it, and when it is dead.
	kill -STOP $pid
	is_waiting $pid
	head_is running
	same_rest "it is stopped"
	ends 0 "$RINGLET" inspect --save=core $pid
	only out ''
	kill -KILL $pid
	wait $pid 2>/dev/null
	ends 1 "$RINGLET" inspect $pid
	only err "ringlet: there is no process $pid"
	is_waiting core
	same_rest "a core"
	head -n 1 out | grep -q "^waiting: core of process $pid, $engine engine, saved on .*: running$" ||
		wrong "$engine: a core begins otherwise: $(head -n 1 out)"

	# Several in a process.
	rm -f two
	begin --rings=2
	within both_run
	ends 1 "$RINGLET" inspect --save=two $pid
	only err 'ringlet: there are 2 such programs: say PID, or PID:N'
	[ ! -e two ] || wrong "$engine: a file was made"
	ends 0 "$RINGLET" inspect --save=two $pid:2
	ends 0 "$RINGLET" inspect
	grep -q "^ *$pid:2  waiting " out || wrong "$engine: the second is not in the list: $(cat out)"
	ends 0 "$RINGLET" inspect $pid:2
	[ "$(grep -c "^waiting: process" out)" -eq 1 ] || wrong "$engine: not one: $(cat out)"
	ends 1 "$RINGLET" inspect $pid:3
	only err "ringlet: there are not so many programs: $pid:3"
	kill -INT $pid
	wait $pid

	# What fails is saved before its tasks unwind.
	rm -f failed
	ends 1 "$RINGLET" run --quiet --engine="$engine" --core=failed "$object" fails=yes
	says err 'ringlet: it is saved in failed'
	says err 'waiting.rlt:13: fail: No space left on device (task main)'
	ends 0 "$RINGLET" inspect failed
	without_times
	says out 'why: waiting.rlt:13: fail: No space left on device (task main)'
	says out '    20          timeout at waiting.rlt:5:28'
	rm -f none
	ends 0 "$RINGLET" run --engine="$engine" --core=none "$OBJDIR/examples/nop.bpf.o" n=10
	[ ! -e none ] || wrong "$engine: a core of a program that did not fail"
	ends 1 "$RINGLET" run --quiet --engine="$engine" --core=/does/not/exist "$object" fails=yes
	says err 'ringlet: /does/not/exist: No such file or directory'
done

# What is no core.
head -c 100 core >short
head -c 8000 core >shorter
{ printf 'rlcore\000\000\002\000\000\000'; tail -c +13 core; } >newer
{ head -c 32 core; printf '\377\377\377\377\377\377\377\177'; tail -c +41 core; } >large
: >empty
# refused FILE REASON
refused() {
	ends 1 "$RINGLET" inspect "./$1"
	only out ''
	[ "$(wc -l <err)" -eq 1 ] || wrong "$1: more than a line: $(cat err)"
	grep -q "^ringlet: \./$1: .*$2" err || wrong "$1: not refused for \`$2\`: $(cat err)"
}
refused short truncated
refused shorter truncated
refused newer 'of another version of libringlet'
refused large corrupt
refused empty 'not a core'
refused expected_rest 'not a core'
refused . ''
refused nobody 'No such file or directory'
ends 1 "$RINGLET" inspect "$object"
ends 1 "$RINGLET" inspect nobody
only err 'ringlet: there is no program and no file of that name: nobody'
ends 1 "$RINGLET" inspect $$
only err "ringlet: process $$ runs no ring script, or keeps it to itself"
ends 1 "$RINGLET" inspect --save=/does/not/exist ./core
only err 'ringlet: /does/not/exist: No such file or directory'

ends 2 "$RINGLET" inspect --what
only err 'ringlet inspect: unknown option --what (see ringlet --help)'
ends 2 "$RINGLET" inspect one two
ends 2 "$RINGLET" inspect --save=x
[ ! -e x ] || wrong "a file was made"

# Who may not look is told why.
if [ "$(id -u)" -eq 0 ] && setpriv --reuid=65534 --clear-groups "$RINGLET" --version >out 2>&1; then
	ends 1 setpriv --reuid=65534 --clear-groups "$RINGLET" inspect $$
	only err "ringlet: process $$ may not be looked at: that takes the same user, or CAP_SYS_PTRACE"
fi

# No name that a program has is obeyed by a terminal.
if [ -n "$RINGC" ]; then
	odd=$(printf 'odd\033[2Jname')
	cp "$SRCDIR/tests/command/waiting.rlt" "$odd.rlt"
	"$RINGC" build "$odd.rlt" -o odd.bpf.o || wrong "it is not compiled"
	ends 1 "$RINGLET" run --engine=user --core=odd.core odd.bpf.o fails=yes
	ends 0 "$RINGLET" inspect odd.core
	grep -q '^odd?\[2Jname: core of process' out || wrong "another name: $(cat -v out)"
	! grep -q "$(printf '\033')" out || wrong "an escape: $(cat -v out)"
fi
exit $failed

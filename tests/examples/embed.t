#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: bash makes the connections
#
# examples/embed/: what the applications are for, each with the engine that there is.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
embed=$OBJDIR/examples/embed
port=$((20000 + $$ % 12000))

# opens FD: a connection, as soon as somebody listens
opens() {
	for _ in $(seq 1200); do
		{ eval "exec $1<>/dev/tcp/127.0.0.1/$port"; } 2>/dev/null && return
		sleep 0.05
	done
	wrong "nobody listens"
}

# echoes FD TEXT
echoes() {
	echo "$2" >&"$1"
	line=
	read -r -t 60 line <&"$1" || line="$line..."
	[ "$line" = "$2" ] || wrong "sent $2, got $line"
}

# hands: two connections at a time, one after the other.
"$embed/hands" "$embed/hands.bpf.o" $port 3 >out 2>err &
pid=$!
opens 3
opens 4
echoes 3 first
echoes 4 "the second"
echoes 3 again
exec 3>&- 4>&-
opens 3
echoes 3 third
exec 3>&-
wait $pid || wrong "hands: exit $?"
sort out >sorted
only sorted "a connection is done: 11 bytes
a connection is done: 12 bytes
a connection is done: 6 bytes"
only err ""

# commit: every record is in the log, once.
: >log
ends 0 "$embed/commit" "$OBJDIR/examples/commit.bpf.o" log 8 50
only out "400 records"
only err ""
[ "$(wc -c <log)" -eq $((400 * 256)) ] || wrong "the log has $(wc -c <log) bytes"
tr -s '\0' '\n' <log | sort >written
for t in 0 1 2 3 4 5 6 7; do for i in $(seq 0 49); do echo "record $i of thread $t"; done; done | sort >want
cmp written want || wrong "the log has something else"
ends 1 "$embed/commit" "$OBJDIR/examples/commit.bpf.o" /dev/full 2 1
says err "commit: thread 0: No space left on device"
ends 1 "$embed/commit" "$OBJDIR/examples/commit.bpf.o" /does/not/exist 2 1
only err "commit: parameter \`log_file\`: /does/not/exist: No such file or directory"

# serve: two rings, and a stop.
"$embed/serve" "$OBJDIR/examples/echo.bpf.o" tcp:127.0.0.1:$port 2 >out 2>err &
pid=$!
for fd in 3 4 5 6 7 8; do
	opens $fd
	echoes $fd "connection $fd"
done
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&-
kill -TERM $pid
wait $pid || wrong "serve: exit $?"
says out "2 rings"
says out "all: 78 bytes"

# renew: the same connection before and after, and one that cannot be loaded in between.
cp "$embed/renew.bpf.o" renew.bpf.o
"$embed/renew" renew.bpf.o tcp:127.0.0.1:$port >out 2>err &
pid=$!
# renews LINES: until so many lines are said
renews() {
	kill -HUP $pid
	for _ in $(seq 1200); do
		[ "$(cat out err | wc -l)" -lt "$1" ] || return
		sleep 0.05
	done
	wrong "no line $1"
}
opens 3
echoes 3 one
renews 2
echoes 3 two
echo nothing >renew.bpf.o
renews 3
echoes 3 three
cp "$embed/renew.bpf.o" renew.bpf.o
renews 4
opens 4
echoes 4 four
echoes 3 five
exec 3>&- 4>&-
kill -TERM $pid
wait $pid || wrong "renew: exit $?"
only out "serving
renewed
renewed
3 versions, 24 bytes"
only err "renew: the old version goes on: renew.bpf.o: not a program object (ringc build makes them)"

# A script that fails ends the application, whoever waits for what.
broken=$OBJDIR/tests/examples
port=$((port + 1))
"$embed/hands" "$broken/hands_fails.bpf.o" $port 1 >out 2>err &
pid=$!
opens 3
exec 3>&-
wait $pid
[ $? -eq 1 ] || wrong "hands: the script failed, and it is of no consequence"
grep -q "^hands: .*Input/output error" err || wrong "hands: $(cat err)"
ends 1 "$embed/commit" "$broken/commit_fails.bpf.o" log 8 50
grep -q "^commit: .*Input/output error" err || wrong "commit: $(cat err)"
port=$((port + 1)) # what hands has left of the connection may keep the other
"$embed/serve" "$broken/serve_fails.bpf.o" tcp:127.0.0.1:$port 2 >out 2>err &
pid=$!
opens 3
exec 3>&-
wait $pid
[ $? -eq 1 ] || wrong "serve: a ring failed, and it is of no consequence"
grep -q "^serve: .*Input/output error" err || wrong "serve: $(cat err)"
exit $failed

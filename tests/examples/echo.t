#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: bash makes the connections
#
# examples/echo.rlt: what a client sends comes back, of many at once; a silent connection is closed; a stop ends it.

failed=0
wrong() {
	echo "$1"
	failed=1
}
for engine in $ENGINES; do
	port=$((20000 + RANDOM % 20000))
	"$RINGLET" run --engine="$engine" --show=echoed "$OBJDIR/examples/echo.bpf.o" \
		listener=tcp:127.0.0.1:$port idle_ms=3000 >"$SCRATCH/out" 2>"$SCRATCH/err" &
	server=$!
	for _ in $(seq 1000); do
		{ exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null && break
		sleep 0.05
	done
	for i in 1 2 3; do
		echo "line $i" >&3
		read -r -t 60 line <&3 && [ "$line" = "line $i" ] || wrong "$engine: sent line $i, got $line"
	done
	# More connections at once than one.
	for i in 4 5 6 7; do eval "exec $i<>/dev/tcp/127.0.0.1/$port"; done
	for i in 7 6 5 4; do
		echo "connection $i" >&$i
		read -r -t 60 line <&$i && [ "$line" = "connection $i" ] || wrong "$engine: connection $i got $line"
	done
	exec 4>&- 5>&- 6>&- 7>&-
	# Silence: the server closes, and says why. The task closes the connection before it ends with its error.
	read -r -t 60 line <&3 && wrong "$engine: something came after silence: $line"
	for _ in $(seq 600); do
		grep -q 'recv: Timer expired (task conn\[' "$SCRATCH/err" && break
		sleep 0.1
	done
	grep -q 'recv: Timer expired (task conn\[' "$SCRATCH/err" || wrong "$engine: nothing is said of the time-out"
	exec 3>&-
	kill -TERM $server
	wait $server
	[ $? = 143 ] || wrong "$engine: the server did not end by SIGTERM"
	grep -qx 'echoed=73' "$SCRATCH/out" || wrong "$engine: $(cat "$SCRATCH/out")"
	[ $failed = 0 ] || cat "$SCRATCH/err"
done
exit $failed

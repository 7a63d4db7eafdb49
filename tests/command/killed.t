#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A server outlives who started it, and when it is killed the kernel takes all back: the process, and the port.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/examples/echo.bpf.o
port=$((20000 + $$ % 12000)) # below those that the kernel gives away

# within COMMAND...: in a few seconds it succeeds.
within() {
	turns=0
	until "$@"; do
		turns=$((turns + 1))
		[ $turns -lt 300 ] || return 1
		sleep 0.1
	done
}

listens() {
	grep -q ": 0100007F:$(printf %04X $port) 00000000:0000 0A" /proc/net/tcp
}

is_free() {
	! listens
}

is_gone() {
	! kill -0 "$pid" 2>err
}

for engine in $ENGINES; do
	for turn in 1 2 3; do
		("$RINGLET" run --engine="$engine" "$object" listener=tcp:127.0.0.1:$port 2>said & echo $! >pid)
		pid=$(cat pid)
		within listens || wrong "$engine: it does not listen: $(cat said)"
		! is_gone || wrong "$engine: it ended with who started it"
		kill -KILL "$pid"
		within is_gone || wrong "$engine, turn $turn: the process is still there"
		within is_free || wrong "$engine, turn $turn: the port is still taken"
		only said ''
	done
done
exit $failed

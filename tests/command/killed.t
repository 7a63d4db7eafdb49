#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A server outlives who started it, and when it is killed the kernel takes all back: the process, and the port.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/examples/echo.bpf.o
port=$((20000 + $$ % 12000)) # below those that the kernel gives away

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
	for _ in 1 2 3; do
		("$RINGLET" run --engine="$engine" "$object" listener=tcp:127.0.0.1:$port 2>said & echo $! >pid)
		pid=$(cat pid)
		within listens || cat said
		! is_gone || wrong "$engine: it ended with who started it"
		kill -KILL "$pid"
		within is_gone
		within is_free
		only said ''
	done
done
exit $failed

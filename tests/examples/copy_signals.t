#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# examples/copy.rlt and signals: stopped and continued it loses nothing; SIGINT and SIGTERM end it cleanly.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/examples/copy.bpf.o

# sleeps PID: the process waits for something, rather than runs or is stopped.
sleeps() { grep -q '^State:.[SD]' "/proc/$1/status" 2>/dev/null; }

# runs PID: it is the command, and has its handlers. Until then SIGINT is ignored, as it is in the background.
runs() { grep -qx ringlet "/proc/$1/comm" && grep -q '^SigCgt:.*[2367abef]$' "/proc/$1/status"; }

# descriptors PID
descriptors() { ls "/proc/$1/fd" | wc -l; }

# ended PID STATUS WHAT: waits for it
ended() {
	wait "$1"
	got=$?
	[ $got -eq "$2" ] || wrong "$engine: $3: exit $got, not $2"
}

for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine $object"

	# Interrupted again and again, with a source and a destination that take their time.
	head -c 900000 /dev/urandom >source
	rm -f in out to
	mkfifo in out
	while dd bs=30000 count=1 2>/dev/null | tee piece && [ -s piece ]; do sleep 0.01; done <source >in &
	dd bs=3000 <out >to 2>/dev/null &
	reader=$!
	$run src=in dst=out 2>err &
	pid=$!
	# From when it runs: a program cannot be verified between signals that come faster than that takes.
	within test -s to
	i=0
	while kill -STOP $pid 2>/dev/null; do
		kill -CONT $pid
		kill -CHLD $pid
		kill -WINCH $pid
		kill -URG $pid
		i=$((i + 1))
		sleep 0.01
	done 2>/dev/null
	[ $i -ge 10 ] || wrong "$engine: it was over after $i signals"
	ended $pid 0 "stopped and continued"
	[ "$got" -eq 0 ] || { cat err; kill $reader; }
	wait $reader
	cmp -s source to || wrong "$engine: stopped and continued: $(wc -c <to) bytes, not the same"
	only err ''

	for signal in INT TERM; do
		status=130
		[ $signal = INT ] || status=143

		# Asleep in a read: a writer has the pipe open, and is silent after a first block.
		rm -f in to
		mkfifo in
		$run src=in dst=to 2>err &
		pid=$!
		exec 9>in
		head -c 140000 source >&9
		within test -s to
		within sleeps $pid
		fds=$(descriptors $pid)
		sleep 0.2
		[ "$(descriptors $pid)" -eq "$fds" ] || wrong "$engine: it has more and more descriptors"
		kill -$signal $pid
		ended $pid $status "SIG$signal while it reads"
		exec 9>&-
		only err ''
		# What was written is whole and from the start.
		head -c "$(wc -c <to)" source | cmp -s - to || wrong "$engine: SIG$signal: not what was read"

		# Asleep in a write that nobody takes.
		rm -f out
		mkfifo out
		$run src=/dev/zero dst=out 2>err &
		pid=$!
		exec 8<out
		within sleeps $pid
		sleep 0.2
		kill -$signal $pid
		ended $pid $status "SIG$signal while it writes"
		exec 8<&-
		only err ''

		# Busy.
		$run src=/dev/zero dst=/dev/null 2>err &
		pid=$!
		within runs $pid
		sleep 0.3
		kill -$signal $pid
		ended $pid $status "SIG$signal while it is busy"
		only err ''

		# Not yet running: opening a pipe that nobody reads from waits.
		rm -f out
		mkfifo out
		$run src=/dev/zero dst=out 2>err &
		pid=$!
		within runs $pid
		sleep 0.3
		kill -$signal $pid
		ended $pid $status "SIG$signal while it opens"
	done
done
exit $failed

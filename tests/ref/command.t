#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The `ringlet` command on the reference program: exit statuses, what goes where, signals.

object=$OBJDIR/tests/ref/nop.bpf.o
cd "$SCRATCH" || exit 1
failed=0

# expect STATUS WHAT COMMAND...: its exit status, and a line of its output (a regular expression).
expect() {
	want=$1 line=$2
	shift 2
	"$@" >out 2>&1 </dev/null
	got=$?
	[ $got -eq "$want" ] || { echo "$*: exit $got, not $want"; sed 's/^/    /' out; failed=1; }
	[ -z "$line" ] || grep -q "$line" out || { echo "$*: no line like $line"; sed 's/^/    /' out; failed=1; }
}

expect 0 '^ringlet [0-9]' "$RINGLET" --version
expect 0 '^usage: ' "$RINGLET" --help
expect 2 '^usage: ' "$RINGLET"
expect 2 'there is no command `walk`' "$RINGLET" walk
expect 2 'no program given' "$RINGLET" run
expect 2 'unknown option --fast' "$RINGLET" run --fast "$object"
expect 2 'unknown option --engine=best' "$RINGLET" run --engine=best "$object"
expect 1 'none.bpf.o: No such file' "$RINGLET" run none.bpf.o
expect 1 'not a program object' "$RINGLET" run "$0"
expect 0 '^  n  *u64  (required) how many NOPs' "$RINGLET" run --help "$object"

# Parameters: everything that is wrong, and what there is.
expect 2 'parameter `n` is missing' "$RINGLET" run "$object"
expect 2 '^  n  *u64  (required) how many NOPs' "$RINGLET" run "$object"
expect 2 'there is no parameter `m`' "$RINGLET" run "$object" n=1 m=1
expect 2 'parameter `n` is given twice' "$RINGLET" run "$object" n=1 n=2
expect 2 '`small`: 40960 is out of range' "$RINGLET" run "$object" m=1 small=40K
expect 2 'parameter `n` is missing' "$RINGLET" run "$object" m=1 small=40K
expect 2 '`n` is not NAME=VALUE' "$RINGLET" run "$object" n
expect 1 '`in`: none: No such file' "$RINGLET" run "$object" n=1 in=none out=made
[ ! -e made ] || { echo "an output was made, although the input is not there"; failed=1; }

for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine"
	expect 0 "^engine: $engine" $run --stats "$object" n=1K in="$0" out=made
	expect 0 '^run: [0-9]* ns' $run --stats "$object" n=1K
	expect 0 '^submitted: 1024' $run --stats "$object" n=1K
	expect 0 '^at 2 -5 ff hello! 100%$' $run "$object" n=3 say=1
	expect 0 '' $run --quiet "$object" n=3 say=1
	[ ! -s out ] || { echo "--quiet is not: $(cat out)"; failed=1; }
	expect 1 '^nop.c:19: write: No space left on device (task worker\[3\])$' $run "$object" n=3 mode=1
	expect 1 '^nop.c:22: trap: index out of bounds: 40 (task main)$' $run "$object" n=3 mode=3

	# Asleep for an hour, and busy for one. A message says that it runs.
	for n in 3 10G; do
		for signal in INT TERM; do
			rm -f said
			$run "$object" n=$n say=1000 mode=5 2>said &
			pid=$!
			until [ -s said ]; do sleep 0.1; done
			kill -$signal $pid
			wait $pid
			got=$?
			want=130
			[ $signal = INT ] || want=143
			[ $got -eq $want ] || { echo "$engine n=$n SIG$signal: exit $got, not $want"; failed=1; }
		done
	done
done

# What the probe says and what runs are the same.
if "$RINGLET" probe >out; then
	expect 0 '^engine: kernel' "$RINGLET" run --stats "$object" n=10
	expect 0 '"kernel_engine": true' "$RINGLET" probe --format=json
else
	case " $ENGINES " in *" kernel "*) echo "the probe says no:"; cat out; failed=1 ;; esac
	expect 0 '^engine: user' "$RINGLET" run --stats "$object" n=10
	expect 0 '^why: kernel engine: it needs .* (since Linux [0-9]' "$RINGLET" run --stats "$object" n=10
	expect 1 'kernel engine: it needs .* (since Linux [0-9].*): [a-z]' "$RINGLET" run --engine=kernel "$object" n=10
	expect 1 '"kernel_engine": false' "$RINGLET" probe --format=json
fi
expect 2 'what is this' "$RINGLET" probe --format=xml
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# examples/commit.rlt: every record that is acknowledged was written, once and whole; one that cannot be is told so.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
n=300
seq 0 $((n - 1)) >posts
seq 0 $((n - 1)) | sed 's/$/ is the record/' >records
# What the log is to be: records of 256 bytes, in the order of the posts.
while read -r line; do
	printf '%s' "$line"
	head -c $((256 - ${#line})) /dev/zero
done <records >want

# acknowledged ENGINE LOG RES: all posts are, with this result, each once; a minute at most is waited for them.
acknowledged() {
	: >out
	"$RINGLET" run --engine="$1" --post=requests=posts --events "$OBJDIR/examples/commit.bpf.o" \
		log_file="$2" record=@records >out 2>err &
	server=$!
	turn=0
	while [ $turn -lt 600 ] && [ "$(wc -l <out)" -lt $n ]; do
		turn=$((turn + 1))
		sleep 0.1
	done
	kill -TERM $server
	wait $server
	status=$?
	[ $status -eq 143 ] || { wrong "$1: exit $status"; cat err; }
	sed "s/.*/done & $3/" posts >expected
	sort -k 2n out | cmp -s - expected || { wrong "$1: other acknowledgements"; head out; }
}

for engine in $ENGINES; do
	: >log
	acknowledged "$engine" log 0
	cmp -s want log || wrong "$engine: the log has something else"
	acknowledged "$engine" /dev/full -28
done
exit $failed

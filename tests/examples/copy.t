#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# examples/copy.rlt: every byte, whatever is copied from and to; short reads, and reads and writes that take
# their time, included.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/examples/copy.bpf.o

# Large files go to a disk where there is one. Emulated machines are slow.
large=$((300 << 20)) sizes='0 1 131071 131072 131073 4194304 5000003' large_ways=
disk=$SCRATCH
if [ -z "$RINGC" ]; then
	large=$((64 << 20)) sizes='0 1 131071 131072 131073' large_ways=few
	! grep -q ' /mnt ' /proc/mounts || { disk=/mnt/copy.$$; mkdir "$disk" && trap 'rm -rf "$disk"' EXIT; }
fi

# fill SIZE: $source, of bytes that repeat themselves after a prime number of them, so that no block is like
# another at a distance of blocks. (All of them random would take an emulated machine long.)
head -c 999983 /dev/urandom >"$SCRATCH/random"
fill() {
	left=$1
	while [ "$left" -gt 0 ]; do
		cat "$SCRATCH/random"
		left=$((left - 999983))
	done | head -c "$1" >"$source"
}

# same FILE WHAT: it is $source, byte for byte
same() {
	cmp -s "$source" "$1" || wrong "$engine: $2, $(wc -c <"$source") bytes: not the same: $(wc -c <"$1") bytes"
}

# copied WHAT STATUS
copied() {
	[ "$2" -eq 0 ] || wrong "$engine: $1: exit $2: $(cat err)"
	[ ! -s err ] || wrong "$engine: $1: says: $(cat err)"
}

# Every way from and to, or with `few` those that matter most. A pipe gives at most 64 KiB at a time, so that each read of a block is a short one.
every_way() {
	where=$1 few=$2
	rm -f "$where/to"
	$run src="$source" dst="$where/to" 2>err
	copied "file to file" $?
	same "$where/to" "file to file"

	$run src="$source" dst=- 2>err | cat >"$where/to"
	same "$where/to" "file to pipe"
	[ -z "$few" ] || return
	# shellcheck disable=SC2002
	cat "$source" | $run src=- dst=- 2>err | cat >"$where/to"
	same "$where/to" "pipe to pipe"
	copied "pipes" 0

	# Over a file that is there, the same: longer by a byte, or much shorter.
	echo >>"$where/to"
	"$RINGLET" run --engine="$engine" --show=copied "$object" src="$source" dst="$where/to" 2>err >out
	copied "over a longer file" $?
	same "$where/to" "over a longer file"
	only out "copied=$(wc -c <"$source" | tr -d ' ')"
	echo >"$where/to"
	# shellcheck disable=SC2002
	cat "$source" | $run src=- dst="$where/to" 2>err
	copied "pipe to a shorter file" $?
	same "$where/to" "pipe to file"
}

for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine $object"
	source=$SCRATCH/source
	for size in $sizes; do
		fill "$size"
		every_way "$SCRATCH" ""
	done

	# A writer that dawdles, in pieces of odd sizes; a reader that does.
	fill 500000
	dd if="$source" bs=77777 2>/dev/null | while dd bs=7777 count=9 2>/dev/null | tee piece && [ -s piece ]; do
		sleep 0.01
	done | $run src=- dst=to 2>err
	copied "a slow writer" $?
	same to "a slow writer"
	$run src="$source" dst=- 2>err | { sleep 0.3; dd bs=100 count=1 2>/dev/null; sleep 0.1; cat; } >to
	same to "a slow reader"
	mkfifo in out.fifo
	cat "$source" >in &
	cat out.fifo >to &
	$run src=in dst=out.fifo 2>err
	copied "named pipes" $?
	wait
	same to "named pipes"
	rm in out.fifo

	# What is open for appending is appended to.
	echo head >to
	$run src="$source" dst=- >>to 2>err
	copied "appending" $?
	{ echo head; cat "$source"; } >want
	cmp -s want to || wrong "$engine: appending: not the same"

	# A file with holes; files whose sizes are not what they hold; a link; devices.
	rm -f sparse to link
	dd if=/dev/urandom of=sparse bs=1000 count=1 seek=9000 2>/dev/null
	ln -s sparse link
	$run src=link dst=to 2>err
	copied "a sparse file" $?
	cmp -s sparse to || wrong "$engine: a sparse file: not the same"
	cat /proc/filesystems >want
	$run src=/proc/filesystems dst=to 2>err
	copied "a file of /proc" $?
	cmp -s want to || wrong "$engine: a file of /proc: not the same"
	$run src=/dev/null dst=to 2>err
	copied "nothing" $?
	[ ! -s to ] || wrong "$engine: something out of /dev/null"
	$run src=sparse dst=/dev/null 2>err
	copied "to a device" $?
	head -c 3000001 /dev/zero >want
	head -c 3000001 /dev/zero | $run src=- dst=to 2>err
	copied "zeros" $?
	cmp -s want to || wrong "$engine: zeros: not the same"

	# By descriptor.
	source=$SCRATCH/source
	$run src=fd:5 dst=fd:6 5<"$source" 6>to 2>err
	copied "descriptors" $?
	same to "descriptors"

	source=$disk/source
	fill $large
	every_way "$disk" "$large_ways"
	rm "$source" "$disk/to"
done
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# examples/rfc/: the programs of the 2021 proposal, with the results that its code has.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
rfc=$OBJDIR/examples/rfc

# What batches.rlt is to write.
i=0
while [ $i -lt 16 ]; do
	head -c 16384 /dev/zero | tr '\0' "$(printf "\\$(printf %o $((97 + i)))")"
	i=$((i + 1))
done >blocks

for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine"
	# shellcheck disable=SC2086
	{
		ends 0 $run --show=word --show=reaped --show=nop_result "$rfc/values.bpf.o"
		only out "word=666
reaped[0]=13
reaped[1]=17
nop_result=0"
		only err "the address, 42
333 0"

		ends 0 $run --show=seen --stats "$rfc/counting.bpf.o"
		took=$(($(sed -n 's/^run: \([0-9]*\) ns$/\1/p' err) / 1000000))
		only out seen=10
		says err "submitted: 10"
		[ $took -ge 2000 ] || wrong "ten times 200 ms took $took ms"

		ends 0 $run --show=last --stats "$rfc/pingpong.bpf.o"
		only out "last[0]=20
last[1]=21"
		says err "submitted: 0"

		ends 0 $run --show=1.last --show=2.last --stats --connect=1.hits=2.balls --connect=2.hits=1.balls \
			"$rfc/player.bpf.o" serve=yes -- "$rfc/player.bpf.o"
		only out "1.last=21
2.last=20"
		says err "submitted: 0"

		rm -f written
		ends 0 $run --show=batches --stats "$rfc/batches.bpf.o" out=written
		only out batches=4
		says err "submitted: 17" # the file into its slot, and 16 blocks
		cmp blocks written || wrong "$engine: batches.rlt wrote something else"
		ends 1 $run "$rfc/batches.bpf.o" out=/dev/full
		says err "batches.rlt:29: fail: No space left on device (task main)"

		printf '%5000d' 7 >file
		ends 0 $run "$rfc/first_bytes.bpf.o" path=file
		head -c 4096 file | cmp - out || wrong "$engine: first_bytes.rlt wrote something else"
		ends 1 $run "$rfc/first_bytes.bpf.o" path=nowhere
		says err "first_bytes.rlt:10: openat: No such file or directory (task main)"

		for n in 0 1 7 8 9 100000; do
			ends 0 $run --show=completed --stats "$rfc/nops.bpf.o" n=$n
			only out completed=$n
			says err "submitted: $n"
		done

		head -c 1000003 /dev/urandom >source
		ends 0 $run --show=copied "$rfc/copy.bpf.o" src=source dst=copy
		only out copied=1000003
		cmp source copy || wrong "$engine: the copy is not the same"
	}
done
exit $failed

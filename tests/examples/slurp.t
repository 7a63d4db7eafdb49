#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# examples/slurp.rlt: as many files and bytes as cat and wc find, at each depth; descriptors are closed.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/examples/slurp.bpf.o

# Small ones, and of those at 64 KiB, one that is longer: it is read that far.
mkdir files
for size in 0 1 4095 4096 4097 65535 65536; do
	head -c $size /dev/urandom >files/$size
done
i=0
while [ $i -lt 600 ]; do
	printf '%*s' $((i * 7 % 1000)) '' >files/small$i
	i=$((i + 1))
done
find files -type f >names
want=$(cat files/* | wc -c | tr -d ' ')
head -c 70000 /dev/zero >files/long
echo files/long >>names
count=$(wc -l <names | tr -d ' ')
want=$((want + 65536))

for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine --show=slurped --show=bytes"
	for depth in 1 2 32 64; do
		# shellcheck disable=SC2086
		ends 0 $run "$object" files="$count" name=@names depth=$depth
		only out "slurped=$count
bytes=$want"
		only err ''
	done
	# shellcheck disable=SC2086
	{
		ends 0 $run "$object" files=0
		only out 'slurped=0
bytes=0'

		# Room for as many descriptors as are open at a time, and some: a program that loses them is out soon.
		# The `run` of the shell's limit needs a shell of its own.
		ends 0 sh -c 'ulimit -n 48; exec "$@"' - $run "$object" files="$count" name=@names depth=16
		only out "slurped=$count
bytes=$want"

		# One that is not there: who was at it, where, and how far they came.
		{ head -n 100 names; echo files/none; } >wrong
		ends 1 $run "$object" files=101 name=@wrong depth=1
		only err 'slurp.rlt:22: openat: No such file or directory (task reader[0])'
		says out slurped=100
		ends 1 $run "$object" files=20K name=@names
		only err 'slurp.rlt:34: fail: Invalid argument (task main)'

		# Nothing set: a name without a letter.
		ends 1 $run "$object" files=1
		only err 'slurp.rlt:22: openat: No such file or directory (task reader[0])'

		# As many names as there is room for, and one more.
		yes files/4096 | head -n 16384 >many
		ends 0 $run "$object" files=16K name=@many
		only out 'slurped=16384
bytes=67108864'
		echo files/1 >>many
		ends 1 $run "$object" files=16K name=@many
		only err 'ringlet: parameter `name`: many:16385: there is room for 16384 lines'
	}
done
printf 'files/1\n%064d\n' 0 >wrong
ends 1 "$RINGLET" run "$object" files=1 name=@wrong
only err 'ringlet: parameter `name`: wrong:2: longer than 63 bytes, which there is room for'
exit $failed

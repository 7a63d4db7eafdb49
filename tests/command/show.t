#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# `--show=NAME` prints shared variables of every shape, in the order asked for; what cannot be shown is said
# before the program runs.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/tests/command/shapes.bpf.o

printf 'first\n\na\\b\001\377c\n' >lines
cat >values <<'END'
grid[0][0]=0
grid[0][1]=1
grid[0][2]=2
grid[1][0]=10
grid[1][1]=11
grid[1][2]=12
big=18446744073709551615
small=-5
least=-128
yes=true
byte=200
text=a b
line[0]=first
line[1]=
line[2]=a\\b\x01\xffc
deep[0][0]=
deep[0][1]=
deep[1][0]=x
deep[1][1]=
row[0]=0
row[1]=-1
big=18446744073709551615
END
for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine"
	# shellcheck disable=SC2086
	ends 0 $run --show=grid --show=big --show=small --show=least --show=yes --show=byte --show=text --show=line \
		--show=deep --show=row --show=big "$object" text='a b' line=@lines
	cmp values out || { wrong "$engine shows otherwise:"; cat out; }
	only err ''

	# Also of a program that fails: how far it came is what is asked for.
	# shellcheck disable=SC2086
	ends 1 $run --show=text --show=row "$object" text=!
	only out 'text=!
row[0]=0
row[1]=-1'

	# shellcheck disable=SC2086
	$run --show=big "$object" >/dev/full 2>err
	got=$?
	[ $got -eq 1 ] || wrong "a full standard output: exit $got"
	only err 'ringlet: standard output: No space left on device'
done

ends 2 "$RINGLET" run --show=nobody --show=both "$object" text=!
says err 'ringlet: --show=nobody: there is no shared variable `nobody`'
says err 'ringlet: --show=both: a value of type struct pair cannot be shown'
only out ''
ends 2 "$RINGLET" run --show=n "$OBJDIR/examples/nop.bpf.o"
says err 'ringlet: --show=n: there is no shared variable `n`'
ends 2 "$RINGLET" run --show "$object"
ends 0 "$RINGLET" run --help "$object"
says out '  line   shared u8[3][8]'
says out '  text   shared u8[8]'
exit $failed

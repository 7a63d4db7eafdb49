#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A program that cannot be loaded leaves no file behind that it would have made, and none emptied.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/tests/command/two_outputs.bpf.o

echo old >old
ln -s target link
for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine"
	# shellcheck disable=SC2086
	{
		ends 1 $run "$object" one=new two=no/dir
		only err 'ringlet: parameter `two`: no/dir: No such file or directory'
		[ ! -e new ] || wrong "$engine: an empty output was left"
		ends 1 $run "$object" one=old two=.
		only err 'ringlet: parameter `two`: .: Is a directory'
		only old old
		ends 1 $run "$object" one=no/dir two=new
		[ ! -e new ] || wrong "$engine: an empty output was left"
		# One file under two names: what was there is not lost.
		ends 1 $run "$object" one=new two=new/
		[ ! -e new ] || wrong "$engine: an empty output was left"

		# And where nothing fails they are there, those to append to with what they had.
		ends 0 $run "$object" one=new two=old
		[ -f new ] && [ ! -s new ] || wrong "$engine: no empty file"
		only old old
		ends 0 $run "$object" one=link two=new
		[ -f target ] || wrong "$engine: nothing at the end of a symbolic link"
		rm new target
	}
done
# A device is no file to be removed.
ends 1 "$RINGLET" run "$object" one=/dev/null two=no/dir
[ -c /dev/null ] || wrong "/dev/null is gone"
exit $failed

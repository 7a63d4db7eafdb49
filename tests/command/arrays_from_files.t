#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# `name=@FILE` fills a shared array of bytes: one of two dimensions with lines, one of one with bytes. What
# does not fit is an error that says where, and nothing runs.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/tests/command/shapes.bpf.o
run="$RINGLET run --engine=user --show=line --show=text"

# shown CONTENTS LINES TEXT
# shellcheck disable=SC2086
shown() {
	printf "$1" >file
	ends 0 $run "$object" line=@file text=@file
	only out "$2
text=$3"
}

shown '' 'line[0]=
line[1]=
line[2]=' ''
shown 'ab\n' 'line[0]=ab
line[1]=
line[2]=' 'ab\x0a'
shown '1\n2\n3' 'line[0]=1
line[1]=2
line[2]=3' '1\x0a2\x0a3'
shown '1234567' 'line[0]=1234567
line[1]=
line[2]=' 1234567
shown 'a\r\n\n\n' 'line[0]=a\x0d
line[1]=
line[2]=' 'a\x0d\x0a\x0a\x0a'

# Exactly as many bytes, of which a text would need one more.
printf 12345678 >file
# shellcheck disable=SC2086
ends 0 $run "$object" text=@file
says out 'text=12345678'

# From a pipe, in pieces.
for engine in $ENGINES; do
	{ printf a; sleep 0.2; printf 'b\nc'; } | "$RINGLET" run --engine="$engine" --show=line "$object" line=@- >out
	only out 'line[0]=ab
line[1]=c
line[2]='
done

# refused CONTENTS ARGUMENT MESSAGE
# shellcheck disable=SC2086
refused() {
	printf "$1" >file
	ends 1 $run "$object" "$2"
	only out ''
	only err "ringlet: parameter $3"
}
refused '1\n2\n3\n4\n' line=@file '`line`: file:4: there is room for 3 lines'
refused '1\n2\n3\n\n' line=@file '`line`: file:4: there is room for 3 lines'
refused 'a\n12345678\n' line=@file '`line`: file:2: longer than 7 bytes, which there is room for'
refused 'a\nb\nc\0d\n' line=@file '`line`: file:3: a NUL byte'
refused '123456789' text=@file '`text`: file: more than 8 bytes'
refused '' line=@none '`line`: none: No such file or directory'
refused '' text=@. '`text`: .: Is a directory'

# Wrong usage is found before any file is looked at.
ends 2 "$RINGLET" run "$object" line=text
says err 'ringlet: parameter `line` takes the lines of a file: line=@FILE'
ends 2 "$RINGLET" run "$object" line=@
says err 'ringlet: parameter `line`: an empty path'
ends 2 "$RINGLET" run "$object" text=12345678
says err 'ringlet: parameter `text`: 8 characters, there is room for 7'
ends 2 "$RINGLET" run "$object" deep=@file
says err 'ringlet: shared variable `deep` is neither a scalar nor an array of u8 of one or two dimensions'
ends 2 "$RINGLET" run "$object" both=1
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What is no program, or one no more: a line that says so, and exit status 1. (runtime_object.c tries each byte.)

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/examples/nop.bpf.o

# refused MESSAGE FILE
refused() {
	for engine in $ENGINES auto; do
		ends 1 "$RINGLET" run --engine="$engine" "$2" n=1
		only out ''
		only err "ringlet: $2: $1"
	done
}

refused 'No such file or directory' none.bpf.o
refused 'not a program object (ringc build makes them)' .
: >empty
refused 'the file is empty' empty
refused 'not a program object (ringc build makes them)' "$SRCDIR/examples/nop.rlt"
refused 'not a program object (ringc build makes them)' /dev/null
mkfifo pipe
refused 'not a program object (ringc build makes them)' pipe
foreign='an ELF file, but not a whole program object: truncated, or not made by ringc'
refused "$foreign" "$RINGLET"

size=$(wc -c <"$object")
for cut in 1 2 15 16 17 100 4096 $((size / 2)) $((size - 5)); do
	head -c $((size - cut)) "$object" >truncated
	refused "$foreign" truncated
done
head -c 3 "$object" >truncated
refused 'not a program object (ringc build makes them)' truncated
{ cat "$object"; echo; } >longer
refused "$foreign" longer
# Two, one behind the other: the checksum is that of the second alone.
cat "$object" "$object" >twice
ends 1 "$RINGLET" run twice
grep -q 'corrupt: its checksum is [0-9a-f]*, its contents give [0-9a-f]*$' err || wrong "twice: $(cat err)"

at=0
while [ $at -lt $((size - 16)) ]; do
	{ head -c $at "$object"; printf '\252'; tail -c +$((at + 2)) "$object"; } >changed
	if ! cmp -s changed "$object"; then
		ends 1 "$RINGLET" run changed
		grep -q '^ringlet: changed: ' err || wrong "byte $at: $(cat err)"
	fi
	at=$((at + 997))
done

# One that may not be read. (Root may.)
if [ "$(id -u)" != 0 ]; then
	cp "$object" secret
	chmod 0 secret
	refused 'Permission denied' secret
fi
exit $failed

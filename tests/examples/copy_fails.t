#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# examples/copy.rlt where it cannot: what is said, where, and what is left.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/examples/copy.bpf.o

# fails MESSAGE COMMAND...: exit 1 and this message alone, in which N is any number
fails() {
	message=$1
	shift
	ends 1 "$@"
	sed 's/copier\[[0-9]*\]/copier[N]/' err >said
	only said "$message"
	only out ''
}

head -c 1000000 /dev/urandom >source
echo old >old
for engine in $ENGINES; do
	run="$RINGLET run --engine=$engine $object"
	# shellcheck disable=SC2086
	{
		fails 'copy.rlt:21: write: No space left on device (task copier[N])' $run src=source dst=/dev/full
		# Endless, but for that.
		fails 'copy.rlt:21: write: No space left on device (task copier[N])' $run src=/dev/zero dst=/dev/full
		fails 'copy.rlt:21: write: No space left on device (task copier[N])' \
			sh -c "$run src=- dst=- <source >/dev/full"

		fails 'ringlet: parameter `src`: none: No such file or directory' $run src=none dst=new
		fails 'ringlet: parameter `src`: none: No such file or directory' $run src=none dst=old
		fails 'ringlet: parameter `dst`: no/dir: No such file or directory' $run src=source dst=no/dir
		fails 'ringlet: parameter `dst`: old/file: Not a directory' $run src=source dst=old/file
		fails 'ringlet: parameter `dst`: .: Is a directory' $run src=source dst=.
		fails 'ringlet: parameter `dst`: source is the same file as parameter `src`' $run src=source dst=source
		only old old
		[ ! -e new ] || wrong "$engine: an output of a program that did not run"

		# A directory opens, and only then cannot be read.
		fails 'copy.rlt:19: read: Is a directory (task copier[N])' $run src=. dst=new
		[ -f new ] && [ ! -s new ] || wrong "$engine: the output is not there, or not empty"
		rm -f new

		# Descriptors of the wrong kind.
		fails 'copy.rlt:19: read: Bad file descriptor (task copier[N])' sh -c "$run src=fd:5 dst=/dev/null 5>new"
		fails 'copy.rlt:21: write: Bad file descriptor (task copier[N])' sh -c "$run src=source dst=fd:5 5<source"
		rm -f new

		# A reader that goes away.
		{ $run src=/dev/zero dst=- 2>err; echo $? >status; } | head -c 300000 >out
		only status 1
		sed 's/copier\[[0-9]*\]/copier[N]/' err >said
		only said 'copy.rlt:21: write: Broken pipe (task copier[N])'
	}
	[ "$(wc -c <source)" -eq 1000000 ] || wrong "$engine: the source was changed"
done

# Standard streams that are closed: no file that the command opens may take their place and get its messages.
for engine in $ENGINES; do
	"$RINGLET" run --engine="$engine" "$object" src=source dst=to <&- >&- 2>&-
	got=$?
	[ $got -eq 0 ] || wrong "$engine: without standard streams: exit $got"
	cmp -s source to || wrong "$engine: without standard streams: not the same"
	"$RINGLET" run --engine="$engine" "$object" src=. dst=to <&- >&- 2>&-
	got=$?
	[ $got -eq 1 ] && [ ! -s to ] || wrong "$engine: exit $got, and a message in the file: $(cat to)"
	"$RINGLET" run --engine="$engine" "$object" src=source dst=- 2>err >&-
	got=$?
	sed 's/copier\[[0-9]*\]/copier[N]/' err >said
	[ $got -eq 1 ] || wrong "$engine: to a standard output that is closed: exit $got"
	only said 'copy.rlt:21: write: Bad file descriptor (task copier[N])'
	"$RINGLET" run --engine="$engine" --show=copied "$object" src=source dst=to 2>err >&-
	got=$?
	[ $got -eq 1 ] || wrong "$engine: shown on a standard output that is closed: exit $got"
	only err 'ringlet: standard output: Bad file descriptor'
done
exit $failed

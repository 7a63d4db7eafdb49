#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A command whose output could not be written says so, and fails.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/examples/nop.bpf.o

[ -c /dev/full ] || { echo "needs /dev/full"; exit 77; }

# full ARGUMENT...
full() {
	"$RINGLET" "$@" >/dev/full 2>err
	status=$?
	[ $status -eq 1 ] || wrong "$*: exit $status, not 1"
	# What `trace` tells, and who has no privilege is told.
	grep -v '^ *[0-9a-z]* .*await$\|(task [a-z]*)$\|may not be looked at$' err >said
	only said 'ringlet: standard output: No space left on device'
}

full --version
full --help
full probe
full probe --format=json
full inspect --format=json
full top --count=2 --interval=10
full run --engine=user --help "$object"
full run --engine=user --show=done "$object" n=10
full trace --engine=user -o - "$object" n=10
full trace --engine=user --histograms=- "$object" n=10

# What was lost in between is not forgotten at the end.
echo 3 >posts
echo 0 >>posts
full run --engine=user --quiet --events --post=requests=posts "$OBJDIR/tests/command/events.bpf.o"
exit $failed

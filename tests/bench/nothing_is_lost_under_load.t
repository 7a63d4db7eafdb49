#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Eight threads post 1,000,000 each, which the script answers: each answer comes once, and those of a thread in
# their order. An emulated processor does a fifth of that.

each=1000000
[ -n "$RINGC" ] || each=200000
for engine in $ENGINES; do
	"$OBJDIR/tests/bench/events" "$engine" "$OBJDIR/tests/bench/answer.bpf.o" $each || exit 1
done

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# guest-only: the programs are made on the host, by tests/vm/check
# Random programs load on the kernel engine, and do what they do on the user engine of the host.

pack=$GENERATED_PACK
[ -f "$pack" ] || { echo "no pack of programs"; exit 1; }
for engine in $ENGINES; do
	TMPDIR=$SCRATCH "$OBJDIR/tests/generate/replay" check "$engine" <"$pack" || exit 1
	break # where there is a kernel engine it is the first
done

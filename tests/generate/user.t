#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# host-only: the compiler is here
# A seed gives one script; random scripts compile, run on the user engine, and do the same a second time.

here=$OBJDIR/tests/generate
"$here/generate" 7 >"$SCRATCH/a" && "$here/generate" 7 >"$SCRATCH/b" && cmp "$SCRATCH/a" "$SCRATCH/b" || exit 1
"$here/generate" 8 >"$SCRATCH/b"
! cmp -s "$SCRATCH/a" "$SCRATCH/b" || { echo "two seeds, one script"; exit 1; }
BUILD=$OBJDIR TMPDIR=$SCRATCH "$SRCDIR/tests/generate/pack" "$SCRATCH/pack" 1-8 10000-10008 || exit 1
TMPDIR=$SCRATCH "$here/replay" check user <"$SCRATCH/pack"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: compiles
#
# Requests whose buffer is known to lie in a `fixed` array are made on registered memory, with its number: the comments
# of `main` in fixed.rlt say which, in order, and `--dump=states` shows what was made.

cd "$SCRATCH" || exit 1
script=$SRCDIR/tests/object/fixed.rlt
sed -n '/^task main/,$s|.*; *// ||p' "$script" | tr ' ' '\n' >expected
"$RINGC" build --dump=states "$script" >states || exit 1
sed -n '/^task main/,$s/.*\(await\|submit\|request\) \([a-z_]*\) .*/\2/p' states | grep -v signal >made
[ "$(wc -l <made)" -ge 15 ] || { cat states; echo "few requests"; exit 1; }
diff expected made || exit 1
# The arrays are numbered in the order of their declarations; `40: n` is buf_index.
grep -q 'read_fixed.* 40: 1 state 2 ' states && grep -q 'submit write_fixed.* 40: 0$' states || { cat states; exit 1; }

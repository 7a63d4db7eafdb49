#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# Every diagnostic is given by some test, which pins what is said: a golden of tests/check or tests/syntax, or a
# script of tests/check or tests/cli for what no file of a few lines gives. No number or name is used twice. That each
# explanation is true, tests/unit/compiler_explain.c holds.

cd "$SRCDIR" || exit 1
failed=0

complain() {
	[ ! -s "$SCRATCH/list" ] || { sed "s/^/$1: /" "$SCRATCH/list"; failed=1; }
}

sed -n 's/^X(\([0-9]*\), *\([a-z0-9_]*\),.*/\1 \2/p' compiler/diags*.def |
	while read -r number name; do printf 'R%04d %s\n' "$number" "$name"; done | sort >"$SCRATCH/codes"
[ "$(wc -l <"$SCRATCH/codes")" = "$(cat compiler/diags*.def | grep -c '^X(')" ] || { echo "rows that are not understood"; failed=1; }
{ cut -d ' ' -f 1 "$SCRATCH/codes" | uniq -d; cut -d ' ' -f 2 "$SCRATCH/codes" | sort | uniq -d; } >"$SCRATCH/list"
complain 'used twice'

{
	sed -n 's/.*: .* \[\(R[0-9]\{4\}\)\]$/\1/p' tests/check/*.err tests/syntax/*.err
	sed '/^#/d' tests/check/*.t tests/cli/*.t | grep -o 'R[0-9]\{4\}'
} | sort -u | join -v 1 "$SCRATCH/codes" - >"$SCRATCH/list"
complain 'no test gives'

grep -oh 'D_[a-z0-9_]*' compiler/*.[chly] | sed 's/^D_//' | sort -u >"$SCRATCH/used"
cut -d ' ' -f 2 "$SCRATCH/codes" | sort | comm -23 - "$SCRATCH/used" >"$SCRATCH/list"
complain 'the compiler does not give'
exit $failed

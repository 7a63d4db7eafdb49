#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# Every rule of the linter is found by some golden here, or of tests/verify, and used by the code; no number or name is used twice; each has a
# page, by its code and by its name.

cd "$SRCDIR" || exit 1
failed=0

complain() {
	[ ! -s "$SCRATCH/list" ] || { sed "s/^/$1: /" "$SCRATCH/list"; failed=1; }
}

sed -n 's/^X(\([0-9]*\), *\([a-z0-9_]*\),.*/\1 \2/p' compiler/lint/rules*.def |
	while read -r number name; do printf 'L%04d %s\n' "$number" "$name"; done | sort >"$SCRATCH/rules"
[ "$(wc -l <"$SCRATCH/rules")" = "$(cat compiler/lint/rules*.def | grep -c '^X(')" ] || { echo "rows that are not understood"; failed=1; }
{ cut -d ' ' -f 1 "$SCRATCH/rules" | uniq -d; cut -d ' ' -f 2 "$SCRATCH/rules" | sort | uniq -d; } >"$SCRATCH/list"
complain 'used twice'
sort -k 2 "$SCRATCH/rules" >"$SCRATCH/by_name"
other=$(grep ' verifier_other$' "$SCRATCH/rules") # what no test may come to

{
	sed -n 's/.*: .* \[\(L[0-9]\{4\}\)\]$/\1/p' tests/lint/*.lint
	sed -n 's/.*: //p' tests/verify/reasons.out | sort -u | join -1 2 -o 1.1 "$SCRATCH/by_name" -
	echo "${other%% *}"
} | sort -u | join -v 1 "$SCRATCH/rules" - >"$SCRATCH/list"
complain 'no test finds'

{
	grep -oh 'L_[a-z0-9_]*' compiler/lint/*.c compiler/lint/*/*.c | sed 's/^L_//'
	sed -n 's/^V(\([a-z0-9_]*\),.*/\1/p' compiler/lint/verify/verifier.def
} | sort -u >"$SCRATCH/used"
cut -d ' ' -f 2 "$SCRATCH/rules" | sort | comm -23 - "$SCRATCH/used" >"$SCRATCH/list"
complain 'the linter does not use'

while read -r code name; do
	"$RINGC" explain "$code" >"$SCRATCH/page" || { echo "$code has no page"; failed=1; }
	grep -q "^$code, .*\`$(echo "$name" | tr _ -)\`: " "$SCRATCH/page" || { echo "$code has a page of another rule"; failed=1; }
	[ "$(wc -l <"$SCRATCH/page")" -ge 3 ] || { echo "$code is not explained"; failed=1; }
done <"$SCRATCH/rules"
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# Graphviz draws the graph of every example; without it, that is said. The linter's options count.

cd "$SRCDIR" || exit 1
failed=0

wrong() {
	failed=1
	echo "$*"
}

empty=$SCRATCH/empty
mkdir "$empty"
PATH=$empty "$RINGC" graph --format=svg examples/copy.rlt >"$SCRATCH/out" 2>"$SCRATCH/err" && wrong "draws without Graphviz"
grep -q '`dot`, of Graphviz' "$SCRATCH/err" || wrong "does not say that Graphviz is missing: $(cat "$SCRATCH/err")"
[ ! -s "$SCRATCH/out" ] || wrong "prints something without Graphviz"

for file in examples/*.rlt examples/*/*.rlt; do
	"$RINGC" graph "$file" >"$SCRATCH/dot" || wrong "$file has no graph"
	[ "$(grep -c ' -> ' "$SCRATCH/dot")" -ge 2 ] || wrong "the graph of $file has no edges"
	[ "$(sed -n 's/^	\("[^"]*"\) -> \("[^"]*"\).*/\1\n\2/p; s/^		\("[^"]*"\) -> \("[^"]*"\).*/\1\n\2/p' "$SCRATCH/dot" |
		sort -u | while read -r node; do grep -c "^	*$node \[" "$SCRATCH/dot"; done | sort -u)" = 1 ] ||
		wrong "the graph of $file has an edge to a node that is not there, or is there twice"
done
found=tests/graph/findings_are_where_they_belong.rlt
"$RINGC" graph --no-lint $found | grep -q 'L0[0-9]' && wrong "findings in spite of --no-lint"
"$RINGC" graph -W no-queue-unread -W error=loop-stuck $found >"$SCRATCH/dot"
grep -q L0506 "$SCRATCH/dot" && wrong "-W no-RULE does not count"
grep -q 'error: nothing in this loop' "$SCRATCH/dot" || wrong "-W error=RULE does not count"
"$RINGC" graph --kernel=6.12 $found | grep -q 'graph \[label="main\\nL0200"' || wrong "--kernel does not count"
"$RINGC" graph --kernel=new $found >/dev/null 2>&1 && wrong "a version that is none"
"$RINGC" graph 2>/dev/null && wrong "a graph of nothing"
"$RINGC" graph --format=png examples/copy.rlt 2>/dev/null && wrong "a picture of another kind"

[ $failed -eq 0 ] || exit 1
command -v dot >/dev/null || { echo "dot is missing (Debian: graphviz)"; exit 77; }
for file in examples/*.rlt examples/*/*.rlt tests/graph/*.rlt; do
	"$RINGC" graph --format=svg "$file" >"$SCRATCH/svg" || wrong "$file is not drawn"
	grep -q '</svg>' "$SCRATCH/svg" || wrong "the picture of $file is not whole"
done
"$RINGC" graph --format=svg $found | grep -q 'title=".*nobody looks at the result of `ftruncate`' ||
	wrong "a finding is no tooltip of the picture"
exit $failed

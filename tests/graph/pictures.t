#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# Graphviz draws the graph of every example; without it, that is said.

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
"$RINGC" graph 2>/dev/null && wrong "a graph of nothing"
"$RINGC" graph --format=png examples/copy.rlt 2>/dev/null && wrong "a picture of another kind"

[ $failed -eq 0 ] || exit 1
command -v dot >/dev/null || { echo "dot is missing (Debian: graphviz)"; exit 77; }
for file in examples/*.rlt examples/*/*.rlt tests/graph/*.rlt; do
	"$RINGC" graph --format=svg "$file" >"$SCRATCH/svg" || wrong "$file is not drawn"
	grep -q '</svg>' "$SCRATCH/svg" || wrong "the picture of $file is not whole"
done
exit $failed

#!/bin/sh
# shellcheck disable=SC2016
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the documents are not in virtual machines
#
# What docs/ says of the code is so: the tables are those of the compiler and the runtime, the grammar has every word
# and sign that the lexer has, the reserved words are told, links lead somewhere.

cd "$SRCDIR" || exit 1
failed=0

# nothing FILE WHAT: the file is empty, or what is in it is printed as a failure.
nothing() {
	[ ! -s "$1" ] || { echo "$2:"; sed 's/^/    /' "$1"; failed=1; }
}

"$OBJDIR/tools/docs" --check README.md docs/*.md || failed=1
sed '/^| .*`nop`/d' docs/operations.md >"$SCRATCH/operations.md"
if "$OBJDIR/tools/docs" --check "$SCRATCH/operations.md" 2>/dev/null; then
	echo "--check sees no difference where there is one"
	failed=1
fi

sed -n '/^## Reserved/,$p' docs/language.md | grep -o '`[^`]*`' | tr -d '`' >"$SCRATCH/told"
# Words and signs; `all`, `in`, `on` and `timeout` are words in some places only; some words are read, and refused.
{
	sed -n 's/^"\([^"]*\)" *return TOK_.*/\1/p' compiler/lexer.l
	sed -n '/keywords\[\] = {/,/^};/p' compiler/lexer.l | grep -o '{"[a-z0-9]*"' | tr -d '{"'
	sed -n 's/^\[\(.*\)\] *return (unsigned char).*/\1/p' compiler/lexer.l | sed 's/\\//g' | fold -w 1
	printf 'all\nin\nof\non\ntimeout\n'
} | grep -vxF -f "$SCRATCH/told" | sort -u >"$SCRATCH/lexer"
sed -n '/^```ebnf/,/^```$/p' docs/language.md | grep -o '"[^" ]*"' | tr -d '"' | sort -u >"$SCRATCH/grammar"
diff "$SCRATCH/lexer" "$SCRATCH/grammar" >"$SCRATCH/diff"
nothing "$SCRATCH/diff" "< in the lexer, > in the grammar of docs/language.md"

sed -n '/reserved\[\] = {/,/};/p' compiler/lexer.l | grep -o '"[a-z]*"' | tr -d '"' | grep -vxF -f "$SCRATCH/told" >"$SCRATCH/untold"
nothing "$SCRATCH/untold" "reserved, and docs/language.md does not say so"

sed -n '/^```rlt/,/^```$/p' README.md | sed '1d;$d' | diff - examples/copy.rlt >"$SCRATCH/diff"
nothing "$SCRATCH/diff" "README.md shows another examples/copy.rlt"

# What the library exports is what its header declares.
sed -n 's/^	\(ringlet_[a-z0-9_]*\);$/\1/p' runtime/libringlet.map | sort >"$SCRATCH/exported"
sed -n 's/^[a-z].*[ *]\(ringlet_[a-z0-9_]*\)(.*[;,]$/\1/p' runtime/ringlet.h | grep -v '_fn$' | sort >"$SCRATCH/declared"
diff "$SCRATCH/exported" "$SCRATCH/declared" >"$SCRATCH/diff"
nothing "$SCRATCH/diff" "< exported by libringlet.map, > declared in ringlet.h"

# Files, and headings in them, as their anchors are made.
anchors() { sed -n '/^```/,/^```$/!s/^##* //p' "$1" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-'; }
for file in README.md docs/*.md; do
	sed '/^```/,/^```$/d; s/`[^`]*`//g' "$file" | grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//' | grep -v '^[a-z]*:' |
		while read -r link; do
			target=$(dirname "$file")/${link%%#*}
			[ "${link%%#*}" ] || target=$file
			if [ ! -e "$target" ]; then
				echo "$file: there is no $link"
			elif [ "$link" != "${link#*#}" ]; then
				anchors "$target" | grep -qx -e "${link#*#}" || echo "$file: there is no heading $link"
			fi
		done
done >"$SCRATCH/links"
nothing "$SCRATCH/links" "links that lead nowhere"
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the documents are not in virtual machines
#
# The tables in docs/ are those of the compiler and the runtime, and the grammar names every word and sign that there is.

cd "$SRCDIR" || exit 1
failed=0
"$OBJDIR/tools/docs" --check README.md docs/*.md || failed=1

# --check sees a difference.
sed '/^| .*`nop`/d' docs/operations.md >"$SCRATCH/operations.md"
"$OBJDIR/tools/docs" --check "$SCRATCH/operations.md" 2>/dev/null && { echo "--check sees no difference"; failed=1; }

# Words and signs: of the lexer, and quoted in the grammar of docs/language.md.
sed -n 's/^"\([^"]*\)" *return TOK_.*/\1/p' compiler/lexer.l >"$SCRATCH/lexer"
sed -n '/^} keywords/,/^};/p; /keywords\[\] = {/,/^};/p' compiler/lexer.l | grep -o '{"[a-z0-9]*"' | tr -d '{"' >>"$SCRATCH/lexer"
sed -n 's/^\[\(.*\)\] *return (unsigned char).*/\1/p' compiler/lexer.l | sed 's/\\//g' | fold -w 1 | sort -u >>"$SCRATCH/lexer"
printf 'all\nin\n' >>"$SCRATCH/lexer" # words in one place only
sed -n '/^```ebnf/,/^```$/p' docs/language.md | grep -o '"[^" ]*"' | tr -d '"' | sort -u >"$SCRATCH/grammar"
sort -u "$SCRATCH/lexer" | grep -vx -e '->' >"$SCRATCH/words" # reserved
diff "$SCRATCH/words" "$SCRATCH/grammar" || { echo "< in the lexer, > in docs/language.md"; failed=1; }

# The README shows an example that there is.
sed -n '/^```rlt/,/^```$/p' README.md | sed '1d;$d' | diff - examples/copy.rlt || {
	echo "README.md shows another examples/copy.rlt"
	failed=1
}

# Reserved words.
sed -n '/reserved\[\] = {/,/};/p' compiler/lexer.l | grep -o '"[a-z]*"' | tr -d '"' | while read -r word; do
	sed -n '/^## Reserved/,$p' docs/language.md | grep -q "\`$word\`" || echo "docs/language.md does not say that \`$word\` is reserved"
done >"$SCRATCH/reserved"
cat "$SCRATCH/reserved"
[ ! -s "$SCRATCH/reserved" ] || failed=1

# What a link points to is there: a file, and a heading in it.
for file in README.md docs/*.md; do
	sed '/^```/,/^```$/d; s/`[^`]*`//g' "$file" | grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//' | grep -v '^[a-z]*:' | sort -u | while read -r link; do
		path=${link%%#*}
		target=$file
		[ -z "$path" ] || target=$(dirname "$file")/$path
		[ -e "$target" ] || { echo "$file: there is no $link"; continue; }
		case $link in
		*#*) sed -n 's/^##* //p' "$target" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-' | grep -qx -e "${link#*#}" ||
			echo "$file: there is no heading $link" ;;
		esac
	done
done >"$SCRATCH/links"
cat "$SCRATCH/links"
[ ! -s "$SCRATCH/links" ] || failed=1
exit $failed

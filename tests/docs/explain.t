#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# What `ringc explain` shows as wrong gives that diagnostic, and what it shows as right does not: as declarations, or
# as statements of a task. What is right there may use names of somebody's (R0300) and files (R0001).

cd "$SCRATCH" || exit 1
failed=0 seen=0

# shown CODE wrong|right: the indented lines below that word.
shown() { "$RINGC" explain "$1" | awk -v word="$2" '/^[^ ]/ { on = index($0, word) == 1; next } on { print substr($0, 5) }'; }

# codes FORM: what the example gives, as declarations or as statements.
codes() {
	case $1 in
	declarations) cat example && echo 'task main() {}' ;;
	statements) echo 'task main() {' && cat example && echo '}' ;;
	esac >example.rlt
	"$RINGC" build example.rlt -o example.bpf.o 2>&1 | sed -n 's/^.*: error: .*\[\(R[0-9]*\)\]$/\1/p' | sort -u | tr '\n' ' '
}

sed -n "s/^### \\(R[0-9]*\\)\$/\\1/p" "$SRCDIR/docs/diagnostics.md" >all
while read -r code; do
	[ "$code" != R0005 ] || continue # wrong is a file that is not UTF-8, which no text can show
	shown "$code" wrong >example
	if [ -s example ]; then
		seen=$((seen + 1))
		case " $(codes declarations)$(codes statements)" in
		*" $code "*) ;;
		*) echo "$code: what is wrong does not give it"; cat example; failed=1 ;;
		esac
	fi
	shown "$code" right >example
	[ -s example ] || continue
	seen=$((seen + 1))
	for form in declarations statements; do
		rest=$(codes $form | tr ' ' '\n' | grep -v -e '^R0300$' -e '^R0001$' -e '^$')
		[ -n "$rest" ] || break
	done
	[ -z "$rest" ] || { echo "$code: what is right gives $rest"; cat example; failed=1; }
done <all
[ $seen -gt 20 ] || { echo "only $seen examples"; failed=1; }
exit $failed

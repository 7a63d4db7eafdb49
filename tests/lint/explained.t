#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# What the page of a rule shows as wrong is found by that rule, and nothing it is worth an error by another; what it shows as
# right is found by none. Rules whose examples would be too long, and those on comments, show none.

cd "$SRCDIR" || exit 1
clang=$(command -v clang-19 || command -v clang) || { echo "clang is missing (Debian: clang-19)"; exit 77; }
without='L0001 L0002 L0003 L0100 L0101 L0102 L0107 L0115 L0116 L0200'
failed=0

wrong() {
	failed=1
	echo "$*"
}

# example PAGE wrong|right: as a C file
example() {
	sed -n "/^$2:\$/,/^[^ ]/{/^    /s/^    //p;}" "$1"
}

# look CODE KIND: what the linter says of the example
look() {
	example "$SCRATCH/page" "$2" >"$SCRATCH/example"
	{
		grep '^#define' "$SCRATCH/example"
		echo '#include "program.h"'
		grep -v '^#define' "$SCRATCH/example"
	} >"$SCRATCH/example.bpf.c"
	"$clang" -O2 -g -target bpf -mcpu=v4 -Wall -Wno-unused-parameter -I tests/lint \
		-I "/usr/include/$(cc -print-multiarch)" -c "$SCRATCH/example.bpf.c" -o "$SCRATCH/example.bpf.o" ||
		wrong "the $2 example of $1 is no C"
	"$RINGC" lint "$SCRATCH/example.bpf.o" >"$SCRATCH/said" 2>&1
	sed -n 's/.*: \(error\|warning\|note\): .* \[\(L[0-9]*\)\]$/\2/p' "$SCRATCH/said" | sort -u | tr '\n' ' '
}

for code in $(sed -n 's/^X(\([0-9]*\),.*/\1/p' compiler/lint/rules*.def | while read -r n; do printf 'L%04d\n' "$n"; done); do
	"$RINGC" explain "$code" >"$SCRATCH/page"
	case " $without " in
	*" $code "*) continue ;;
	esac
	found=$(look "$code" wrong)
	[ "$found" = "$code " ] || { wrong "the wrong example of $code gives: $found"; cat "$SCRATCH/said"; }
	found=$(look "$code" right)
	[ -z "$found" ] || { wrong "the right example of $code gives: $found"; cat "$SCRATCH/said"; }
done
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# What the page of a rule shows as wrong is found by that rule, and nothing it is worth an error by another; what it shows as
# right is found by none. A first line `/* ringc lint OPTIONS */` says how it is looked at. Those of the verifier's words show
# none; those of the interpreter (L03..) show parts of programs, and have an object each beside this.

cd "$SRCDIR" || exit 1
clang=$(command -v clang-19 || command -v clang) || { echo "clang is missing (Debian: clang-19)"; exit 77; }
failed=0

wrong() {
	failed=1
	echo "$*"
}

# example PAGE wrong|right: as a C file
example() {
	sed -n "/^$2:\$/,/^[^ ]/{/^    /s/^    //p;}" "$1"
}

# But for what could not be judged.
codes() {
	sed -n 's/.*: \(error\|warning\|note\): .* \[\([LR][0-9]*\)\]$/\2/p' "$SCRATCH/said" |
		grep -v L0399 | sort -u | tr '\n' ' '
}

# look CODE KIND: what the linter says of the example; of L00.. and L05.. they are scripts
look() {
	case $1 in
	L00* | L05*)
		example "$SCRATCH/page" "$2" >"$SCRATCH/example.rlt"
		"$RINGC" lint "$SCRATCH/example.rlt" >"$SCRATCH/said" 2>&1
		codes
		return
		;;
	esac
	example "$SCRATCH/page" "$2" >"$SCRATCH/example"
	{
		grep '^#define' "$SCRATCH/example"
		echo '#include "program.h"'
		grep -v '^#define' "$SCRATCH/example"
	} >"$SCRATCH/example.bpf.c"
	"$clang" -O2 -g -target bpf -mcpu=v4 -Wall -Wno-unused-parameter -I tests/lint \
		-I "/usr/include/$(gcc -print-multiarch)" -c "$SCRATCH/example.bpf.c" -o "$SCRATCH/example.bpf.o" ||
		wrong "the $2 example of $1 is no C"
	options=$(sed -n '1s,^/[*] ringc lint \(.*\) [*]/$,\1,p' "$SCRATCH/example")
	# shellcheck disable=SC2086
	"$RINGC" lint $options "$SCRATCH/example.bpf.o" >"$SCRATCH/said" 2>&1
	codes
}

for code in $(sed -n 's/^X(\([0-9]*\),.*/\1/p' compiler/lint/rules*.def | while read -r n; do printf 'L%04d\n' "$n"; done); do
	"$RINGC" explain "$code" >"$SCRATCH/page"
	case $code in
	L03* | L06*) continue ;;
	esac
	found=$(look "$code" wrong)
	[ "$found" = "$code " ] || { wrong "the wrong example of $code gives: $found"; cat "$SCRATCH/said"; }
	found=$(look "$code" right)
	[ -z "$found" ] || { wrong "the right example of $code gives: $found"; cat "$SCRATCH/said"; }
done
exit $failed

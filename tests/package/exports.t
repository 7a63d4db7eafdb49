#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the library is not in virtual machines
#
# The shared library exports what libringlet.map has, each by that version, and nothing else; the static one takes no
# name that could be a program's own.

# shellcheck source=tests/package/tree.sh
. "$SRCDIR/tests/package/tree.sh"
installed
library=$root$prefix/lib

awk '/{$/ { version = $1 } /^\t[a-z_0-9]*;$/ { sub(/^\t/, ""); sub(/;$/, ""); print $0 "@@" version }
	/^}/ && NF == 1 { print version "@@" version }' "$SRCDIR/runtime/libringlet.map" | sort >want
nm -D --defined-only "$library/libringlet.so" | awk '{ print $3 (index($3, "@") ? "" : "@@" $3) }' | sort >got
[ "$(grep -c '^ringlet_' want)" -ge 30 ] || wrong "libringlet.map is not understood"
diff want got || wrong "< of libringlet.map, > exported"

[ "$(readlink "$library/libringlet.so")" = libringlet.so.0 ] || wrong "libringlet.so does not lead to libringlet.so.0"
LC_ALL=C readelf -d "$library/libringlet.so" | grep -q 'SONAME.*\[libringlet\.so\.0\]' || wrong "the soname is another"

# GCC chooses the name of one: it is what __attribute__((function_return("thunk-extern"))) jumps to.
nm -g --defined-only "$library/libringlet.a" 2>/dev/null | awk 'NF == 3 { print $3 }' |
	grep -v -e '^ringlet_' -e '^rl_' -e '^__x86_return_thunk$' >others
if [ -z "$sanitize" ] && [ -s others ]; then
	wrong "libringlet.a has names that are not its own:"
	cat others
fi
exit $failed

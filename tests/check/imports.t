#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# Imports at their edges: circles and long chains of files, one file by several names, and headers that are long,
# include others, or are none. Each compiles, or is told where it is named.

cd "$SCRATCH" || exit 1
failed=0
trap 'rm -f "$SCRATCH.err"' EXIT

# gives SCRIPT [LINE...]: the lines stand in what ringc says; without any the script compiles, and nothing is said.
gives() {
	script=$1
	shift
	"$RINGC" build "$script" -o out.bpf.o >"$SCRATCH.err" 2>&1
	status=$?
	want=$(($# > 0))
	[ $status -eq $want ] || { failed=1; echo "$script: exit $status, not $want"; cat "$SCRATCH.err"; }
	[ $want -eq 1 ] || [ ! -s "$SCRATCH.err" ] || { failed=1; echo "$script: says"; cat "$SCRATCH.err"; }
	for line; do
		grep -qxF "$line" "$SCRATCH.err" || { failed=1; echo "$script: does not say: $line"; cat "$SCRATCH.err"; }
	done
}

# ---- circles

echo 'import "b.rlt"; const A = 1; task main() {}' >a.rlt
echo 'import "c.rlt"; const B = 1;' >b.rlt
echo 'import "a.rlt"; const C = 1;' >c.rlt
gives a.rlt 'c.rlt:1:1: error: `a.rlt` imports itself, directly or through others [R0304]'
echo 'import "self.rlt"; task main() {}' >self.rlt
gives self.rlt 'self.rlt:1:1: error: `self.rlt` imports itself, directly or through others [R0304]'
mkdir sub
ln -s ../linked.rlt sub/other.rlt
echo 'import "sub/other.rlt"; task main() {}' >linked.rlt
gives linked.rlt 'linked.rlt:1:1: error: `linked.rlt` imports itself, directly or through others [R0304]'

# ---- chains, and one file by several names

echo 'const N0 = 7;' >n0.rlt
for i in $(seq 100); do
	echo "import \"n$((i - 1)).rlt\"; const N$i = N$((i - 1)) + 1;" >"n$i.rlt"
done
echo 'import "n100.rlt"; u8 x[N100]; task main() { log("%u", x.len); }' >chain.rlt
gives chain.rlt
"$RINGLET" run --engine=user out.bpf.o 2>said || failed=1
[ "$(cat said)" = 107 ] || { failed=1; cat said; }

echo 'shared u64 count; fn void more() { count++; }' >one.rlt
ln one.rlt sub/hard.rlt
ln -s one.rlt soft.rlt
printf 'import "one.rlt"; import "./one.rlt"; import "sub/../one.rlt";\nimport "sub/hard.rlt"; import "soft.rlt"; import "one.rlt";\n%s\n' \
	'task main() { more(); more(); log("%u", count); }' >names.rlt
gives names.rlt
"$RINGLET" run --engine=user out.bpf.o 2>said || failed=1
[ "$(cat said)" = 2 ] || { failed=1; cat said; }

# ---- what is no file

mkfifo pipe.rlt
ln -s /dev/zero zero.rlt
for what in pipe zero; do
	echo "import \"$what.rlt\"; task main() {}" >irregular.rlt
	gives irregular.rlt "irregular.rlt:1:1: error: \`$what.rlt\` cannot be imported: it is a pipe, a socket or a device [R0625]"
done

# An import may stand behind what uses it.
printf 'u8 x[N0];\ntask main() { log("%%u", x.len); }\nimport "n0.rlt";\n' >behind.rlt
gives behind.rlt

# ---- what is no file, or none that can be read

echo 'import "sub"; task main() {}' >directory.rlt
gives directory.rlt 'directory.rlt:1:1: error: `sub` cannot be imported: it is a directory [R0625]'
ln -s loop.rlt loop.rlt
echo 'import "loop.rlt"; task main() {}' >loops.rlt
gives loops.rlt 'loops.rlt:1:1: error: `loop.rlt` cannot be read: Too many levels of symbolic links [R0001]'
echo 'const X = 1;' >closed.rlt
chmod 0 closed.rlt
if [ ! -r closed.rlt ]; then
	echo 'import "closed.rlt"; task main() {}' >denied.rlt
	gives denied.rlt 'denied.rlt:1:1: error: `closed.rlt` cannot be read: Permission denied [R0001]'
fi

# ---- headers

for i in $(seq 5000); do echo "#define M$i $i"; done >long.h
for i in $(seq 500); do printf 'struct s%d { int a; long b[%d]; };\n' "$i" "$i"; done >>long.h
echo '#include "long.h"' >outer.h
printf '#pragma once\n#include "outer.h"\n#include "ring.h"\n#define RING M42\n' >ring.h
echo 'import "ring.h"; struct s500 big; task main() { log("%u %u %u", M5000, RING, sizeof(big)); }' >headers.rlt
gives headers.rlt
"$RINGLET" run --engine=user out.bpf.o 2>said || failed=1
[ "$(cat said)" = '5000 42 4008' ] || { failed=1; cat said; }

printf 'struct a { int x; };\n#include "inner.h"\n' >broken.h
printf '#define FINE 1\nint ( ;\n' >inner.h
echo 'import "broken.h"; task main() { log("%u", FINE); }' >breaks.rlt
gives breaks.rlt "inner.h:2:7: error: in C: expected identifier or '(' [R0471]" \
	'breaks.rlt:1:1: note: "broken.h" is imported here'
: >empty.h
echo 'import "empty.h"; task main() {}' >nothing.rlt
gives nothing.rlt
exit $failed

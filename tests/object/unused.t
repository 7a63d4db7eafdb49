#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: reads objects with llvm-objdump
#
# Of functions the object has those that some task comes to call, through others too; the rest are checked
# like them.

objdump=$(command -v llvm-objdump-19 || command -v llvm-objdump) || { echo "llvm-objdump is missing"; exit 77; }
cd "$SCRATCH" || exit 1
failed=0

cat >a.rlt <<'END'
import std.bytes;
fn u32 called(u32 a) { return through(a); }
fn u32 through(u32 a) { return a + 1; }
fn u32 idle(u32 a) { return through_idle(a); }
fn u32 through_idle(u32 a) { return a + 2; }
fn s32 waits() { await nop(); return (s32)called_by_it(1); }
fn u32 called_by_it(u32 a) { return a + 3; }
task main() { log("%u %d", called(1), await waits()); }
END
"$RINGC" build a.rlt || exit 1
"$objdump" -t a.bpf.o | sed -n 's/.* fn[0-9]*_//p' | sort >has
printf '%s\n' called called_by_it through >want
diff -u want has || failed=1

sed 's/return a + 2;/return b;/' a.rlt >b.rlt
"$RINGC" build b.rlt 2>said && { echo "an unused function is not checked"; failed=1; }
grep -q 'b.rlt:5:37: error: .*`b`' said || { cat said; failed=1; }
exit $failed

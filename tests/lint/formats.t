#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# SARIF is what its standard says, with a result for each finding; options say what an error is; exit statuses.

cd "$SRCDIR" || exit 1
objects=${OBJDIR#"$SRCDIR/"}/tests/lint
failed=0

wrong() {
	failed=1
	echo "$*"
}

# gives STATUS ARGUMENT...
gives() {
	want=$1
	shift
	"$RINGC" lint "$@" >"$SCRATCH/out" 2>"$SCRATCH/err"
	status=$?
	[ $status -eq "$want" ] || { wrong "lint $*: exit $status, not $want"; cat "$SCRATCH/out" "$SCRATCH/err"; }
}

gives 1 --format=sarif "$objects"/*.bpf.o
"$OBJDIR/tests/lint/sarif" <"$SCRATCH/out" >"$SCRATCH/said" || wrong "$(cat "$SCRATCH/said")"
gives 1 "$objects"/*.bpf.o
found=$(grep -c '^.*\(error\|warning\|note\): .*\[L[0-9]*\]$' "$SCRATCH/out")
[ "$(cat "$SCRATCH/said")" = "$found results" ] || wrong "$(cat "$SCRATCH/said") in SARIF, and $found in text"
[ "$found" -gt 20 ] || wrong "$found findings"

near=$objects/4096_instructions_need_no_capability.bpf.o
gives 0 "$near"
grep -q 'note: .*\[L0101\]' "$SCRATCH/out" || wrong "no note"
gives 1 -W unprivileged-instructions "$near"
grep -q 'warning: .*\[L0101\]' "$SCRATCH/out" || wrong "-W does not make a warning of it"
gives 1 -Werror=L0101 "$near"
grep -q 'error: .*\[L0101\]' "$SCRATCH/out" || wrong "-W error= does not make an error of it"
gives 0 -W no-unprivileged_instructions "$near"
grep -q L0101 "$SCRATCH/out" && wrong "-W no- leaves it"
loop=$objects/a_loop_is_left.bpf.o
gives 1 "$loop"
gives 0 -W no-endless-loop -W no-endless "$loop"

# A script that imports a C header is compiled as by build.
printf 'import "x.h";\ntask main() { await timeout(ms(N)); }\n' >"$SCRATCH/x.rlt"
printf '#ifdef MORE\n#define N 5\n#endif\n' >"$SCRATCH/x.h"
gives 1 "$SCRATCH/x.rlt"
gives 0 -D MORE "$SCRATCH/x.rlt"
gives 0 -DMORE -I "$SCRATCH" --format=json "$SCRATCH/x.rlt"

gives 2
gives 2 -I
gives 2 --kernel=seven "$near"
gives 2 --kernel=7 "$near"
gives 2 --format=xml "$near"
gives 2 -W no-such-rule "$near"
gives 2 -W
gives 2 --such "$near"
gives 1 "$SCRATCH/nothing.bpf.o"
echo text >"$SCRATCH/text.bpf.o"
gives 1 "$SCRATCH/text.bpf.o"
grep -q 'it is not an ELF file' "$SCRATCH/err" || wrong "a text is refused for something else"
: >"$SCRATCH/empty.bpf.o"
gives 1 "$SCRATCH/empty.bpf.o"
gives 1 "$SCRATCH"
gives 1 "$OBJDIR/ringlet"

# No finding on what the project has itself.
for file in examples/*.rlt examples/*/*.rlt; do
	gives 0 "$file"
	! grep -q '\[L[0-9]*\]$' "$SCRATCH/out" || { wrong "$file has findings"; cat "$SCRATCH/out"; }
done
gives 0 "$OBJDIR"/tests/lang/*.bpf.o "$OBJDIR"/tests/stdlib/*.bpf.o
! grep -q '\[L[0-9]*\]$' "$SCRATCH/out" || { wrong "scripts of the tests have findings"; grep '\[L[0-9]*\]$' "$SCRATCH/out"; }
exit $failed

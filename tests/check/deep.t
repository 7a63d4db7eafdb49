#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# Generated text that went wrong, 10,000 deep or long: an error (or none) in reasonable time and stack, no crash.

cd "$SCRATCH" || exit 1 # where a file `failed` says that something did: most of what follows is a subshell

trap 'rm -f "$SCRATCH.err"' EXIT
ulimit -s 8192 2>/dev/null # what everybody has

# gives CODE NAME: what is on stdin gives that code and no other; `-` for none.
gives() {
	cat >"$2.rlt"
	timeout 60 "$RINGC" build "$2.rlt" -o out.bpf.o >"$SCRATCH.err" 2>&1
	status=$?
	codes=$(sed -n 's/.*: error: .*\[\(R[0-9]*\)\]$/\1/p' "$SCRATCH.err" | sort -u | tr '\n' ' ')
	want=1
	[ "$1" != - ] || want=0
	[ $status -eq $want ] || { : >failed; echo "$2: exit $status, not $want"; head -c 1000 "$SCRATCH.err"; }
	[ "${codes:-- }" = "$1 " ] || { : >failed; echo "$2: $codes, not $1"; head -c 1000 "$SCRATCH.err"; }
	[ $want -eq 0 ] || [ ! -e out.bpf.o ] || { : >failed; echo "$2: an object"; }
	rm -f out.bpf.o
}

# nest BEFORE LEFT MIDDLE RIGHT AFTER [TIMES]
nest() {
	awk -v before="$1" -v left="$2" -v middle="$3" -v right="$4" -v after="$5" -v n="${6:-10000}" 'BEGIN {
		printf "%s", before
		for (i = 0; i < n; i++) printf "%s", left
		printf "%s", middle
		for (i = 0; i < n; i++) printf "%s", right
		print after
	}'
}

# each TIMES FORMAT: the format for each number, # standing for it and @ for the one before.
each() {
	awk -v n="$1" -v format="$2" 'BEGIN {
		for (i = 1; i <= n; i++) { line = format; gsub("#", i, line); gsub("@", i - 1, line); print line }
	}'
}

main='task main() {'
nest "$main" '{' '' '}' '}' | gives R0152 braces
nest "$main" '{' '' '' '' | gives R0152 braces_open
nest "$main" '' '' '}' '' | gives R0150 braces_closed
nest 'const X = ' '(' 1 ')' ';' | gives R0152 parentheses
nest 'u8 x[1] = ' '{' 1 '}' ';' | gives R0152 lists
nest "u8 a[4]; $main a" '[a' '[0]' ']' ' = 1; }' | gives R0152 indices
nest "u8 a[4]; $main a" '[0]' '' '' ' = 1; }' | gives R0152 dimensions
nest "u8 a[4]; $main a" '[0:1]' '' '' '; }' | gives R0152 slices
nest "$main f" '.x' '' '' ' = 1; }' | gives R0152 fields
nest 'const X = ' '-' 1 '' ';' | gives R0150 minus_minus # `--` is a word of its own
nest 'const X = ' '- ' 1 '' ';' | gives R0152 minus
nest 'const X = ' '!' 1 '' ';' | gives R0152 not
nest 'const X = ' '~' 1 '' ';' | gives R0152 complement
nest 'const X = ' '(u32)' 1 '' ';' | gives R0152 casts
nest 'const X = ' '1 ? 2 : ' 1 '' ';' | gives R0152 choices
nest 'const X = 0' ' + 1' '' '' ';' | gives R0152 sum
nest "$main s32 x = " 'try ' 'await nop()' '' '; }' | gives R0152 try
nest "fn u32 f(u32 x) { return x; } $main f(" 'f(' 1 ')' '); }' | gives R0152 calls
nest "$main " 'if (true) ' ';' '' '}' | gives R0152 ifs
nest "u32 n; $main if (n) ;" ' else if (n) ;' '' '' '}' | gives R0152 else_if
nest "$main " 'while (true) ' 'return;' '' '}' | gives R0152 loops
nest "u32 n; $main " 'switch (n) { case 1: ' '' '}' '}' | gives R0152 switches
nest "$main " 'defer ' ';' '' '}' | gives R0152 defers
nest "$main " 'do ' ';' ' while (false);' '}' | gives R0152 do_while
nest "$main " 'for (u32 i in 0..1) ' ';' '' '}' | gives R0152 for_in
nest 'param fd f;' '/* ' '' '' "$main }" | gives R0101 comments
nest 'u8 x[4] = ' '"a" ' '' '' "; $main }" | gives R0334 strings

# As deep as the grammar allows, all the way down.
nest "u32 n; $main n = n" ' + (n' '' ')' '; }' 190 | gives - deep_sum
nest "u32 n; $main n = " '-' '!n' '' '; }' 0 | gives - shallow
nest "u32 n; $main n = " '~' 'n' '' '; }' 990 | gives - deep_unary
nest "u32 n; $main if (n) n = 1;" ' else if (n) n = 2;' '' '' '}' 990 | gives - deep_else_if
nest "u32 n; $main " 'if (n) { n = 1; ' '' '}' '}' 199 | gives - deep_blocks
nest "u32 n; $main n = n" ' && n' '' '' '; }' 990 | gives - deep_and
nest "u32 n; $main n = " 'n ? 1 : ' 2 '' '; }' 990 | gives - deep_choice

# Functions that call functions.
{ echo 'fn u32 f0() { return 0; }'; each 10000 'fn u32 f#() { return f@(); }'; echo "$main f10000(); }"; } | gives R0418 chain
{ echo 'fn s32 f0() { return await nop(); }'; each 10000 'fn s32 f#() { return await f@(); }'; echo "$main await f10000(); }"; } |
	gives R0418 awaiting_chain
{ echo 'fn u32 f0() { return f1000(); }'; each 1000 'fn u32 f#() { return f@(); }'; echo "$main f1000(); }"; } >circle
gives R0418 circle <circle
{ echo 'fn u32 f0() { return f100(); }'; each 100 'fn u32 f#() { return f@(); }'; echo "$main f100(); }"; } | gives R0388 small_circle
{ echo 'fn s32 f0() { return await nop(); }'; each 199 'fn s32 f#() { return await f@(); }'; echo "$main await f199(); }"; } |
	gives - awaiting_chain_199
{ echo 'fn u32 f0() { return 1; }'; each 199 'fn u32 f#() { return f@() + #; }'; echo "u32 n; $main n = f199(); }"; } | gives - chain_199
# Each twice: 2^30 calls.
{ echo 'fn s32 f0() { return await nop(); }'; each 30 'fn s32 f#() { await f@(); return await f@(); }'; echo "$main await f30(); }"; } |
	gives R0410 doubling
{ echo 'fn u32 f0() { return 1; }'; each 30 'fn u32 f#() { return f@() + f@(); }'; echo "u32 n; $main n = f30(); }"; } | gives R0410 doubling_plain
# Deep expressions in deep calls.
deep=$(nest '' '~' '' '' '' 200)
{ echo 'fn s32 f0() { return await nop(); }'; each 100 "fn s32 f#() { return $deep await f@(); }"; echo "$main await f100(); }"; } | gives R0418 deep_chain

# Structs and constants of structs and constants.
{ echo 'struct t0 { u8 x; }'; each 10000 'struct t# { struct t@ s; }'; echo "struct t10000 x; $main }"; } | gives R0425 structs
{ echo 'struct t0 { u8 x; }'; each 23 'struct t# { struct t@ s; }'; echo "struct t23 x; $main }"; } | gives - structs_24
{ each 10000 'struct t@ { struct t# s; }'; echo "struct t10000 { u8 x; } $main }"; } >structs.rlt
gives 'R0418 R0425' structs_backwards <structs.rlt
nest 'u8 x' '[1]' '' '' "; $main }" | gives R0425 dimensions_of_a_variable
{ echo 'const C0 = 1;'; each 10000 'const C# = C@ + 1;'; echo "u8 x[C10000]; $main }"; } | gives - constants
{ each 10000 'const C@ = C# + 1;'; echo "const C10000 = 1; $main }"; } | gives R0418 constants_backwards
{ each 10000 'u8 x@[sizeof(x#)];'; echo "u8 x10000; $main }"; } | gives R0418 variables_backwards
{ echo 'enum {'; each 10000 'E#,'; echo "} u8 x[E10000]; $main }"; } | gives - members
{ echo 'enum {'; each 10000 'E# = F@, F#,'; echo "F0 } $main }"; } | gives R0418 members_in_a_circle
{ each 1000 'u8 x#[2]; u8 y#[sizeof(x#) * 100];'; echo "$main }"; } | gives - variables
{ each 60001 'u8 x#;'; echo "$main }"; } | gives R0426 too_many_variables
{ each 200 'task t#() { await nop(); }'; echo "$main }"; } | gives R0419 too_many_tasks
{ each 120 'task t#() { await nop(); }'; echo "$main }"; } | gives - tasks_that_nobody_starts

# Long, and nothing else: what is quadratic in it takes minutes.
{ echo "u64 z; $main"; each 30000 'z += #;' | tr '\n' ' '; echo '; }'; } | gives - one_line
{ echo "$main"; each 5000 'await nop();'; echo '}'; } | gives - awaits
{ echo "u64 z; $main"; each 600 's32 a# = await nop();'; each 600 'z += a#;'; echo '}'; } | gives - results_of_awaits
{ echo "u64 z; $main"; each 2000 'u64 a# = z + #;'; each 2000 'z += a#;'; echo '}'; } | gives - local_variables
{ echo "u64 z; $main"; each 3000 'while (z < #) z += 1;'; echo '}'; } | gives - loops_in_a_row
{ echo "u64 z; $main"; each 150 'defer z += #; if (z == #) return;'; echo '}'; } | gives - defers_and_returns
{ echo "u64 z; $main"; each 100 'for (cqe c in timeout_multishot(1ms)) { z += 1; break; }'; echo '}'; } | gives - streams
{ echo "u64 far[5000];"; each 1000 'u64 v#;'; echo "u64 z; $main"; each 1000 'v# += z;'; each 1000 'v# += z;'; echo 'far[z] = 1; }'; } |
	gives - far_variables
[ ! -e failed ]

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: reads objects with llvm-objdump
#
# What a program calls: functions of its own, and from the step one kfunc and bpf_jiffies64, which becomes a load; where it
# is traced bpf_ktime_get_ns. No other helper of the kernel's; loops cost a may_goto each, and a loop that awaits in every
# round not even that.

objdump=$(command -v llvm-objdump-19 || command -v llvm-objdump) || { echo "llvm-objdump is missing"; exit 77; }
cd "$SCRATCH" || exit 1
failed=0
fail() { echo "$name: $*"; failed=1; }

# functions: "FUNCTION CALL TARGET" for each call, "FUNCTION LOOP" for each may_goto.
functions() {
	awk '
	/^[0-9a-f]+ <.*>:$/ { f = $2; gsub(/[<>:]/, "", f); if (f !~ /^LBB/) fn = f; call = "" }
	/\t85 / { call = "helper"; if ($3 ~ /^1/ || $3 ~ /^2/) call = "?"; if (call == "helper") print fn, "CALL", "helper_" $NF }
	/R_BPF_64_32/ { print fn, "CALL", $NF; call = "" }
	/may_goto/ { print fn, "LOOP" }
	'
}

for name in examples/copy examples/nop examples/slurp tests/object/calls tests/object/calls_log; do
	"$objdump" -d -r "$OBJDIR/$name.bpf.o" >dis || fail "llvm-objdump failed"
	functions <dis >found
	awk '/^[0-9a-f]+ <.*>:$/ { f = $2; gsub(/[<>:]/, "", f); if (f !~ /^LBB/) print f }' dis | sort >defined
	[ "$(grep -c '	85 ' dis)" -eq "$(grep -c ' CALL ' found)" ] || fail "a call without a target"
	awk '$2 == "CALL" { print $3 }' found | sort -u >called
	outside=$(comm -23 called defined)
	[ "$(echo "$outside" | tr '\n' ' ')" = 'bpf_io_uring_submit_sqes helper_0x5 helper_0x76 ' ] ||
		fail "calls outside of the program: $outside"
	[ "$(grep helper_ found | sort -u | tr '\n' ' ')" = \
		'loop_step CALL helper_0x5 loop_step CALL helper_0x76 ' ] ||
		fail "the clock is asked elsewhere: $(grep helper_ found)"
	grep bpf_io_uring_submit_sqes found | grep -qv '^loop_step ' && fail "the kfunc is called outside of the step"
	[ "$(grep -c bpf_io_uring_submit_sqes found)" -eq 1 ] || fail "the kfunc is called more than once"
	grep -q '^loop_step LOOP' found || fail "the step's own loop is not bounded"
	# Nothing else of the kernel's is named.
	[ "$("$objdump" -t "$OBJDIR/$name.bpf.o" | awk '$2 == "*UND*" && NF > 3 { print $NF }')" = bpf_io_uring_submit_sqes ] ||
		fail "another undefined symbol: $("$objdump" -t "$OBJDIR/$name.bpf.o" | grep UND)"
done

name=examples/nop
"$objdump" -d -r "$OBJDIR/$name.bpf.o" | functions >found
grep -q '^task_chain LOOP' found && fail "a loop that awaits is bounded"
grep -q '^task_main LOOP' found || fail "a loop that does not await is not bounded"
name=tests/object/calls
"$objdump" -d -r "$OBJDIR/$name.bpf.o" | functions >found
grep -q '_sum LOOP' found || fail "a function's loop is not bounded"
grep -q '_no_loop LOOP' found && fail "a function without a loop has a bound"
grep -q 'ringlet_log' found && fail "log is there without being used"
name=tests/object/calls_log
"$objdump" -d -r "$OBJDIR/$name.bpf.o" | functions | grep -q 'CALL ringlet_log' || fail "log is not there"
exit $failed

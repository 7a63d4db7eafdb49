#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# What a program is called with, and where fields lie, is said by the BTF of the kernel that --btf names.

kernel=$OBJDIR/tests/lint/kernel/kernel.o
program=$OBJDIR/tests/lint/kernel/program.bpf.o
[ -e "$kernel" ] || { echo "no clang for the objects"; exit 77; }
failed=0

wrong() {
	failed=1
	echo "$*"
}

"$RINGC" lint --btf="$kernel" "$program" >"$SCRATCH/said" 2>&1
status=$?
[ $status -eq 1 ] || wrong "exit $status"

"$RINGC" lint --kernel=7.2 --btf="$kernel" "$program" >"$SCRATCH/before" 2>&1

# found NAME FILE: the codes that are found in that program
found() {
	awk -v name="$1" '
	/^[^ ].*\[[LR][0-9]*\]$/ { code = substr($NF, 2, 5) }
	/^instruction [0-9]+, in `/ { if ($0 ~ "`" name "`") print code }' "$SCRATCH/$2" | tr '\n' ' '
}

while read -r name codes; do
	is=$(found "$name" said)
	[ "$is" = "${codes:+$codes }" ] || wrong "$name: found ${is:-nothing}"
done <<END
right
right_of_bits
right_where_it_is_asked
wrong_field L0306
wrong_argument L0305
wrong_write L0309
wrong_place L0306
wrong_half L0306
of_no_function L0399
event
name_set L0309
event_behind_its_data L0302
event_of_any_size L0321
end_of_the_name L0309
size_set L0309
event_that_sleeps L0324
fixup_that_sleeps
of_no_member L0306
freed
kept L0325
loaded_after_it_was_freed L0305
a_number_instead L0327
not_compared L0307
compared
written L0399
of_none L0399
END
[ -z "$(found name_set before)" ] || wrong "the name is not to be set on Linux 7.2"
[ "$(found end_of_the_name before)" = "L0309 " ] || wrong "its end may be set on Linux 7.2"
grep -q " 4 bytes at 120 of a .struct object.: a part of a pointer" "$SCRATCH/said" || wrong "the field is not where it lies"
[ $failed -eq 0 ] || cat "$SCRATCH/said"

"$RINGC" lint --btf=/dev/null "$program" >"$SCRATCH/none" 2>&1
status=$?
if [ $status -ne 2 ] || ! grep -q "takes a file with a kernel's BTF" "$SCRATCH/none"; then
	wrong "a file without BTF: exit $status"
	cat "$SCRATCH/none"
fi
exit $failed

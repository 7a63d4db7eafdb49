#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: it starts virtual machines of its own
#
# `ringc lint --verify=IMAGE`: the kernel of an image judges as it does where it runs, each program that it rejects for
# the reason in reasons.out; all files in one machine, by a user without privileges, and nothing stays.

cd "$SRCDIR" || exit 1
command -v qemu-system-x86_64 >/dev/null || { echo "qemu-system-x86_64 is missing (tools/deps tests)"; exit 77; }
objects=$OBJDIR/tests/verify
failed=0

wrong() {
	failed=1
	echo "$*"
}

# By program: the line, and what the verifier's words were found to be.
reasons() {
	awk -F'"' '
		$2 == "rule" { rule = $4; gsub("-", "_", rule) }
		$2 == "program" { program = $4 }
		$2 == "line" && rule ~ /^verifier_/ { gsub("[^0-9]", "", $3); print program ": line " $3 ": " rule; rule = "" }
	' "$1" | sort
}

# rejected_slowly.c takes an emulated processor a minute.
sed '/^loop_too_long: /d; s/, [0-9]* notes//' tests/verify/reasons.out | sort >"$SCRATCH/expected"
mkdir "$SCRATCH/tmp"
for series in 7.3 6.12; do
	image=$(tests/vm/kernel $series 2>"$SCRATCH/why") || { cat "$SCRATCH/why"; exit 77; }
	release=$(cat "${image%/*}/release")
	TMPDIR=$SCRATCH/tmp "$RINGC" lint --format=json --timeout=240 --verify="$image" \
		tests/verify/accepted.rlt "$objects"/accepted_*.bpf.o "$objects"/rejected_[cfm]*.bpf.o >"$SCRATCH/json" 2>"$SCRATCH/err"
	[ $? -eq 1 ] || wrong "$series: no error in what is rejected"
	[ ! -s "$SCRATCH/err" ] || wrong "$series: $(cat "$SCRATCH/err")"
	reasons "$SCRATCH/json" >"$SCRATCH/actual"
	diff -u "$SCRATCH/expected" "$SCRATCH/actual" || wrong "$series: other reasons than where it runs"
	sed -n 's/^ *"verdict": "\(.*\)".*/\1/p' "$SCRATCH/json" | sed "s|[0-9]* instructions|N instructions|" |
		sort | uniq -c | sed 's/^ *//' >"$SCRATCH/verdicts"
	of="the verifier of Linux $release of $image"
	{
		if [ $series = 6.12 ]; then
			echo "1 $of accepts an equivalent program of type syscall: it looked at N instructions"
			echo "3 $of accepts it: it looked at N instructions"
		else
			echo "4 $of accepts it: it looked at N instructions"
		fi
		echo "$(wc -l <"$SCRATCH/expected") $of rejects it"
	} | diff -u - "$SCRATCH/verdicts" || wrong "$series: other verdicts"
	grep -q "\"kernel\": \"$series\"" "$SCRATCH/json" || wrong "$series: judged for another version"
done
[ -z "$(ls -A "$SCRATCH/tmp")" ] || wrong "this stays: $(ls -A "$SCRATCH/tmp")"

exit $failed

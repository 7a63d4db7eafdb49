#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the linter says of the corpus, of scripts that ringc compiled, and of both with mistakes made in them, is what this
# kernel's verifier says: the same verdict for 97 of 100 programs at least, none called clean that is rejected, and for 90
# of 100 that are accepted about as many instructions processed.

agreement=$OBJDIR/tests/lint/agreement
[ "$(id -u)" -eq 0 ] || { echo "no privilege to load programs"; exit 77; }
[ -x "$agreement" ] || { echo "the comparison was not built"; exit 77; }
# Those that are slow take the kernel minutes on a loaded machine: make lint-agreement has them.
set -- "$OBJDIR"/tests/lint/corpus/[!s]*.bpf.o "$OBJDIR"/tests/lint/corpus/stacks.bpf.o
[ -e "$1" ] || { echo "no clang for the corpus"; exit 77; }
[ -e /sys/kernel/btf/vmlinux ] || { echo "a kernel without BTF"; exit 77; }

# Emulated processors are slow: every tenth program is changed, once by each rule. make lint-agreement changes all.
"$agreement" -c 1 -e 10 "$@" "$OBJDIR"/examples/*.bpf.o "$OBJDIR"/tests/lang/a_[a-l]*.bpf.o >"$SCRATCH/said" || {
	cat "$SCRATCH/said"
	exit 1
}
cat "$SCRATCH/said"
awk '
/ judged by both, / { judged = $3; agree = $7; unsure = $(NF - 5) }
/^[0-9]+ accepted by both/ { accepted = $1; within = $(NF - 1) }
END {
	if (judged < 450) { print "only " judged " programs were judged"; exit 1 }
	if (unsure * 100 > judged * 3) { print "too many are not judged"; exit 1 }
	if (agree * 100 < judged * 97) { print "too few agree"; exit 1 }
	if (within * 100 < accepted * 90) { print "too many are estimated badly"; exit 1 }
}' "$SCRATCH/said"

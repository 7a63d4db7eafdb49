#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the linter says of the corpus, of scripts that ringc compiled, and of both with mistakes made in them, is what this
# kernel's verifier says: the same verdict for 97 of 100 programs at least, none called clean that is rejected, and for 90
# of 100 that are accepted about as many instructions processed.

agreement=$OBJDIR/tests/lint/agreement
[ "$(id -u)" -eq 0 ] || { echo "no privilege to load programs"; exit 77; }
[ -x "$agreement" ] || { echo "the comparison was not built"; exit 77; }
corpus=$OBJDIR/tests/lint/corpus
[ -e "$corpus/types.bpf.o" ] || { echo "no clang for the corpus"; exit 77; }
# What is slow takes the kernel minutes on a loaded machine, and self_checks has warnings in its log: make
# lint-agreement has them. Those of which a change has such warnings, or worse, are not changed here.
unchanged="early_returns lists newest objects percpu trees users work"
every=10 changed=
[ -n "$RINGC" ] || every=40
for object in "$corpus"/*.bpf.o; do
	name=${object##*/} name=${name%.bpf.o}
	case " $unchanged slow_loops slow_states self_checks " in
	*" $name "*) ;;
	*) changed="$changed $object" ;;
	esac
done
[ -e /sys/kernel/btf/vmlinux ] || { echo "a kernel without BTF"; exit 77; }

compared() {
	"$agreement" "$@" >>"$SCRATCH/said" && return
	cat "$SCRATCH/said"
	exit 1
}
for name in $unchanged; do
	set -- "$@" "$corpus/$name.bpf.o"
done
compared "$@"
# Emulated processors are slow: some programs are changed, once by each rule. make lint-agreement changes all.
# shellcheck disable=SC2086
compared -c 1 -e "$every" $changed "$OBJDIR"/examples/*.bpf.o "$OBJDIR"/tests/lang/a_[a-l]*.bpf.o
cat "$SCRATCH/said"
awk '
/ judged by both, / { judged += $3; agree += $7; unsure += $(NF - 5) }
/^[0-9]+ accepted by both/ { accepted += $1; within += $(NF - 1) }
END {
	if (judged < 450) { print "only " judged " programs were judged"; exit 1 }
	if (unsure * 100 > judged * 3) { print "too many are not judged"; exit 1 }
	if (agree * 100 < judged * 97) { print "too few agree"; exit 1 }
	if (within * 100 < accepted * 90) { print "too many are estimated badly"; exit 1 }
}' "$SCRATCH/said"

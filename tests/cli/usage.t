#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# ringc's command line: what is wrong usage exits 2, says what to do, and does nothing; what is asked for is printed.

cd "$SCRATCH" || exit 1
failed=0
out=$SCRATCH.out err=$SCRATCH.err
trap 'rm -f "$out" "$err"' EXIT

complain() {
	failed=1
	echo "ringc $command: $*"
	sed 's/^/    /' "$out" "$err"
}

ringc() {
	command=$*
	"$RINGC" "$@" >"$out" 2>"$err"
	status=$?
}

# wrong FIRST-LINE ARG...: exit 2, that line and then the usage on stderr, and no file made.
wrong() {
	want=$1
	shift
	before=$(ls -A)
	ringc "$@"
	[ $status -eq 2 ] || complain "exit $status, not 2"
	[ "$(head -n 1 "$err")" = "ringc: $want" ] || complain "not \`ringc: $want\`"
	[ "$(sed -n 2p "$err")" = "$("$RINGC" --help | head -n 1)" ] || complain "no usage"
	[ ! -s "$out" ] || complain "something on stdout"
	[ "$(ls -A)" = "$before" ] || complain "made a file: $(ls -A)"
}

# right PATTERN ARG...: exit 0, a line like that on stdout, nothing on stderr.
right() {
	want=$1
	shift
	ringc "$@"
	[ $status -eq 0 ] || complain "exit $status, not 0"
	grep -q -e "$want" "$out" || complain "no line like $want"
	[ ! -s "$err" ] || complain "something on stderr"
}

echo 'task main() {}' >a.rlt
cp a.rlt b.rlt
ln a.rlt link.rlt

wrong 'nothing to do'
wrong 'unknown command `compile`' compile a.rlt
wrong 'to compile a script, write `build` before `a.rlt`' a.rlt
wrong 'unknown option `-o`' -o a.bpf.o build a.rlt
wrong 'no script given' build
wrong 'no script given' build -o a.bpf.o
wrong 'no script given' build --format=json
wrong '-o needs the name of a file' build a.rlt -o
wrong '-o needs the name of a file' build a.rlt -o ''
wrong '-o is given twice, the second time with `y`' build a.rlt -o x -o y
wrong '-o is given twice, the second time with `y`' build -oy a.rlt -oy
wrong 'one script at a time, which imports what else it needs; the second is `b.rlt`' build a.rlt b.rlt
wrong 'the object would take the place of the script `a.rlt`' build a.rlt -o a.rlt
wrong '--header needs the name of a file' build a.rlt --header
wrong '--header needs the name of a file' build --header= a.rlt
wrong '--header is given twice, the second time with `y.h`' build --header x.h a.rlt --header=y.h
wrong 'the header would take the place of the script `a.rlt`' build --header a.rlt a.rlt
wrong 'the object would take the place of the header `a.h`' build a.rlt --header a.h -o a.h
wrong 'no script given' build --header a.rlt
wrong 'unknown option `--headers`' build --headers a.rlt
wrong 'unknown option `-O2`' build -O2 a.rlt
wrong 'unknown option `--dump`' build --dump a.rlt
wrong '--dump takes ast, states, image, ir or asm, and this is `tree`' build --dump=tree a.rlt
wrong '--dump takes ast, states, image, ir or asm, and this is ``' build --dump= a.rlt
wrong '--format takes text or json, and this is `xml`' build --format=xml a.rlt
wrong 'explain takes one code, such as R0320' explain
wrong 'explain takes one code, such as R0320' explain R0320 R0321
wrong 'no diagnostic has the code `R9999`' explain R9999
wrong 'no diagnostic has the code `E0320`' explain E0320
wrong 'no diagnostic has the code ``' explain ''
wrong '--version stands alone, without `a.rlt`' --version a.rlt
wrong 'unknown option `--verbose`' --verbose

right '^ringc [0-9][0-9]*\.[0-9]' --version
for help in --help -h help 'build --help' 'build a.rlt -h' 'explain --help'; do
	# shellcheck disable=SC2086
	right '^usage: ringc build FILE' $help
	for word in build explain -o --header --dump= --format= --version --help RINGLET_STDLIB 'Exit status'; do
		grep -q -e "$word" "$out" || complain "says nothing of $word"
	done
	for dump in ast states image ir asm; do
		grep -q -w "$dump" "$out" || complain "says nothing of --dump=$dump"
	done
done
right '^R0320, error: ' explain R0320
right '^R0320, error: ' explain r0320
right '^R0320, error: ' explain 320

# Dumps go to stdout and make no object.
for dump in ast states image ir asm; do
	right . build --dump=$dump --header a.h a.rlt
	[ ! -e a.bpf.o ] && [ ! -e a.h ] || complain "made an object"
done

# The object's name, in the directory one is in.
made() {
	want=$1
	shift
	mkdir dir && cp a.rlt dir/plain && cp a.rlt dir/x.rlt && cp a.rlt ./-dash.rlt
	mkdir here && cd here || exit 1
	ringc build "$@"
	[ $status -eq 0 ] || complain "exit $status, not 0"
	[ ! -s "$out" ] && [ ! -s "$err" ] || complain "says something"
	there=$(echo $(ls -A) / $(ls -A ../dir))
	[ "$there" = "$want" ] || complain "there is $there, not $want"
	cd ..
	rm -rf here dir ./-dash.rlt
}
made 'x.bpf.o / plain x.rlt' ../dir/x.rlt
made 'plain.bpf.o / plain x.rlt' ../dir/plain
made 'y / plain x.rlt' ../dir/x.rlt -o y
made 'y / plain x.rlt' -oy ../dir/x.rlt
made '-dash.bpf.o / plain x.rlt' -- ../-dash.rlt
made '/ plain x.bpf.o x.rlt' ../dir/x.rlt -o ../dir/x.bpf.o

# JSON: an array, empty if nothing is wrong.
ringc build --format=json a.rlt -o o
[ $status -eq 0 ] && [ "$(cat "$err")" = '[]' ] || complain "exit $status, not 0 and []"
echo 'task main() { x; }' >wrong.rlt
ringc build --format=json wrong.rlt -o o
[ $status -eq 1 ] && grep -q '"code": "R0300"' "$err" || complain "exit $status, and no R0300"

# What is printed and goes nowhere is an error.
if [ -c /dev/full ]; then
	for args in --help --version 'explain R0320' 'build --dump=ast a.rlt'; do
		command="$args >/dev/full"
		# shellcheck disable=SC2086
		"$RINGC" $args >/dev/full 2>"$err"
		status=$?
		: >"$out"
		[ $status -eq 1 ] || complain "exit $status, not 1"
		grep -q 'cannot write to standard output: No space left' "$err" || complain "does not say why"
	done
fi
exit $failed

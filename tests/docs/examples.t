#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Every example in README.md and docs/ compiles, or is refused as it says, and prints what stands below it, on every
# engine. tests/docs/extract says what kinds there are. In virtual machines: the scripts that print something.

blocks=$OBJDIR/tests/docs/examples
said=$SCRATCH/said
failed=0

wrong() {
	failed=1
	echo "$name: $*"
	[ ! -s "$said" ] || sed 's/^/    /' "$said"
}

# Each works in a directory with what it may use. `files`: what the script imports.
fresh() {
	rm -rf "$SCRATCH/here"
	mkdir "$SCRATCH/here"
	cd "$SCRATCH/here" || exit 1
	for tree in compiler docs examples runtime stdlib; do
		[ ! -d "$SRCDIR/$tree" ] || ln -s "$SRCDIR/$tree" $tree
	done
	ln -s "$OBJDIR" build
	seq 1 10 >ten
	for file in $files; do
		cp "${file%=*}/example.rlt" "${file##*=}"
	done
}

# compare STATUS WHO: what was printed, and a last line `exit N` unless that is 0.
compare() {
	[ "$1" -eq 0 ] || echo "exit $1" >>"$said"
	cmp -s "$block/output" "$said" && return
	diff -u "$block/output" "$said" >"$SCRATCH/diff"
	mv "$SCRATCH/diff" "$said"
	wrong "$2 prints something else"
}

# As in tests/run: a script that needs a newer kernel is compiled, and run on those.
too_new() {
	needs=$(sed -n 's|^// needs Linux \([0-9.]*\):.*|\1|p' "$block/example.rlt" | head -n 1)
	[ -n "$needs" ] && [ "$(printf '%s\n%s\n' "$needs" "$(uname -r)" | sort -V | head -n 1)" != "$needs" ]
}

run_script() {
	[ -f "$block/output" ] || return
	! too_new || return 0
	object=$1
	for engine in $ENGINES; do
		# shellcheck disable=SC2086
		set -- $info
		[ $# -eq 0 ] || shift
		"$RINGLET" run --engine="$engine" "$object" "$@" >"$said" 2>&1 </dev/null
		compare $? "the $engine engine"
	done
}

# The codes in what ringc printed.
codes() { sed -n 's/^.*: error: .*\[\(R[0-9]*\)\]$/\1/p' "$said" | sort -u | tr '\n' ' '; }

check_script() {
	case $info in
	*" body")
		{
			printf 'import std.io;\ntask main() {\n'
			cat "$block/example.rlt"
			printf '}\n'
		} >example.rlt
		;;
	*) cp "$block/example.rlt" example.rlt ;;
	esac
	[ "$info" != fragment ] || echo 'task main() {}' >>example.rlt
	"$RINGC" build example.rlt -o example.bpf.o >"$said" 2>&1
	status=$?
	case $info in
	wrong\ *)
		want=$(echo "${info% body}" | tr ' ' '\n' | sed 1d | sort -u | tr '\n' ' ')
		[ $status -eq 1 ] || wrong "exit status $status, not 1"
		[ "$(codes)" = "$want" ] || wrong "does not give $want"
		;;
	fragment | "fragment body" | run | run\ * | '')
		if [ $status -ne 0 ]; then
			wrong "does not compile"
		else
			run_script "$PWD/example.bpf.o"
		fi
		;;
	*) wrong "\`$info\`: what is this?" ;;
	esac
}

# As a user would build it, with the static library; with the sanitizers that this was built with.
sanitize=$(tr ' ' '\n' <"$OBJDIR/flags" 2>/dev/null | sed -n 's/^\(address\|undefined\|thread\|memory\)/-fsanitize=&/p')
check_c() {
	cp "$block/example.c" example.c
	for file in $files; do
		script=${file##*=}
		"$RINGC" build --header "${script%.rlt}.h" "$script" >"$said" 2>&1 || {
			wrong "$script does not compile"
			return
		}
	done
	# shellcheck disable=SC2046,SC2086
	${CC:-cc} -std=gnu11 -Wall -Wextra -Werror $sanitize -I runtime example.c build/libringlet.a \
		$(pkg-config --static --libs libbpf jansson) -pthread -o example >"$said" 2>&1 || {
		wrong "does not compile"
		return
	}
	[ -f "$block/output" ] || return
	# shellcheck disable=SC2086
	set -- $info
	[ $# -eq 0 ] || shift
	./example "$@" >"$said" 2>&1 </dev/null
	compare $? "the program"
}

check_sh() {
	[ "$info" != norun ] || return
	sh -e "$block/example.sh" >"$said" 2>&1 </dev/null
	status=$?
	if [ -f "$block/output" ]; then
		compare $status "sh"
	elif [ $status -ne 0 ]; then
		wrong "exit status $status"
	fi
}

count=0
files=
for block in "$blocks"/*/; do
	block=${block%/}
	[ -f "$block/info" ] || continue
	name=${block##*/}
	info=$(cat "$block/info")
	count=$((count + 1))
	: >"$said"
	case $info in
	"file "*)
		files="$files $block=${info#file }"
		continue
		;;
	esac
	fresh
	if [ -z "$RINGC" ]; then
		case $info in
		run* | '') [ ! -f "$block/example.rlt" ] || run_script "$block/example.bpf.o" ;;
		esac
	elif [ -f "$block/example.rlt" ]; then
		check_script
	elif [ -f "$block/example.c" ]; then
		check_c
	else
		check_sh
	fi
	files=
done
[ $count -gt 0 ] || { echo "no examples in $blocks"; failed=1; }
exit $failed

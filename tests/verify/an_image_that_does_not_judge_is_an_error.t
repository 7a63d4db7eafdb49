#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: it starts virtual machines of its own
#
# Where there is no machine, no kernel, or one that does not do as it should, `ringc lint --verify=IMAGE` says so in
# words, gives its own findings, and ends with 1; an object that is corrupt keeps no other from its verdict.

cd "$SRCDIR" || exit 1
command -v qemu-system-x86_64 >/dev/null || { echo "qemu-system-x86_64 is missing (tools/deps tests)"; exit 77; }
object=$OBJDIR/tests/lint/a_loop_is_left.bpf.o
ringc=$RINGC
path=
failed=0

wrong() {
	failed=1
	echo "$*"
}

# lint [OPTION...]: leaves $SCRATCH/out and err.
lint() {
	env ${path:+"PATH=$path"} "$ringc" lint --timeout=240 "$@" >"$SCRATCH/out" 2>"$SCRATCH/err"
}

# no_verdict WORDS IMAGE [OPTION...]
no_verdict() {
	words=$1 image=$2
	shift 2
	lint "$@" --verify="$image" "$object"
	[ $? -eq 1 ] || wrong "$image: not an error"
	[ "$(grep -c " gives no verdict on it: .*$words" "$SCRATCH/out")" -eq 2 ] ||
		wrong "$image: does not say \"$words\": $(grep verdict "$SCRATCH/out")"
	grep -q 'L0112' "$SCRATCH/out" || wrong "$image: keeps the linter from its own findings"
}

# image NAME CODE [TEXT]: what QEMU takes for a kernel, with this at its beginning, in real mode; the text is at 0x300.
# shellcheck disable=SC2059 # code and text are escapes
image() {
	{
		head -c 497 /dev/zero && printf '\004' && head -c 12 /dev/zero && printf '\125\252\353\146HdrS\014\002'
		head -c 9 /dev/zero && printf '\001\000\000\000\000\020\000'
		head -c 20 /dev/zero && printf '\377\377\377\067'
		head -c 56 /dev/zero && printf "$2"
		head -c $((768 - 616 - ${#2} / 4)) /dev/zero && printf "${3:-}" && head -c 65536 /dev/zero
	} >"$SCRATCH/$1"
}
hang='\353\376'
flood='\272\370\003\260\141\356\353\375'
say='\272\370\003\276\000\003\254\204\300\164\376\356\353\370'

echo text >"$SCRATCH/text"
no_verdict 'No such file or directory' "$SCRATCH/none"
no_verdict 'neither a bzImage nor an Image' "$SCRATCH/text"
no_verdict 'neither a bzImage nor an Image' "$SCRATCH"
image hang "$hang"
no_verdict 'no answer in the time that it has' "$SCRATCH/hang" --timeout=2
image flood "$flood"
no_verdict 'no answer in the time that it has' "$SCRATCH/flood" --timeout=2
image lies "$say" 'ringc-judge 9.9\033[31m\nanswer 0 0 0 0 4000000000 1\n'
no_verdict 'an answer that makes no sense' "$SCRATCH/lies"
grep -q '"kernel": "9.9"' "$SCRATCH/out" && wrong "a version is taken from what is none"
image nonsense "$say" 'ringc-judge 7.1.0\nanswer 0 1 0 0 4 1000\nabcdanswer 0 0 -22 0 4 4\nabcdend\n'
no_verdict 'an answer that is not whole' "$SCRATCH/nonsense"
image another "$say" 'ringc-judge 7.1.0\nanswer 1 0 0 0 4 4\nabcdend\n'
no_verdict 'an answer that makes no sense' "$SCRATCH/another"
image nothing "$say" 'ringc-judge 7.1.0\nend\n'
no_verdict 'gave no answer' "$SCRATCH/nothing"

path=$SCRATCH
# shellcheck disable=SC2016 # of a message
no_verdict '`qemu-system-x86_64` cannot be started: No such file' "$SCRATCH/hang"
path=

# However it ends, the machine ends with it.
"$RINGC" lint --timeout=240 --verify="$SCRATCH/hang" "$object" >/dev/null 2>&1 &
pid=$!
while :; do
	kill -STOP $pid || exit 1 # so that it does not start another meanwhile
	machine=$(tr -d ' ' </proc/$pid/task/$pid/children)
	tr '\0' ' ' <"/proc/$machine/cmdline" 2>/dev/null | grep -q '^qemu-system' && break
	kill -CONT $pid
	sleep 0.1
done
kill -9 $pid
wait $pid 2>/dev/null
while grep -q '^State:.[^ZX]' "/proc/$machine/status" 2>/dev/null; do sleep 0.1; done

image=$(tests/vm/kernel 7.3 2>"$SCRATCH/why") || { [ $failed -ne 0 ] && exit 1; cat "$SCRATCH/why"; exit 77; }
head -c 700 "$object" >"$SCRATCH/corrupt.bpf.o"
lint --verify="$image" "$SCRATCH/corrupt.bpf.o" "$OBJDIR/tests/lint/every_path_gives_a_value.bpf.o"
[ $? -eq 1 ] || wrong "an object that is corrupt is no error"
grep -q 'corrupt.bpf.o` cannot be looked at' "$SCRATCH/err" || wrong "an object that is corrupt: $(cat "$SCRATCH/err")"
grep -q 'the verifier of Linux 7.3.*accepts it' "$SCRATCH/out" || wrong "no verdict on what is whole"

# A kernel whose /init is nothing.
mkdir "$SCRATCH/bin"
cp "$RINGC" "$SCRATCH/bin/ringc"
ringc=$SCRATCH/bin/ringc
no_verdict '`ringc-judge` is not beside `ringc`' "$image"
printf '#!/none\n' >"$SCRATCH/bin/ringc-judge"
chmod +x "$SCRATCH/bin/ringc-judge"
no_verdict 'Kernel panic' "$image"
exit $failed

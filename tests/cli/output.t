#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# ringc's output is there whole or not at all: whatever goes wrong, nothing of it is left, and what was there before
# is as it was.

cd "$SCRATCH" || exit 1
failed=0
err=$SCRATCH.err
trap 'rm -f "$err"' EXIT

complain() {
	failed=1
	echo "$*"
	sed 's/^/    /' "$err"
}

# refused PATH WHY: the object cannot go there, which is said; status 1; and nothing new is in the directory.
refused() {
	before=$(ls -lA .)
	"$RINGC" build "${script:-a.rlt}" -o "$1" >"$err" 2>&1
	status=$?
	[ $status -eq 1 ] || complain "-o $1: exit $status, not 1"
	[ "$(cat "$err")" = "error: \`$1\` cannot be written: $2 [R0414]" ] || complain "-o $1: not \`$2\`"
	[ "$(ls -lA .)" = "$before" ] || complain "-o $1: left something: $(ls -A .)"
}

echo 'task main() {}' >a.rlt
"$RINGC" build a.rlt -o whole || exit 1

mkdir dir
refused dir 'Is a directory'
refused missing/a.bpf.o 'No such file or directory'
refused a.rlt/a.bpf.o 'Not a directory'
refused /proc/a.bpf.o 'No such file or directory'
refused "$(printf '%0300d' 0)" 'File name too long'
ln -s loop loop
refused loop/a.bpf.o 'Too many levels of symbolic links'

# A device is written, never replaced.
if [ -c /dev/full ]; then
	refused /dev/full 'No space left on device'
	[ -c /dev/full ] || complain "/dev/full is no device any more"
	[ "$(echo /dev/full.*)" = '/dev/full.*' ] || complain "left $(echo /dev/full.*)"
fi
"$RINGC" build a.rlt -o /dev/null || complain "/dev/null cannot be written"
[ -c /dev/null ] || complain "/dev/null is no device any more"
mkfifo pipe
cat pipe >through &
"$RINGC" build a.rlt -o pipe || complain "a pipe cannot be written"
wait $!
[ -p pipe ] || complain "the pipe is none any more"
cmp whole through || complain "another object through a pipe"
"$RINGC" build a.rlt -o /dev/stdout | cmp - whole || complain "another object on stdout"
rm pipe

# A limit on the size of files: the object is larger than 1 block of 512 or 1024 bytes.
(
	ulimit -f 1
	"$RINGC" build a.rlt -o limited >/dev/null 2>&1
	exit $?
)
status=$?
[ $status -eq 1 ] || complain "past a limit: exit $status, not 1"
[ "$(echo limited*)" = 'limited*' ] || complain "past a limit: left $(echo limited*)"

# No permission, which root needs none of.
mkdir closed
echo old >closed/old
chmod 555 closed
if [ -w closed ]; then
	who="setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all"
	chmod 755 . .. 2>/dev/null
else
	who=
fi
# shellcheck disable=SC2086
$who test -x "$RINGC" 2>/dev/null && for output in closed/new closed/old; do
	$who "$RINGC" build /dev/stdin -o $output <a.rlt >"$err" 2>&1
	status=$?
	[ $status -eq 1 ] || complain "$output: exit $status, not 1"
	grep -q 'cannot be written: Permission denied \[R0414\]$' "$err" || complain "$output: no permission, and not said"
	[ "$(ls closed) $(cat closed/old)" = 'old old' ] || complain "$output: left $(ls closed)"
done
chmod 755 closed

# What it is made of: the script under another name, and an import.
ln a.rlt link
cp a.rlt b.rlt
printf 'import "import.rlt";\ntask main() {}\n' >c.rlt
echo 'fn void f() {}' >import.rlt
refused link 'the program is made of it'
script=c.rlt
refused import.rlt 'the program is made of it'
script=
cmp a.rlt b.rlt || complain "the script was changed"

# The header is one more such file. Where it cannot be written, neither is the object.
refused_header() {
	before=$(ls -lA .)
	"$RINGC" build a.rlt -o object --header "$1" >"$err" 2>&1
	status=$?
	[ $status -eq 1 ] || complain "--header $1: exit $status, not 1"
	[ "$(cat "$err")" = "error: \`$1\` cannot be written: $2 [R0414]" ] || complain "--header $1: not \`$2\`"
	[ "$(ls -lA .)" = "$before" ] || complain "--header $1: left something: $(ls -A .)"
}
refused_header dir 'Is a directory'
refused_header missing/a.h 'No such file or directory'
refused_header link 'the program is made of it'
"$RINGC" build a.rlt -o object --header a.h && cmp object whole && tail -n 1 a.h | grep -q '^#endif$' ||
	complain "no object with a header, or another"
echo 'task main() { x; }' >wrong.rlt
cp a.h a.h.old
"$RINGC" build wrong.rlt --header a.h 2>/dev/null && complain "a wrong script has a header"
cmp a.h a.h.old || complain "a wrong script replaced a header"

# What was there stays until the object is whole; a script that is wrong leaves it.
echo old >old
echo 'task main() { x; }' >wrong.rlt
"$RINGC" build wrong.rlt -o old 2>/dev/null && complain "a wrong script compiles"
[ "$(cat old)" = old ] || complain "a wrong script replaced what was there"
"$RINGC" build a.rlt -o old && cmp old whole || complain "an object did not replace what was there"
ln -s old symlink
echo stale >old
"$RINGC" build a.rlt -o symlink && cmp old whole && [ -L symlink ] || complain "a link was replaced, not what it leads to"
rm -f nowhere && ln -s nowhere dangling
"$RINGC" build a.rlt -o dangling && cmp dangling whole || complain "nothing behind a link that led nowhere"
(umask 027 && "$RINGC" build a.rlt -o masked)
case $(ls -l masked) in
-rw-r-----*) ;;
*) complain "mode $(ls -l masked)" ;;
esac

# Signals at any time: the object whole, or nothing.
mkdir signals
for signal in TERM HUP ALRM USR1; do
	for delay in 0 0.005 0.01 0.015 0.02 0.025 0.03 0.04; do
		"$RINGC" build a.rlt -o signals/object 2>/dev/null &
		sleep $delay
		kill -$signal $! 2>/dev/null
		wait $! 2>/dev/null
		case $(ls -A signals) in
		'') ;;
		object) cmp signals/object whole || complain "SIG$signal after $delay s: half an object" ;;
		*) complain "SIG$signal after $delay s: left $(ls -A signals)" ;;
		esac
		rm -f signals/*
	done
done
exit $failed

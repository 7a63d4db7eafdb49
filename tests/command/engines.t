#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Which engine runs a program, and what is said where it is not the one in the kernel: the feature, since when
# kernels have it, and what to do.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/examples/nop.bpf.o

# older RELEASE: whether it is before 7.1, which brought IO_URING_BPF_OPS.
older() {
	major=${1%%.*} rest=${1#*.}
	[ "$major" -lt 7 ] || { [ "$major" -eq 7 ] && [ "${rest%%[!0-9]*}" -lt 1 ]; }
}

# Missing first of all, as the probe has it.
"$RINGLET" probe --format=json >probe
works=$?
case " $ENGINES " in
*" kernel "*) [ $works -eq 0 ] || { wrong "the probe says that the kernel engine does not work:"; cat probe; } ;;
esac
if older "$(uname -r)" && [ $works -eq 0 ]; then
	wrong "the probe says that the kernel engine works on $(uname -r)"
fi

if [ $works -eq 0 ]; then
	ends 0 "$RINGLET" run --stats "$object" n=10
	says err 'engine: kernel'
	! grep -q '^why:' err || wrong "the best engine needs no reason: $(cat err)"
	ends 0 "$RINGLET" run --engine=auto --stats "$object" n=10
	says err 'engine: kernel'
else
	feature=$(sed -n 's/^ *{"name": "\([^"]*\)", "since": "\([^"]*\)", "present": false.*"kernel".*/\1 (since Linux \2)/p' probe | head -n 1)
	hint=$(sed -n '/"present": false.*"kernel"/,/"hint"/s/^ *"hint": "\([^"]*\)".*/\1/p' probe | head -n 1)
	[ -n "$feature" ] && [ -n "$hint" ] || { wrong "the probe does not say what is missing"; cat probe; }
	# Asked for, it is an error; left to choose, the command runs and says why it chose, where it is asked.
	ends 1 "$RINGLET" run --engine=kernel "$object" n=10
	only out ''
	[ "$(wc -l <err)" -eq 1 ] || wrong "more than a line: $(cat err)"
	case $(cat err) in
	"ringlet: kernel engine: it needs $feature, which is not to be had here (Linux $(uname -r): "*"): $hint") ;;
	*) wrong "it does not say that it needs $feature, and to $hint: $(cat err)" ;;
	esac
	why=$(sed 's/^ringlet: //' err)
	ends 0 "$RINGLET" run --engine=auto --stats --show=done "$object" n=10
	only out done=10
	says err 'engine: user'
	says err "why: $why"
	ends 0 "$RINGLET" run "$object" n=10
	only err ''
	ends 1 "$RINGLET" probe
	says out 'kernel engine: does not work here'
	says out "       to do: $hint"
fi
ends 0 "$RINGLET" run --engine=user --stats "$object" n=10
says err 'engine: user'
! grep -q '^why:' err || wrong "what was asked for needs no reason: $(cat err)"
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# guest-only: it forbids io_uring to the whole machine
#
# Where sysctl kernel.io_uring_disabled forbids io_uring, that is what is said, whichever engine is asked for.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/examples/nop.bpf.o
sysctl=/proc/sys/kernel/io_uring_disabled
[ -e $sysctl ] || { echo "no sysctl kernel.io_uring_disabled: Linux 6.6"; exit 77; }
trap 'echo 0 >$sysctl' EXIT

echo 2 >$sysctl
for engine in auto kernel user; do
	ends 1 "$RINGLET" run --engine=$engine "$object" n=10
	only out ''
	grep -q 'sysctl kernel.io_uring_disabled' err || wrong "$engine: it does not name the sysctl: $(cat err)"
done
ends 1 "$RINGLET" probe
says out 'kernel engine: does not work here'
says out 'user engine:   does not work here'
grep -q '^no   io_uring .*Operation not permitted' out || wrong "no \`io_uring\` forbidden: $(cat out)"
says out '       to do: see sysctl kernel.io_uring_disabled, CONFIG_IO_URING, and seccomp filters of containers'

# 1: forbidden to who has no CAP_SYS_ADMIN. This is root.
echo 1 >$sysctl
ends 0 "$RINGLET" run "$object" n=10
echo 0 >$sysctl
ends 0 "$RINGLET" run "$object" n=10
exit $failed

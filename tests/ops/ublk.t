#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# guest-only: it loads a module of the kernel's, and makes a block device
#
# A block device whose server is a script: what is written is read, and the server ends, by itself or by a signal.

module=/lib/modules/ublk_drv.ko
[ -f $module ] || { echo "needs the module ublk_drv beside the kernel: tests/vm/kernel --update"; exit 77; }
[ "$(printf '%s\n7.0\n' "$(uname -r)" | sort -V | head -n 1)" = 7.0 ] ||
	{ echo "needs Linux 7.0: UBLK_F_BATCH_IO"; exit 77; }
[ -c /dev/ublk-control ] || insmod $module || exit 1
cd "$SCRATCH" || exit 1
failed=0
fail() { echo "$engine: $*"; failed=1; }

# await TEST...: waits for it, a minute at most
await() {
	for _ in $(seq 600); do
		"$@" && return
		sleep 0.1
	done
	fail "never: $*"
}
gone() { [ ! -e "$1" ]; }

serve() {
	sh -c "exec '$RINGLET' run --engine=$engine '$OBJDIR/tests/ops/ublk.bpf.o' pid=\$\$" >printed 2>&1 &
	server=$!
	await [ -b /dev/ublkb0 ]
	await grep -q start printed
}
ended() { # STATUS LINE...: how, and what it has said, in any order: the driver answers to two tasks
	wait $server
	status=$?
	[ $status -eq "$1" ] || fail "exit status $status, not $1"
	shift
	printf '%s\n' "add: 0" "set: 0" "prepare: 0" "start: 0" "$@" | sort >expected
	sort printed | cmp - expected || fail "$(cat printed)"
	await gone /dev/ublkc0
}
write_block() { # WORD: a block of it
	yes "$1" | dd of=block bs=4096 count=1 iflag=fullblock 2>/dev/null
	dd if=block of=/dev/ublkb0 bs=4096 count=1 conv=fsync 2>/dev/null || fail "writing $1"
}

for engine in $ENGINES; do
	serve
	write_block hello
	echo 3 >/proc/sys/vm/drop_caches
	for _ in $(seq 16); do cat block; done >want
	cmp want /dev/ublkb0 || fail "read something else"
	write_block quit
	ended 0 "all requests: 1, some of them together: 1" "the driver's last word: -19" "stop: 0" "delete: 0"

	serve
	kill -INT $server
	ended 130 "stop: 0" "delete: 0"
done
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# guest-only: the virtual machine has a disk of its own, NVMe
#
# Commands past the file system to a disk, by SQEs of 128 bytes: where all are, and where some are.

[ -c /dev/ng0n1 ] || { echo "no /dev/ng0n1"; exit 77; }
cd "$SCRATCH" || exit 1
failed=0
run() { # OBJECT ENGINE PARAMETER...: prints what the program does, and how many requests it made
	object=$OBJDIR/tests/ops/$1.bpf.o engine=$2
	shift 2
	"$RINGLET" run --engine="$engine" --stats "$object" "$@" 2>&1 | grep -Ev "^(engine|why|run|enters|messages)"
}

cat >all <<END
identify: 0
serial number: ringlet
get features: 0, some queues: 1
no command: 1
no data: -22
the magic number of ext4: ef53
the magic number of ext4: ef53
the magic number of ext4: ef53
the magic number of ext4: ef53
64 reads
submitted: 68
completed: 68
END
cat >some <<END
the magic number of ext4: ef53
a part of a command: 1
a discard: -9
submitted: 66
completed: 66
END
newer() { [ "$(printf '%s\n%s\n' "$1" "$(uname -r)" | sort -V | head -n 1)" = "$1" ]; }

for engine in $ENGINES; do
	run nvme "$engine" disk=/dev/ng0n1 control=/dev/nvme0 >printed
	cmp printed all || { failed=1; echo "$engine:"; cat printed; }
	newer 7.0 || continue
	run nvme_mixed "$engine" disk=/dev/ng0n1 block=/dev/nvme0n1 >printed
	cmp printed some || { failed=1; echo "$engine, mixed:"; cat printed; }
done
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: it starts virtual machines of its own
#
# What `ringc lint --verify=IMAGE` takes from around it: the version from --kernel, where that is said, and what the
# kernel was configured with from beside the image.

cd "$SRCDIR" || exit 1
command -v qemu-system-x86_64 >/dev/null || { echo "qemu-system-x86_64 is missing (tools/deps tests)"; exit 77; }
image=$(tests/vm/kernel 6.12 2>"$SCRATCH/why") || { cat "$SCRATCH/why"; exit 77; }
objects=$OBJDIR/tests/verify
failed=0

wrong() {
	failed=1
	echo "$*"
}

"$RINGC" lint --kernel=7.1 --format=json --timeout=240 --verify="$image" tests/verify/accepted.rlt >"$SCRATCH/json" ||
	wrong "errors in what is accepted"
grep -q '"kernel": "7.1"' "$SCRATCH/json" || wrong "--kernel does not count where there is an image"

# As in /boot: its configuration is beside it.
cp "$image" "$SCRATCH/vmlinuz-x"
lint_configured() {
	"$RINGC" lint --timeout=240 --verify="$SCRATCH/vmlinuz-x" "$objects/configured.bpf.o" >"$SCRATCH/out" 2>&1
}
lint_configured && wrong "a configuration that is not there"
grep -q 'gives no verdict on it: .*Kconfig' "$SCRATCH/out" || wrong "no configuration: $(cat "$SCRATCH/out")"
echo 'CONFIG_HZ=250' >"$SCRATCH/config-x"
lint_configured || wrong "with a configuration: $(cat "$SCRATCH/out")"
exit $failed

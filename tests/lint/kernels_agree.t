#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the linter finds errors in, the kernel here refuses; what it finds none in, the kernel accepts. In virtual machines
# by what was found when the objects were built.

cd "$SRCDIR" || exit 1
objects=${OBJDIR#"$SRCDIR/"}/tests/lint
version=$(uname -r | sed 's/^\([0-9]*\.[0-9]*\).*/\1/')
findings=$objects/findings-$version.json
if [ -n "$RINGC" ]; then
	[ "$(id -u)" -eq 0 ] || { echo "programs are loaded by root"; exit 77; }
	findings=$SCRATCH/findings.json
	"$RINGC" lint --kernel="$version" -W error=many-jumps -W error=unknown-kfunc --format=json \
		"$objects"/*.bpf.o >"$findings"
	[ $? -eq 1 ] || { echo "the linter does not find errors"; exit 1; }
fi
[ -f "$findings" ] || { echo "there are no findings for Linux $version"; exit 77; }
"$objects/judge" "$findings"

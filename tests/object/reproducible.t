#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: compiles
#
# The same script gives the same bytes, wherever it lies, whenever and however it is compiled.

cd "$SCRATCH" || exit 1
failed=0
mkdir -p one two/deeper/place
build() { "$RINGC" build "$@" || { echo "ringc build $*: exit $?"; failed=1; }; }
same() { cmp "$1" "$2" || failed=1; }

for script in examples/copy examples/slurp tests/lang/many_tasks_and_functions tests/lang/imports_bring_names; do
	dir=$SRCDIR/$(dirname $script) name=$(basename $script)
	cp "$dir/$name.rlt" one
	cp "$dir/$name.rlt" two/deeper/place
	[ ! -d "$dir/parts" ] || { cp -r "$dir/parts" one; cp -r "$dir/parts" two/deeper/place; }
	touch -d 2001-01-01 two/deeper/place/*.rlt
	(cd one && build "$name.rlt" -o "$SCRATCH/a.bpf.o")
	(cd / && TZ=Asia/Tokyo LC_ALL=C HOME=/ build "$SCRATCH/two/deeper/place/$name.rlt" -o "$SCRATCH/two/other_name")
	(cd two && env -i ${RINGLET_STDLIB+"RINGLET_STDLIB=$RINGLET_STDLIB"} "$RINGC" build "deeper/../deeper/place/$name.rlt" -o c.bpf.o)
	same a.bpf.o two/other_name
	same a.bpf.o two/c.bpf.o
	grep -q "$SCRATCH" a.bpf.o && { echo "$name: the directory is in the object"; failed=1; }
	rm -rf one/* two/deeper/place/*
done
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: what is installed is not in virtual machines
#
# `make install` writes below DESTDIR only, whatever the umask; `make uninstall` removes what it put, and leaves what
# others did.

# shellcheck source=tests/package/tree.sh
. "$SRCDIR/tests/package/tree.sh"
export HOME="$SCRATCH/home" TMPDIR="$SCRATCH/tmp"
mkdir home tmp
root="$SCRATCH/root of it"
touch before
put() { run_target "$1" DESTDIR="$root" PREFIX="$prefix" || wrong "make $1 fails"; }
files() { (cd "$root" && find . ! -type d | sort); }

umask 077
put install
umask 022
for file in bin/ringc bin/ringlet include/ringlet.h lib/libringlet.a lib/libringlet.so lib/libringlet.so.0 \
	lib/pkgconfig/libringlet.pc lib/ringlet/ringc-header lib/ringlet/ringc-judge share/ringlet/stdlib/io.rlt share/man/man1/ringc.1 \
	share/man/man3/ringlet_open.3 share/doc/ringlet/README.md share/doc/ringlet/docs/language.md; do
	[ -s "$root$prefix/$file" ] || wrong "$file is not installed"
done
# Each page and each file of the library, too.
for file in "$SRCDIR"/stdlib/*.rlt; do
	cmp "$file" "$root$prefix/share/ringlet/stdlib/${file##*/}" || wrong "the library lacks $file"
done
for file in "$OBJDIR"/man/man[13]/*; do
	directory=${file%/*}
	cmp "$file" "$root$prefix/share/man/${directory##*/}/${file##*/}" || wrong "there is no page $file"
done

[ ! -e "$prefix" ] || wrong "something is at $prefix"
[ -z "$(find home tmp -mindepth 1)" ] || wrong "in HOME or TMPDIR: $(find home tmp -mindepth 1)"
(cd "$SRCDIR" && find LICENSES README.md compiler docs examples runtime stdlib tools -newer "$SCRATCH/before") >written
[ ! -s written ] || { wrong "something in the repository is written:"; cat written; }
# Who may read it: all.
find "$root$prefix" -type d ! -perm -755 -o -type f ! -perm -644 >closed
[ ! -s closed ] || { wrong "not for all to read:"; cat closed; }
find "$root" -type f -perm /022 >open
[ ! -s open ] || { wrong "for all to write:"; cat open; }
# No file knows where it was put, or the programs would look there.
grep -rl -F "$root" "$root$prefix" >known
[ ! -s known ] || { wrong "DESTDIR is in:"; cat known; }

files >first
put install
files | diff first - || wrong "installing again changes what is there"

# What others put beside it stays; Ringlet's own directories go when they are empty.
for directory in bin include lib lib/pkgconfig share/man/man1 share/man/man3 share/doc/ringlet/docs; do
	echo mine >"$root$prefix/$directory/mine"
done
put uninstall
files | sed "s|^\.$prefix/||" >left
printf '%s\n' bin/mine include/mine lib/mine lib/pkgconfig/mine share/doc/ringlet/docs/mine share/man/man1/mine \
	share/man/man3/mine | diff - left || wrong "< of others, > left"
for directory in lib/ringlet share/ringlet share/doc/ringlet/examples; do
	[ ! -e "$root$prefix/$directory" ] || wrong "$directory is left"
done
put uninstall # and that there is nothing left to remove is no error

PREFIX=relative "$SRCDIR/tools/install" 2>/dev/null && wrong "a PREFIX that is no path from the top is taken"
exit $failed

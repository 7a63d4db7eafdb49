# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What tests of installing share: source it, then `exit $failed` at the end. Starts in an empty directory.

cd "$SCRATCH" || exit 1
failed=0

wrong() {
	failed=1
	echo "$*"
}

# The target's own command, which comes after building: that has been done, and here is perhaps no place to do it.
run_target() {
	command=$(make -s -n --no-print-directory -C "$SRCDIR" BUILD="$OBJDIR" "$@" 2>make.err | tail -n 1)
	case $command in
	*tools/install*) (cd "$SRCDIR" && sh -c "$command") ;;
	*) echo "make $*: $command"; cat make.err; exit 1 ;;
	esac
}

# As nothing can have been put there before.
prefix=/opt/ringlet-test-$$
root=$SCRATCH/root

# installed: puts everything below $root$prefix, and has pkg-config and the loader look there.
installed() {
	run_target install DESTDIR="$root" PREFIX="$prefix" || { echo "make install fails"; exit 1; }
	unset RINGLET_STDLIB
	export PKG_CONFIG_PATH="$root$prefix/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$root"
	export LD_LIBRARY_PATH="$root$prefix/lib"
}

# The sanitizers that the library was built with, which a program has to have too.
sanitize=$(tr ' ' '\n' <"$OBJDIR/flags" 2>/dev/null | sed -n 's/^\(address\|undefined\|thread\|memory\)/-fsanitize=&/p')

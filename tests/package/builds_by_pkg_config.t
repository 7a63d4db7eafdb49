#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: there is no compiler in virtual machines
#
# What was installed is all that one needs: its ringc compiles an example with the library that lies there, and C and C++
# programs that are built by pkg-config's words alone run it, with the shared library and with the static one.

# shellcheck source=tests/package/tree.sh
. "$SRCDIR/tests/package/tree.sh"
installed
bin=$root$prefix/bin

cp "$SRCDIR/examples/copy.rlt" .
"$bin/ringc" build copy.rlt -o copy.bpf.o || wrong "the installed ringc does not compile"
seq 1 10000 >src
"$bin/ringlet" run --engine=user --quiet copy.bpf.o src=src dst=dst || wrong "the installed ringlet fails"
cmp src dst || wrong "the installed ringlet copies wrong"

# It is that library which it reads, and the reader of headers that was installed.
printf '#define SIZE 3\nstruct pair { int a, b; };\n' >pair.h
printf 'import "pair.h";\nu8 x[SIZE];\ntask main() { x[2] = 1; log("%%u", x[2]); }\n' >header.rlt
"$bin/ringc" build header.rlt -o header.bpf.o || wrong "the installed ringc does not read C headers"
mv "$root$prefix/share/ringlet/stdlib/io.rlt" io.rlt
"$bin/ringc" build copy.rlt -o without.bpf.o 2>/dev/null && wrong "ringc finds std.io where it was not installed"
mv io.rlt "$root$prefix/share/ringlet/stdlib/io.rlt"

cat >host.c <<'EOF'
#include <ringlet.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct ringlet_opts opts;
	struct ringlet *r;
	int err;

	if (argc != 4 || strcmp(ringlet_version(), RINGLET_VERSION) != 0)
		return 2;
	memset(&opts, 0, sizeof(opts));
	opts.size = sizeof(opts);
	opts.engine = RINGLET_USER;
	r = ringlet_open(argv[1], &opts);
	if (!r) {
		fprintf(stderr, "%s\n", ringlet_error(NULL));
		return 1;
	}
	err = ringlet_set_arg(r, "src", argv[2]);
	if (!err)
		err = ringlet_set_arg(r, "dst", argv[3]);
	if (!err)
		err = ringlet_load(r);
	if (!err)
		err = ringlet_run(r);
	if (err)
		fprintf(stderr, "%s\n", ringlet_error(r));
	else
		printf("%llu\n", (unsigned long long)*(uint64_t *)ringlet_shared(r, "copied", NULL));
	ringlet_close(r);
	return err ? 1 : 0;
}
EOF
cp host.c host.cc

# host NAME COMPILER...: builds with what follows, and runs.
host() {
	name=$1
	shift
	# shellcheck disable=SC2086
	"$@" $sanitize -o "$name" >said 2>&1 || { wrong "$name does not link:"; cat said; return; }
	rm -f dst
	"./$name" copy.bpf.o src dst >said 2>&1 || { wrong "$name fails:"; cat said; return; }
	cmp src dst || wrong "$name copies wrong"
	[ "$(cat said)" = "$(wc -c <src)" ] || wrong "$name says $(cat said)"
}

[ "$(pkg-config --modversion libringlet)" = "$("$bin/ringlet" --version | sed 's/.* //')" ] || wrong "pkg-config has another version"
shared=$(pkg-config --cflags --libs libringlet)
static=$(pkg-config --static --cflags --libs libringlet)
for word in -lelf -lz -ljansson -pthread; do
	echo " $static " | grep -q -e " $word " || wrong "--static lacks $word: $static"
	echo " $shared " | grep -q -e " $word " && wrong "what is private is told to all: $shared"
done
# A program that is wholly static has no place for a sanitizer's run time: then only the libraries are.
fully=-static
[ -z "$sanitize" ] || { fully=; static="-Wl,-Bstatic $static -Wl,-Bdynamic"; }

# shellcheck disable=SC2086
{
	host shared_c "${CC:-cc}" -std=c11 -Wall -Wextra -Werror host.c $shared
	host shared_cc "${CXX:-c++}" -std=c++17 -Wall -Wextra -Werror host.cc $shared
	host static_c "${CC:-cc}" $fully -std=c11 -Wall -Wextra -Werror host.c $static
	host static_cc "${CXX:-c++}" $fully -std=c++17 -Wall -Wextra -Werror host.cc $static
}
needed() { LC_ALL=C readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
for name in shared_c shared_cc; do
	needed $name | grep -qx 'libringlet\.so\.0' || wrong "$name does not ask for libringlet.so.0"
	needed $name | grep -qE 'libelf|libjansson' && wrong "$name asks for what is the library's own"
done
for name in static_c static_cc; do
	needed $name | grep -qE 'ringlet|bpf|jansson|libelf|libz' && wrong "$name is not static"
done

# The library may lie elsewhere, as it does where directories are for one machine; then pkg-config knows.
run_target install DESTDIR="$SCRATCH/other" PREFIX="$prefix" LIBDIR="$prefix/lib/machine" || wrong "LIBDIR is refused"
export PKG_CONFIG_PATH="$SCRATCH/other$prefix/lib/machine/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$SCRATCH/other"
export LD_LIBRARY_PATH="$SCRATCH/other$prefix/lib/machine"
# shellcheck disable=SC2046
host elsewhere "${CC:-cc}" -std=c11 host.c $(pkg-config --cflags --libs libringlet)
"$SCRATCH/other$prefix/bin/ringc" build header.rlt -o header.bpf.o || wrong "with LIBDIR, ringc does not find ringc-header"
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: there is no compiler in virtual machines
#
# The header needs no other before it, and no extension: C11 and C++17, all warnings being errors; also twice, and from
# two files of one program.

# shellcheck source=tests/package/tree.sh
. "$SRCDIR/tests/package/tree.sh"
installed
include=$root$prefix/include

printf '#include <ringlet.h>\n#include <ringlet.h>\nint alone(void);\nint alone(void) { return sizeof(struct ringlet_stats); }\n' >a.c
cp a.c a.cc
compiled() {
	"$@" -Wall -Wextra -Wpedantic -Werror -I "$include" -c >said 2>&1 || { wrong "$* fails:"; cat said; }
}
for standard in c11 c17 gnu11; do
	compiled "${CC:-cc}" -std=$standard a.c -o a.o
done
for standard in c++17 c++20 gnu++17; do
	compiled "${CXX:-c++}" -std=$standard a.cc -o b.o
done
printf '#include <ringlet.h>\nint alone(void);\nint main(void) { return alone() == 0; }\n' >main.c
"${CC:-cc}" -I "$include" main.c a.o -o both || wrong "two files that include it do not link"
./both || wrong "the size of a struct is 0"

# By C++ it is called as C is.
cat >cxx.cc <<'END'
#include <ringlet.h>

int main()
{
	ringlet_opts opts = {};
	opts.size = sizeof opts;
	opts.trace = [](void *, ringlet *r, const void *records, size_t size) {
		ringlet_trace await;
		while (ringlet_trace_next(r, &records, &size, &await)) {}
	};
	return ringlet_version() == nullptr || ringlet_open("/nowhere", &opts) != nullptr;
}
END
# shellcheck disable=SC2046,SC2086
"${CXX:-c++}" -std=c++17 cxx.cc $sanitize $(pkg-config --cflags --libs libringlet) -o cxx || wrong "C++ does not link"
./cxx || wrong "C++ does not get a version"
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: compiles
#
# ringc --header: what it says (host_types.header), that every compiler takes it without a warning, as C and as C++,
# that it is right there (host_types.c), and that it would not compile if it were wrong.

failed=0
sanitized=$(tr ' ' '\n' <"$OBJDIR/flags" | grep -E '^(address|undefined|thread|memory)')
strict="-Wall -Wextra -Werror -pedantic -D_GNU_SOURCE -I $SRCDIR/runtime -I $SCRATCH"
cd "$SCRATCH" || exit 1

wrong() {
	failed=1
	echo "$*"
	[ ! -s said ] || sed 's/^/    /' said
}

compilers='gcc -std=c11 -x c
clang-19 -std=c11 -x c
gcc -std=gnu2x -x c
g++ -std=c++17 -x c++
clang++-19 -std=c++17 -x c++
g++ -std=c++20 -x c++'
echo "$compilers" | while read -r compiler _; do
	command -v "$compiler" >/dev/null || { echo "there is no $compiler"; exit 77; }
done || exit $?

# each COMMAND...: with every compiler behind it
each() {
	echo "$compilers" >list
	while read -r compiler; do
		"$@" "$compiler" </dev/null
	done <list
}

"$RINGC" build "$SRCDIR/tests/object/host_types.rlt" -o host_types.bpf.o --header host_types.h || exit 1
golden=$SRCDIR/tests/object/host_types.header
[ -z "$UPDATE" ] || cp host_types.h "$golden"
diff -u "$golden" host_types.h >said || wrong "host_types.h is another"
"$RINGC" build "$SRCDIR/tests/object/host_types.rlt" -o again --header=again.h && cmp host_types.h again.h ||
	wrong "it is not the same each time"
cmp host_types.bpf.o "$OBJDIR/tests/object/host_types.bpf.o" || wrong "the object is another with a header"

# A host in each language, by each compiler.
host() {
	# shellcheck disable=SC2086
	if [ -n "$sanitized" ]; then # the library is one compiler's
		$1 $strict -fsyntax-only "$SRCDIR/tests/object/host_types.c" >said 2>&1 || wrong "$1: refuses the host"
		return
	fi
	# shellcheck disable=SC2046,SC2086
	$1 $strict -o host "$SRCDIR/tests/object/host_types.c" -x none "$OBJDIR/libringlet.a" \
		$(pkg-config --static --libs libbpf jansson) -pthread >said 2>&1 || {
		wrong "$1: refuses the host"
		return
	}
	./host >said 2>&1 || wrong "$1: the host fails"
}
each host

# A member that is elsewhere, or of another size, is an error.
altered() {
	sed "$1" host_types.h >altered.h
	cmp -s host_types.h altered.h && wrong "$1 changes nothing"
	# shellcheck disable=SC2086
	${2:-gcc -std=c11 -x c} $strict -fsyntax-only altered.h >said 2>&1 && wrong "compiles after $1"
	grep -q 'static.assert' said || wrong "another error after $1"
}
altered 's/pad_before_wide\[7\]/pad_before_wide[15]/'
altered 's/int64_t sums\[2\]\[3\]/int32_t sums[2][3]/' 'g++ -std=c++17 -x c++'
altered 's/enum host_types_paint seen;/uint16_t seen;/'
altered 's/page\[3\]\[4096\]/page[3][4095]/'

# Names that C could not have, or that are there already; all of them together in one host.
mkdir names
cat >names/part.rlt <<'RLT'
struct pair { u32 a; };
shared struct pair other;
fn void count() { other.a++; }
RLT
cat >names/copy--all.rlt <<'RLT'
import "part.rlt";
struct pair { u8 b; u64 c; u8 pad_before_c; };
shared struct pair mine;
param u32 n = 0 "this */ ends no comment, nor does ??/";
task main() { mine.b = (u8)n; count(); }
RLT
for name in 1st ringlet ringlets class _x INT -; do
	echo 'param u32 arg = 0; shared bool this; shared s32 errno; task main() { this = arg != 0; }' >names/$name.rlt
done
echo 'task main() {}' >names/nothing.rlt
printf '#include <errno.h>\n#include <stdio.h>\n' >all.c
for script in names/copy--all.rlt names/1st.rlt names/ringlet.rlt names/ringlets.rlt names/class.rlt names/_x.rlt \
	names/INT.rlt names/-.rlt names/nothing.rlt "$SRCDIR"/examples/*.rlt; do
	name=$(basename "$script" .rlt)
	"$RINGC" build "$script" -o object --header "names/$name.h" >said 2>&1 || wrong "$script does not compile"
	echo "#include \"names/$name.h\"" >>all.c
done
echo 'int main(void) { return 0; }' >>all.c
all() {
	# shellcheck disable=SC2086
	$1 $strict -Wno-unused -fsyntax-only all.c >said 2>&1 || wrong "$1: refuses one of the headers"
}
each all
for function in copy_all_set_n prog_1st_set_arg prog_ringlet_set_arg prog_ringlets_set_arg class_set_arg x_set_arg \
	INT_set_arg prog_set_arg; do
	grep -q "int $function(struct ringlet" names/*.h || wrong "no $function"
done
for member in 'struct copy_all_pair_ mine;' 'struct copy_all_pair other;' 'uint8_t pad_before_c_\[7\];' 'bool this_;' 'int32_t errno_;'; do
	grep -q "	$member" names/*.h || wrong "no $member"
done
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# What cannot be read, or is no text: told with its place, exit 1, and no object. The same where it is imported.

cd "$SCRATCH" || exit 1
failed=0

# refused SCRIPT: what ringc says has to be what is on stdin.
refused() {
	cat >"$SCRATCH.want"
	"$RINGC" build "$1" -o out.bpf.o >"$SCRATCH.out" 2>"$SCRATCH.err"
	status=$?
	[ $status -eq 1 ] || { failed=1; echo "$1: exit $status, not 1"; }
	[ ! -s "$SCRATCH.out" ] || { failed=1; echo "$1: something on stdout"; }
	[ ! -e out.bpf.o ] || { failed=1; echo "$1: an object"; }
	diff "$SCRATCH.want" "$SCRATCH.err" || { failed=1; echo "^ $1"; }
}
trap 'rm -f "$SCRATCH.want" "$SCRATCH.out" "$SCRATCH.err"' EXIT

refused missing.rlt <<'END'
error: `missing.rlt` cannot be read: No such file or directory [R0001]
END
refused missing/x.rlt <<'END'
error: `x.rlt` cannot be read: No such file or directory [R0001]
END
mkdir dir
refused dir <<'END'
error: `dir` cannot be read: Is a directory [R0001]
END
refused '' <<'END'
error: `` cannot be read: No such file or directory [R0001]
END
: >empty.rlt
refused empty.rlt <<'END'
error: `empty.rlt` is empty [R0002]
END
refused /dev/null <<'END'
error: `null` is empty [R0002]
END
refused /dev/zero <<'END'
error: `zero` is larger than 16 MiB [R0003]
END
printf '\n// nothing\n' >blank.rlt
refused blank.rlt <<'END'
error: blank.rlt has no task `main` [R0401]
HINT: a script begins with `task main() { ... }`
END
printf 'task main() {\n    log("a\0b");\n}\n' >nul.rlt
refused nul.rlt <<'END'
nul.rlt:2:11: error: there is a NUL byte here: this is not a text [R0004]
    2 |     log("a?b");
      |           ^
END
printf '\377\376t\0a\0s\0k\0' >utf16.rlt
refused utf16.rlt <<'END'
utf16.rlt:1:1: error: the byte 0xff is not UTF-8 here [R0005]
    1 | ??t?a?s?k?
      | ^
END
printf '// caf\351\ntask main() {}\n' >latin1.rlt
refused latin1.rlt <<'END'
latin1.rlt:1:7: error: the byte 0xe9 is not UTF-8 here [R0005]
    1 | // caf?
      |       ^
END
printf 'task main() {}\n/* never closed\n' >comment.rlt
refused comment.rlt <<'END'
comment.rlt:2:1: error: this comment is not closed [R0101]
    2 | /* never closed
      | ^^
END
printf 'u8 text[9] = "never closed;\ntask main() {}\n' >string.rlt
refused string.rlt <<'END'
string.rlt:1:14: error: this string is not closed [R0102]
    1 | u8 text[9] = "never closed;
      |              ^^^^^^^^^^^^^^
END
printf 'task main() { log("no end of line' >cut.rlt
refused cut.rlt <<'END'
cut.rlt:1:19: error: this string is not closed [R0102]
    1 | task main() { log("no end of line
      |                   ^^^^^^^^^^^^^^^
END
printf '\177ELF\002\001\001\000\000' >binary.rlt
refused binary.rlt <<'END'
binary.rlt:1:8: error: there is a NUL byte here: this is not a text [R0004]
    1 | ?ELF?????
      |        ^
END
printf 'import "nul.rlt";\nimport "empty.rlt";\nimport "dir";\ntask main() {}\n' >import.rlt
refused import.rlt <<'END'
import.rlt:2:1: error: `empty.rlt` is empty [R0002]
    2 | import "empty.rlt";
      | ^^^^^^^^^^^^^^^^^^
import.rlt:3:1: error: `dir` cannot be imported: it is a directory [R0625]
    3 | import "dir";
      | ^^^^^^^^^^^^
nul.rlt:2:11: error: there is a NUL byte here: this is not a text [R0004]
    2 |     log("a?b");
      |           ^
import.rlt:1:1: note: `nul.rlt` is imported here
    1 | import "nul.rlt";
      | ^^^^^^^^^^^^^^^^
3 errors
END

# An import is found beside the file that says so; an absolute path is one.
mkdir sub
echo 'import "more.rlt";' >sub/one.rlt
printf 'fn u32 more() { return x; }\n' >sub/more.rlt
printf 'import "sub/one.rlt";\nimport "%s/sub/more.rlt";\ntask main() {}\n' "$PWD" >paths.rlt
refused paths.rlt <<'END'
sub/more.rlt:1:24: error: nothing is called `x` here [R0300]
    1 | fn u32 more() { return x; }
      |                        ^
END

# No library: the directory that RINGLET_STDLIB names is not there.
printf 'import std.io;\ntask main() {}\n' >library.rlt
RINGLET_STDLIB=$PWD/nowhere
export RINGLET_STDLIB
refused library.rlt <<'END'
library.rlt:1:1: error: there is no module `std.io` to import [R0303]
    1 | import std.io;
      | ^^^^^^^^^^^^^
END

# The name of a script may be any bytes; what is shown of it, and stands in the object, is text.
name=$(printf 'caf\351\033[31m.rlt')
printf 'task main() { trap("x"); y; }\n' >"$name"
refused "$name" <<'END'
caf??[31m.rlt:1:26: error: nothing is called `y` here [R0300]
    1 | task main() { trap("x"); y; }
      |                          ^
END
printf 'task main() { trap("x"); }\n' >"$name"
"$RINGC" build "$name" -o named.bpf.o && "$RINGLET" run --engine=user named.bpf.o >said 2>&1
[ $? -eq 1 ] && [ "$(cat said)" = 'caf??[31m.rlt:1: trap: x (task main)' ] || { failed=1; cat said; }
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the compiler is not in virtual machines
#
# Whatever the bytes of a script are, what is said of them is text that a terminal can show, with the caret under the
# place, and JSON.

cd "$SCRATCH" || exit 1
failed=0

# refused SCRIPT: what ringc says has to be what is on stdin. The same as JSON is one array, whatever it says.
refused() {
	cat >want
	timeout 60 "$RINGC" build "$1" -o out.bpf.o >err 2>&1
	status=$?
	[ $status -eq 1 ] || { failed=1; echo "$1: exit $status, not 1"; }
	diff want err || { failed=1; echo "^ $1"; }
	"$RINGC" build --format=json "$1" -o out.bpf.o >json 2>&1
	! command -v python3 >/dev/null || python3 -m json.tool <json >/dev/null || { failed=1; echo "$1: not JSON"; }
	[ ! -e out.bpf.o ] || { failed=1; echo "$1: an object"; }
}

# taken SCRIPT: compiles, and nothing is said.
taken() {
	timeout 60 "$RINGC" build "$1" -o out.bpf.o >err 2>&1 || { failed=1; echo "$1: exit $?"; }
	[ ! -s err ] || { failed=1; echo "$1:"; cat err; }
	rm -f out.bpf.o
}

# many CHARACTER TIMES
many() {
	head -c "$2" /dev/zero | tr '\0' "$1"
}

# A byte order mark is skipped at the start only.
printf 'task main() { x\357\273\277 = 1; }' >mark.rlt
refused mark.rlt <<'END'
mark.rlt:1:16: error: `?` has no meaning here [R0100]
    1 | task main() { x? = 1; }
      |                ^
END
# The first byte is the middle of a character.
printf '\200\ntask main() {}\n' >middle.rlt
refused middle.rlt <<'END'
middle.rlt:1:1: error: the byte 0x80 is not UTF-8 here [R0005]
    1 | ?
      | ^
END
# Line ends of other systems. A lone CR is white space, and shown as what it is not: text.
printf 'task main() {\r\n\tx;\r\n}\r\n' >crlf.rlt
refused crlf.rlt <<'END'
crlf.rlt:2:2: error: nothing is called `x` here [R0300]
    2 |         x;
      |         ^
END
printf 'task main() {\r    x;\r}' >cr.rlt
refused cr.rlt <<'END'
cr.rlt:1:19: error: nothing is called `x` here [R0300]
    1 | task main() {?    x;?}
      |                   ^
END
# Letters are ASCII; in strings and comments a text may have any, and the caret stands under the right one.
printf 'task main() { u32 \303\251t\303\251 = 1; }\n' >name.rlt
refused name.rlt <<'END'
name.rlt:1:19: error: `é` has no meaning here [R0100]
    1 | task main() { u32 été = 1; }
      |                   ^
END
printf 'task main() { /* \303\251 */ log("\346\227\245\346\234\254"); x; }' >characters.rlt
refused characters.rlt <<'END'
characters.rlt:1:34: error: nothing is called `x` here [R0300]
    1 | task main() { /* é */ log("日本"); x; }
      |                                    ^
END
# What a terminal would take for a command.
printf 'task main() { return; }\033[31m' >escape.rlt
refused escape.rlt <<'END'
escape.rlt:1:24: error: `\x1b` has no meaning here [R0100]
    1 | task main() { return; }?[31m
      |                        ^
escape.rlt:1:28: error: `m` is not a suffix that numbers have [R0107]
    1 | task main() { return; }?[31m
      |                            ^
2 errors
END
# A line of any length is cut around the place.
{ printf 'task main() { '; many a 1000000; echo ' = 1; }'; } >long_name.rlt
refused long_name.rlt <<'END'
long_name.rlt:1:15: error: a name has at most 255 characters [R0112]
    1 | task main() { aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...
      |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
END
{ printf 'const N = '; many 9 10000; echo '; task main() {}'; } >digits.rlt
refused digits.rlt <<'END'
digits.rlt:1:11: error: `99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999... [R0109]
    1 | const N = 999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999...
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
END
{ printf 'task main() { /*'; many a 500000; printf '*/ x = 1; /*'; many b 500000; echo '*/ }'; } >long_line.rlt
refused long_line.rlt <<'END'
long_line.rlt:1:500020: error: nothing is called `x` here [R0300]
    1 | ...aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa*/ x = 1; /*bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb...
      |                                            ^
END
{ printf 'task main() { log("'; many a 500000; printf '", x); }'; } >long_string.rlt
refused long_string.rlt <<'END'
long_string.rlt:1:500023: error: nothing is called `x` here [R0300]
    1 | ...aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", x); }
      |                                                                                                   ^
END
awk 'BEGIN { printf "task main() { /*"; for (i = 0; i < 100000; i++) printf "\346\227\245"; print "*/ x = 1; }" }' >wide.rlt
refused wide.rlt <<'END'
wide.rlt:1:100020: error: nothing is called `x` here [R0300]
    1 | ... 日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日*/ x = 1; }
      |                                                                                                ^
END
# A file has 16 MiB at most.
many ' ' 16777217 >too_large.rlt
refused too_large.rlt <<'END'
error: `too_large.rlt` is larger than 16 MiB [R0003]
END

printf '\357\273\277task main() {}\n' >bom.rlt
taken bom.rlt
printf 'task main() {}' >no_end.rlt
taken no_end.rlt
{ many '\n' 16777202; printf 'task main() {}'; } >largest.rlt
taken largest.rlt
mkfifo pipe
printf 'task main() {}\n' >pipe &
taken pipe
exit $failed

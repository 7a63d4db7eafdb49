#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Parameters that are missing, unknown, wrong or given twice: exit status 2, every one of them said, then what
# there is; nothing runs and no file is made.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
nop=$OBJDIR/examples/nop.bpf.o
copy=$OBJDIR/examples/copy.bpf.o
slurp=$OBJDIR/examples/slurp.bpf.o

# refused MESSAGES LIST PROGRAM ARGUMENT...: these, in this order, and nothing else but the list.
refused() {
	message=$1 list=$2
	shift 2
	ends 2 "$RINGLET" run --engine=user "$@"
	only out ''
	only err "$message
parameters of $1:
$list"
}
nops='  n      u32  how many NOPs [1000000]
  depth  u32  how many at a time, at most 64 [1]
  done   shared u32'
copies='  src     fd read  (required) file to read
  dst     fd create  (required) file to write
  block   shared u8[32][131072]
  copied  shared u64'

refused 'ringlet: there is no parameter `m`' "$nops" "$nop" m=1
refused 'ringlet: there is no parameter `N`' "$nops" "$nop" N=1
refused 'ringlet: there is no parameter `n `' "$nops" "$nop" 'n =1'
refused 'ringlet: there is no parameter ``' "$nops" "$nop" =1
refused 'ringlet: `n` is not NAME=VALUE' "$nops" "$nop" n
refused 'ringlet: `` is not NAME=VALUE' "$nops" "$nop" ''
refused 'ringlet: parameter `n` is given twice' "$nops" "$nop" n=1 n=1
refused 'ringlet: parameter `n` is given twice
ringlet: parameter `n` is given twice' "$nops" "$nop" n=1 n=2 depth=1 n=3
refused 'ringlet: parameter `n`: `x` is not a number' "$nops" "$nop" n=x
refused 'ringlet: parameter `n`: `` is not a number' "$nops" "$nop" n=
refused 'ringlet: parameter `n`: `1.5` is not a number (suffixes are K, M, G)' "$nops" "$nop" n=1.5
refused 'ringlet: parameter `n`: -1 is out of range: u32 is 0 to 4294967295' "$nops" "$nop" n=-1
refused 'ringlet: parameter `n`: 4294967296 is out of range: u32 is 0 to 4294967295' "$nops" "$nop" n=4G
refused 'ringlet: parameter `n`: 99999999999999999999 is out of range' "$nops" "$nop" n=99999999999999999999
refused 'ringlet: parameter `done`: -1 is out of range: u32 is 0 to 4294967295' "$nops" "$nop" done=-1
refused 'ringlet: parameter `n`: `x` is not a number
ringlet: there is no parameter `m`
ringlet: parameter `depth` is given twice' "$nops" "$nop" n=x m=1 depth=1 depth=2

refused 'ringlet: parameter `src` is missing
ringlet: parameter `dst` is missing' "$copies" "$copy"
refused 'ringlet: parameter `src` is missing' "$copies" "$copy" dst=made
refused 'ringlet: parameter `dst` is missing' "$copies" "$copy" src=/dev/null
refused 'ringlet: parameter `src`: an empty path
ringlet: parameter `dst` is missing' "$copies" "$copy" src=
refused 'ringlet: parameter `dst` is given twice' "$copies" "$copy" src=/dev/null dst=made dst=made2
refused 'ringlet: parameter `src`: 77 is not an open descriptor' "$copies" "$copy" src=fd:77 dst=made
refused 'ringlet: parameter `src`: `fd:x` is not fd:NUMBER' "$copies" "$copy" src=fd:x dst=made
ends 2 "$RINGLET" run "$slurp"
says err 'ringlet: parameter `files` is missing'

# Options: they stand before the program.
ends 2 "$RINGLET" run "$nop" --engine=user
says err 'ringlet: there is no parameter `--engine`'
ends 2 "$RINGLET" run --engine "$nop"
only err 'ringlet run: unknown option --engine (see ringlet --help)'
ends 2 "$RINGLET" run --engine=fast "$nop"
ends 2 "$RINGLET" run --
only err 'ringlet run: no program given (see ringlet --help)'
ends 0 "$RINGLET" run --engine=user -- "$nop" n=1
[ "$(ls)" = "err
expected
out" ] || wrong "files were made: $(ls)"

# What the command says of itself is what it does.
ends 0 "$RINGLET" --help
for option in --engine= --show= --stats --quiet --help; do
	grep -q -e "^  $option" out || wrong "--help does not have $option"
done
says out '  2        wrong usage'
ends 2 "$RINGLET"
"$RINGLET" --help | sed '/^$/,$d' >usage
only err "$(cat usage)"
exit $failed

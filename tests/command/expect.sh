# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What tests of commands share: source it, then `exit $failed` at the end. Starts in an empty directory.

cd "$SCRATCH" || exit 1
failed=0

wrong() {
	failed=1
	echo "$*"
}

# ends STATUS COMMAND...: its exit status; what it said is in `out` and `err`.
ends() {
	expected=$1
	shift
	"$@" >out 2>err </dev/null
	got=$?
	[ $got -eq "$expected" ] || { wrong "$*: exit $got, not $expected"; sed 's/^/    /' out err; }
}

# within COMMAND...: it succeeds in a minute, which is for virtual machines.
within() {
	turns=0
	until "$@"; do
		turns=$((turns + 1))
		[ $turns -lt 600 ] || { wrong "${engine:-}: not within a minute: $*"; return 1; }
		sleep 0.1
	done
}

# says FILE LINE: the file has that line, whole and exact.
says() {
	grep -qxF -e "$2" "$1" || { wrong "no line \`$2\` but:"; sed 's/^/    /' "$1"; }
}

# only FILE TEXT: the file is that text and a newline; empty if the text is.
only() {
	[ -z "$2" ] || printf '%s\n' "$2" >expected
	[ -n "$2" ] || : >expected
	cmp -s expected "$1" || { wrong "\`$2\` was to be said, and:"; sed 's/^/    /' "$1"; }
}

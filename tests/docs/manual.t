#!/bin/sh
# shellcheck disable=SC2016
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: the manual is not in virtual machines
#
# The manual has every command, option and function, and prints without a warning; a header that is written in another
# way than it needs is refused.

man=$OBJDIR/man
failed=0

wrong() {
	failed=1
	echo "$*"
}

# What --help has at the beginning of a line, a page has as an entry.
entries() { sed -n '/^\.TP$/{n;s/\\f.//g;s/\\-/-/g;p;}' "$1"; }
for command in ringc ringlet; do
	[ $command = ringc ] && program=$RINGC || program=$RINGLET
	"$program" --help | sed -n 's/^  \([^ ].*\)/\1/p' | sed 's/  .*//' >"$SCRATCH/told"
	[ "$(grep -c '^-' "$SCRATCH/told")" -ge 5 ] || wrong "$command --help has no options"
	entries "$man/man1/$command.1" >"$SCRATCH/entries"
	diff "$SCRATCH/told" "$SCRATCH/entries" || wrong "< told by $command --help, > in its page"
	# And what the command line is compared with is told.
	[ $command = ringc ] && code=$(cd "$SRCDIR" && ls compiler/*.c compiler/lint/*.c compiler/lint/*/*.c) || code=$(cd "$SRCDIR" && ls runtime/cli/*.c)
	# shellcheck disable=SC2086
	for option in $(cd "$SRCDIR" && cat $code | grep -o '"--[a-z]*' | tr -d '"' | sort -u); do
		[ "$option" = -- ] || "$program" --help | grep -q -w -e "$option" || wrong "$command --help lacks $option"
	done
	# The numbers agree with --version.
	grep -q "\"$("$program" --version)\"" "$man/man1/$command.1" || wrong "$command.1 has another version"
done

# Every function that the library exports, in a page of its own or of those that it is documented with.
functions=$(sed -n 's/^	\(ringlet_[a-z0-9_]*\);$/\1/p' "$SRCDIR/runtime/libringlet.map")
[ "$functions" ] || wrong "libringlet.map has no functions"
for function in $functions; do
	page=$man/man3/$function.3
	[ -f "$page" ] || { wrong "$function has no page"; continue; }
	link=$(sed -n 's/^\.so //p' "$page")
	[ -z "$link" ] || page=$man/$link
	[ -f "$page" ] || { wrong "$function leads to no page"; continue; }
	sed -n '/^\.SH "NAME"/{n;s/ \\-.*//;p;}' "$page" | tr -d ' ' | tr ',' '\n' | grep -qx "$function" ||
		wrong "$function is not in the NAME of its page"
	sed -n '/^\.SH "SYNOPSIS"/,/^\.fi/p' "$page" | sed 's/\\f.//g' | grep -q "[ *]$function(" ||
		wrong "$function is not in the SYNOPSIS of its page"
	grep -q "fB$function.fP(3)" "$man/man3/libringlet.3" || wrong "$function is not in libringlet(3)"
	for heading in NAME SYNOPSIS DESCRIPTION "SEE ALSO"; do
		grep -q "^\.SH \"$heading\"" "$page" || wrong "the page of $function has no $heading"
	done
done
# And none that it does not.
for page in "$man"/man3/ringlet_*.3; do
	page=${page##*/}
	echo "$functions" | grep -qx "${page%.3}" || wrong "$page is of no function"
done

# Errors are entries with what they mean, in the section of that name.
for error in ENODATA EALREADY EOPNOTSUPP EPERM ENOMEM EINVAL E2BIG EBADMSG; do
	sed -n '/^\.SH "ERRORS"/,/^\.SH "SEE/p' "$man/man3/ringlet_load.3" | grep -A 1 -x "..B.-$error..P" |
		grep -q '^[a-z]' || wrong "ringlet_load(3) has no entry for $error"
done

# refused SED WHAT: the header, changed like that, is no manual.
refused() {
	mkdir -p "$SCRATCH/man1" "$SCRATCH/man3"
	sed "$1" "$SRCDIR/runtime/ringlet.h" >"$SCRATCH/ringlet.h"
	"$OBJDIR/tools/man" "$SCRATCH/ringlet.h" "$SCRATCH" 2>"$SCRATCH/err" && wrong "$1 is not refused"
	grep -q "^man: $2" "$SCRATCH/err" || { wrong "$1 is not refused for that:"; cat "$SCRATCH/err"; }
}
refused 's/^ \* Threads: /* /' 'a paragraph at the top has no title'
refused 's/^ \* Runs the program until it ends. /* Runs. /' 'the comment begins with no clause that could stand in a list: `ringlet_run`'
refused 's/-EMFILE no descriptor is left;/-EMFILE;/' 'an error has no text in the comment for `ringlet_set_event_ring`'
refused '/^#pragma GCC visibility push/d' 'is not written as runtime/ringlet.h is'

[ $failed -eq 0 ] || exit 1
command -v groff >/dev/null || { echo "groff is missing (Debian: groff-base)"; exit 77; }
# soelim's paths are from above man3, as man's are.
cd "$man" || exit 1
for page in man[13]/*; do
	grep -q '^\.so ' "$page" && roff="$(sed 's/^\.so //' "$page")" || roff=$page
	groff -man -ww -Tutf8 "$roff" 2>"$SCRATCH/warnings" >"$SCRATCH/text" || wrong "groff fails"
	[ ! -s "$SCRATCH/warnings" ] || { wrong "$page is printed with warnings:"; cat "$SCRATCH/warnings"; }
	[ "$(wc -l <"$SCRATCH/text")" -ge 20 ] || wrong "$page prints next to nothing"
done
exit $failed

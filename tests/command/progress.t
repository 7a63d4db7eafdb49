#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Progress is a bar that fits on the terminal, and at most a line a second elsewhere; words and events are lines of
# their own.

# shellcheck source=tests/command/expect.sh
. "$SRCDIR/tests/command/expect.sh"
object=$OBJDIR/tests/command/progress.bpf.o
return=$(printf '\r') wiped=$(printf '\033\\[K')

# shown COLUMNS ARGUMENT...: what a terminal is sent goes to `sent`; to `bars` what the bar was, a line each.
shown() {
	"$OBJDIR/tests/command/terminal" "$1" env TERM="${term:-xterm}" "$RINGLET" run --engine="$engine" \
		"$object" "${2:-known=yes}" ${3:+"$3"} >sent || wrong "exit $?"
	tr '\r' '\n' <sent | sed -n "s/$wiped\$//p" | sed '/^$/d' >bars
	[ -s bars ] || wrong "$*: no bar"
}

# narrow COLUMNS: each is narrower.
narrow() {
	awk -v columns="$1" 'length($0) >= columns' bars >wide
	[ ! -s wide ] || { wrong "wider than $1:"; cat wide; }
}

for engine in $ENGINES; do
	shown 80
	narrow 80
	grep -qxE '\[#{30}\] 100% 15000000/15000000' bars || wrong "80: no full bar"
	shown 40
	narrow 40
	grep -qxE '\[#+\] 100% 15000000/15000000' bars || wrong "40: no full bar"
	shown 24
	narrow 24
	grep -qxF '100% 15000000/15000000' bars || wrong "24: no numbers"
	shown 8
	narrow 8
	shown 80 known=no
	grep -qxF 15000000 bars || wrong "of an unknown total: no number"

	# It is made narrower when the first bar is seen, which may take a while.
	shown 80,30
	awk 'NR == 1 && length($0) < 30 { exit 1 }
		length($0) < 30 { narrow = 1 }
		length($0) >= 30 && narrow { exit 1 }
		END { if (!narrow) exit 1 }' bars || { wrong "not as wide as the terminal:"; cat bars; }

	# No word and no event stands behind a bar.
	"$OBJDIR/tests/command/terminal" 80 env TERM=xterm "$RINGLET" run --engine="$engine" --events "$object" \
		talks=yes >sent || wrong "exit $?"
	tr '\r' '\n' <sent | sed "s/^$wiped//" >lines
	for i in $(seq 15); do
		says lines "word $i"
		says lines "events $i 0"
	done

	# A terminal that knows no codes, and a pipe.
	"$OBJDIR/tests/command/terminal" 80 env TERM=dumb "$RINGLET" run --engine="$engine" "$object" >sent
	! grep -q "$return\|$wiped" sent || wrong "codes for a dumb terminal"
	before=$(date +%s)
	ends 0 "$RINGLET" run --engine="$engine" "$object"
	took=$(($(date +%s) - before))
	only out ''
	says err 'progress: 15000000/15000000 (100%)'
	[ "$(grep -cv '^progress: [0-9]*/15000000 ([0-9]*%)$' err)" = 0 ] || wrong "other lines"
	[ "$(wc -l <err)" -le $((took + 2)) ] || wrong "$(wc -l <err) lines in $took s"
	ends 0 "$RINGLET" run --engine="$engine" --quiet "$object"
	only err ''
done
exit $failed

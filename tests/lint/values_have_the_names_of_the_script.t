#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# host-only: it compiles
# In a script's instructions, what is loaded of the image is called as in the script: variables, results, frames.

cat >"$SCRATCH/x.rlt" <<'END'
struct place { u32 at; u32 hits[4]; }
shared struct place places[8];
shared u64 total;

task main() {
	u32 i = places[3].at;
	if (i < 4) places[5].hits[i] += 1;
	s32 n = await nop();
	total += places[n & 7].hits[2];
}
END
"$RINGC" disasm "$SCRATCH/x.rlt" >"$SCRATCH/out" || exit 1
for name in 'places\[3\].at' 'places\[5\].hits\[0..3\]' 'places\[0..7\].hits\[2\]' total 'cqe.res' 'cqe.user_data' 'main.frame.state'; do
	grep -q "(\`$name\`)" "$SCRATCH/out" || { echo "nothing is called $name"; bad=1; }
done
[ -z "$bad" ] || { grep -v '^;' "$SCRATCH/out" | head -n 300; exit 1; }

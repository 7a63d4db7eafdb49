#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-only: Python reads the JSON
#
# `ringlet trace`: a timeline and histograms that are JSON and say the same; or a table; of several programs too, and of
# more awaits than there is memory for copies of.

command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
object=$OBJDIR/tests/unit/traced.bpf.o
cd "$SCRATCH" || exit 1

"$RINGLET" trace --engine=user -o one.json --histograms=times.json "$object" n=50 2>said || { cat said; exit 1; }
[ ! -s said ] || { echo "it said:"; cat said; exit 1; }
"$RINGLET" trace --engine=user -otwo.json "$object" n=5 -- "$object" n=6 2>table || { cat table; exit 1; }
"$RINGLET" trace --engine=user --rings=2 --show=nops "$object" n=7 >shown 2>rings || { cat rings; exit 1; }
"$RINGLET" trace --engine=user --histograms=many.json "$object" n=300000 2>said || { cat said; exit 1; }
"$RINGLET" run -o x "$object" 2>said
[ $? -eq 2 ] || { echo "run takes -o"; exit 1; }
"$RINGLET" trace -o /nowhere/x "$object" 2>said
[ $? -eq 1 ] || { echo "a file that cannot be written is no error"; exit 1; }
[ "$(cat shown)" = "1.nops=28
2.nops=28" ] || { cat shown; exit 1; }

python3 - <<'END'
import json

def awaits(name):
    events = json.load(open(name))["traceEvents"]
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    programs = {e["pid"] for e in events if e["name"] == "process_name"}
    found = [e for e in events if e["ph"] == "X"]
    last = {}
    for e in found:
        key = (e["pid"], e["tid"])
        assert e["pid"] in programs and key in names, e
        assert e["dur"] >= 0 and e["ts"] >= last.get(key, 0) - 0.001, e
        assert e["args"]["file"] == "traced.rlt" and e["args"]["line"] > 0, e
        last[key] = e["ts"] + e["dur"]
    assert len(found) + len(names) + len(programs) == len(events)
    return found, names, programs

found, names, programs = awaits("one.json")
assert programs == {1}
assert sorted(n for n in names.values() if n.startswith("worker")) == ["worker[%d]" % i for i in range(4)]
times = json.load(open("times.json"))
assert sum(h["count"] for h in times) == len(found)
for h in times:
    here = sorted(round(e["dur"] * 1000) for e in found
                  if (e["name"], e["args"]["line"], e["args"]["column"]) == (h["op"], h["line"], h["column"])
                  and names[e["pid"], e["tid"]].split("[")[0] == h["task"])
    assert len(here) == h["count"] == sum(n for _, n in h["buckets"]), h
    assert here[0] == h["min_ns"] and here[-1] == h["max_ns"], h
    for percent in 50, 90, 99:
        exact = here[-(-len(here) * percent // 100) - 1]
        assert exact <= h["p%d_ns" % percent] <= exact * 17 / 16 + 1, (h, exact)
    at = 0
    for limit, n in h["buckets"]:
        at += n
        assert here[at - 1] <= limit and (at == len(here) or here[at] > limit), h

found, names, programs = awaits("two.json")
assert programs == {1, 2}
assert [sum(e["name"] == "nop" and e["pid"] == p for e in found) for p in (1, 2)] == [20, 24]

counts = {h["op"]: h["count"] for h in json.load(open("many.json"))}
assert (counts["nop"], counts["await left"], counts["await right"]) == (1200000, 300000, 300000), counts

assert [l.split()[0] for l in open("rings") if "traced.rlt:12: nop (task worker)" in l] == ["56"], open("rings").read()
table = open("table").read()
assert "1.traced.rlt:12: nop (task worker)" in table and "2.traced.rlt:12: nop (task worker)" in table, table
END

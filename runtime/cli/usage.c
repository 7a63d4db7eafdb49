/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* usage.c: what the `ringlet` command says of itself. */
#include "help.h"

static const struct help_row rows[] = {
	SYNOPSIS("run [options] PROGRAM [NAME=VALUE...] [-- PROGRAM [NAME=VALUE...]]..."),
	SYNOPSIS("trace [-o FILE] [--histograms=FILE] [options of run] PROGRAM [NAME=VALUE...]..."),
	SYNOPSIS("probe [--format=text|json]"),
	SYNOPSIS("inspect [--all] [--format=text|json] [--save=FILE] [PID[:N] | NAME | FILE]"),
	SYNOPSIS("top [--count=N] [--interval=MS] [PID[:N] | NAME]..."),
	SYNOPSIS("--version | --help"),

	TEXT("Runs compiled ring scripts on an io_uring: in the kernel, in the ring's own wait loop, or in "
	     "user "
	     "space, with the same results."),

	SECTION("Commands"),
	TERM("run", "",
		"runs a compiled ring script (`ringc build` makes them), or several at once, a thread each"),
	TERM("trace", "", "runs it as `run` does, and says how long each `await` took, to standard error"),
	TERM("probe", "",
		"says what this kernel can do for ring scripts, and what each missing thing blocks; exit "
		"status 0: the kernel engine works here, 1: it does not"),
	TERM("inspect", "",
		"says what a running program does, of another process too, or what one did that was saved: "
		"where "
		"each task waits, for what, and what is in flight; of no program in particular: lists all"),
	TERM("top", "", "the programs that run here, again each second, and where most of their tasks wait"),

	SECTION("Options of run, before PROGRAM"),
	TERM("--engine=", "auto|kernel|user",
		"where the program runs; auto: in the kernel where it can, else in user space"),
	TERM("--show=", "NAME",
		"a shared variable's value after the run, to standard output; may be repeated"),
	TERM("--post=", "QUEUE=FILE",
		"posts to an `in` queue: of each line `USER_DATA [RES]`; - is standard input; may be "
		"repeated"),
	TERM("--connect=", "QUEUE=QUEUE",
		"an `out` queue leads to an `in` queue of another of the programs; may be repeated"),
	TERM("--rings=", "N",
		"the program on N rings, each on a processor of its own; 0: on every processor; listening "
		"sockets share their address"),
	TERM("--core=", "FILE",
		"where a program is saved that fails or is stopped, as it is then, for `inspect`; of several "
		"programs FILE.1, FILE.2"),
	TERM("--events", "", "prints what comes to `out` queues: QUEUE USER_DATA RES"),
	TERM("--watchdog=", "SECONDS",
		"ends a program whose tasks keep each other running for so long without a request; 10 if it "
		"is not "
		"given, 0: never"),
	TERM("--stats", "", "engine, time and counters, to standard error"),
	TERM("--quiet, -q", "", "no progress, and no messages of the program's"),
	TERM("--help, -h", "", "the program's parameters, if PROGRAM is given"),
	TEXT("Of several programs names say which, by number: 1.QUEUE, 2.NAME. Of an array of queues, which: "
	     "QUEUE[3]."),

	SECTION("Signals of run"),
	TERM("SIGINT, SIGTERM", "",
		"the first stops the programs, whose tasks leave through their defers; the second ends them "
		"at once, the third the command"),
	TERM("SIGHUP", "",
		"reads each object anew: the new version takes over, with the parameters, sockets, shared "
		"variables and queues of the old one; one that is refused leaves the old one running. Where "
		"the terminal is gone it stops the programs"),

	SECTION("Options of trace, beside those of run"),
	TERM("-o ", "FILE",
		"writes a timeline in the trace event format, which Perfetto and Chrome show; - is standard "
		"output"),
	TERM("--histograms=", "FILE", "writes the times as JSON, rather than text to standard error"),

	SECTION("Options of probe and inspect"),
	TERM("--format=", "text|json", "text for people, which is what it does by default, or JSON"),

	SECTION("Options of inspect"),
	TERM("PID", "[:N]", "the programs of a process, or of them the N-th"),
	TERM("NAME", "", "all programs of that name, which is the script's without `.rlt`"),
	TERM("FILE", "", "a core; with a / in its name, where a program is called the same"),
	TERM("--all", "", "every instance of each task; else more than eight are counted by place"),
	TERM("--save=", "FILE", "a core of the program, as it is now"),

	SECTION("Options of top"),
	TERM("--count=", "N", "ends after so many times"),
	TERM("--interval=", "MS", "milliseconds in between; 1000 if not given"),

	SECTION("Values"),
	TERM("fd", "",
		"a path, opened as the parameter's kind says; - for standard input or output; fd:NUMBER for "
		"an open descriptor"),
	TERM("integer", "", "decimal, or 0x and hexadecimal; K, M and G are 1024 and its powers"),
	TERM("bool", "", "true false yes no on off 1 0"),
	TERM("array of bytes", "",
		"text, or of a shared one @FILE: the file's bytes, or where it has two dimensions its lines, "
		"one a row; @- is standard input"),
	TERM("region", "", "its size in bytes"),

	SECTION("Examples"),
	TERM("ringlet run --show=copied copy.bpf.o src=a dst=b", "",
		"copies a to b, and says how much it was"),
	TERM("ringlet run --help copy.bpf.o", "", "lists the program's parameters"),
	TERM("ringlet run --connect=1.out=2.in one.bpf.o -- two.bpf.o", "",
		"runs two programs, the one feeding the other"),

	SECTION("Exit status"),
	TERM("0", "", "done"),
	TERM("1", "", "failed"),
	TERM("2", "", "wrong usage"),
	TERM("128 + N", "", "stopped by the signal of that number: 130 by SIGINT"),

	SECTION("Environment"),
	TERM("RINGLET_LOAD_LOG", "",
		"if set, `run` prints all that the kernel's verifier said of a program that it refused"),
};

const struct help ringlet_help = {
	.command = "ringlet",
	.summary = "runs compiled ring scripts",
	.rows = rows,
	.nrows = sizeof(rows) / sizeof(rows[0]),
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* usage.c: what ringc says of itself. */
#include "cli/help.h"

static const struct help_row rows[] = {
	SYNOPSIS("build FILE.rlt [-o FILE.bpf.o] [--header FILE.h] [-I DIR] [-D NAME[=VALUE]] "
		 "[--dump=ast|states|image|ir|asm] "
		 "[--format=text|json]"),
	SYNOPSIS("lint FILE... [--verify[=IMAGE]] [--timeout=SECONDS] [--paths] [--kernel=VERSION] "
		 "[--btf=FILE] [-W RULE] "
		 "[-I DIR] "
		 "[-D NAME[=VALUE]] "
		 "[--format=text|json|sarif]"),
	SYNOPSIS("disasm FILE [--no-states] [-I DIR] [-D NAME[=VALUE]]"),
	SYNOPSIS("graph FILE.rlt [--no-lint] [--kernel=VERSION] [-W RULE] [-I DIR] [-D NAME[=VALUE]] "
		 "[--format=dot|svg]"),
	SYNOPSIS("explain CODE"),
	SYNOPSIS("--version | --help"),

	TEXT("Compiles ring scripts: programs in a small C-like language that say what an io_uring submits "
	     "next "
	     "when something completes."),

	SECTION("Commands"),
	TERM("build", "",
		"compiles a ring script to a program object: BPF, the same step as native code for x86_64 "
		"and aarch64, and a manifest. `ringlet run` runs it."),
	TERM("lint", "",
		"says of scripts, and of any BPF objects, before a kernel does, whether it takes them, how "
		"near "
		"to its limits they are, and what they need: the oldest kernel, capabilities, configuration"),
	TERM("disasm", "",
		"prints the instructions of a script's programs, or of any BPF object's, as the kernel is "
		"given "
		"them, with the lines of the source, the names of what they refer to, and what is known of "
		"registers and stack before each"),
	TERM("graph", "",
		"prints a script as a graph: the places where its tasks wait, the ways from one to the next, "
		"what goes by way of queues, and what the linter finds there"),
	TERM("explain", "",
		"says more about the code of a diagnostic, as in `ringc explain R0320`, or of a rule of the "
		"linter, as in `ringc explain L0104`"),

	SECTION("Options of build, lint, disasm and graph"),
	TERM("-I ", "DIR",
		"where C headers are looked for, after the script's own directory; may be repeated"),
	TERM("-D ", "NAME[=VALUE]", "defines a macro for them; may be repeated"),

	SECTION("Options of build"),
	TERM("-o ", "FILE",
		"where the object goes; by default the script's name with .bpf.o in place of .rlt, in the "
		"directory that one is in"),
	TERM("--header ", "FILE",
		"besides the object, makes a header for C and C++: parameters, queues and shared variables "
		"by "
		"their types, for a program that runs the script by libringlet"),
	TERM("--dump=", "PASS",
		"prints what a pass made, and makes no object: ast the tree, states the tasks as states, "
		"image what lies where in the program's memory, ir LLVM's code, asm BPF's"),
	TERM("--format=", "text|json", "diagnostics as text, which is the default, or as JSON, for editors"),
	TERM("--help, -h", "", "prints this"),
	TEXT("Diagnostics go to standard error."),

	SECTION("Options of lint"),
	TERM("--verify", "",
		"has the verifier of the running kernel judge as well, as root, and says in words why it "
		"rejects. A "
		"ring's step is judged as a program of another type where the kernel has no "
		"io_uring_bpf_ops"),
	TERM("--verify=", "IMAGE",
		"has the kernel of that file judge, a bzImage or an arm64 Image, without privileges: QEMU "
		"runs it. The linter judges for its version then, unless --kernel says another"),
	TERM("--timeout=", "SECONDS",
		"what that kernel has to start, and then for each program, before it is given up: 300"),
	TERM("--paths", "",
		"tells of each limit which calls, lines and accesses come nearest to it; without it only of "
		"limits of which more than half is used"),
	TERM("--kernel=", "VERSION", "judges for that version of Linux, such as 6.12; by default for 7.3"),
	TERM("--btf=", "FILE",
		"takes the kernel's own types from that file, an image that has them or BTF alone; by "
		"default from the "
		"kernel that runs"),
	TERM("-W ", "RULE",
		"a rule's name, which makes its notes warnings; `no-RULE` turns a rule off, `error=RULE` "
		"makes "
		"what it finds errors. In a script, a comment `// lint: allow RULE: reason` does it for one "
		"line"),
	TERM("--format=", "text|json|sarif", "findings as text, which is the default, or for programs"),
	TEXT("Findings go to standard output."),

	SECTION("Options of disasm"),
	TERM("--no-states", "", "leaves out what is known of registers and stack before each instruction"),

	SECTION("Options of graph"),
	TERM("--format=", "dot|svg",
		"for Graphviz, which is the default, or the picture that Graphviz's `dot` makes of it"),
	TERM("--no-lint", "", "without what the linter finds"),
	TERM("--kernel=, -W", "", "as of lint: for which kernel it judges, and what it tells"),

	SECTION("Examples"),
	TERM("ringc build copy.rlt", "", "makes copy.bpf.o"),
	TERM("ringc build -I include -o /tmp/x.bpf.o x.rlt", "", "has C headers come from include"),
	TERM("ringc lint --kernel=6.12 prog.bpf.o", "", "lists what Linux 6.12 lacks for it"),
	TERM("ringc explain R0320", "",
		"says what that diagnostic means, with scripts that are wrong and right"),

	SECTION("Exit status"),
	TERM("0", "", "done; of lint: no errors and no warnings"),
	TERM("1", "", "errors in the script, or in reading and writing files; of lint: errors or warnings"),
	TERM("2", "", "wrong usage"),

	SECTION("Environment"),
	TERM("RINGLET_STDLIB", "",
		"the directory in which `import std.NAME` looks, instead of the one that was installed"),
};

const struct help ringc_help = {
	.command = "ringc",
	.summary = "compiles ring scripts for io_uring",
	.rows = rows,
	.nrows = sizeof rows / sizeof rows[0],
};

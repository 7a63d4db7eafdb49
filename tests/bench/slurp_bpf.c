/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* slurp_bpf DIRECTORY DEPTH: loads slurp_bpf.bpf.o and runs it. */
#include "load.h"
#include "names.h"

int main(int argc, char **argv)
{
	struct program p = {0};
	struct slurp_args *args;
	struct slurp_state *state;
	char(*names)[SLURP_NAME];
	uint64_t start, end;

	program_open(&p, "slurp_bpf.bpf.o");
	args = program_data(&p, ".rodata.args", sizeof(*args));
	state = program_data(&p, ".bss.state", sizeof(*state));
	names = program_data(&p, ".bss.names", (size_t)SLURP_NAMES * SLURP_NAME);
	args->depth = slurp_depth(argc, argv);
	args->data = (uintptr_t)program_data(&p, ".bss.data", (size_t)SLURP_DEPTH * SLURP_MOST);
	args->files = slurp_names(argv[1], names);
	args->names = (uintptr_t)names;
	args->st = (uintptr_t)state->st;
	args->empty = (uintptr_t) "";
	program_cq(&p, &args->cq);
	program_load(&p);
	program_share(&p, ".bss.state");
	program_share(&p, ".bss.names");
	program_share(&p, ".bss.data");

	start = bench_now();
	program_run(&p);
	end = bench_now();
	if (state->error)
		die(state->error, "slurp_bpf");
	if (state->slurped != args->files)
		die(0, "%u of %u files", state->slurped, args->files);
	bench_report(start, end, state->slurped);
	return 0;
}

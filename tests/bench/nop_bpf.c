/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* nop_bpf N DEPTH: loads nop_bpf.bpf.o and runs it. */
#include "load.h"
#include "nop_bpf.h"

int main(int argc, char **argv)
{
	struct program p = {0};
	struct nop_args *args;
	struct nop_state *state;
	uint64_t start, end;

	if (argc != 3)
		die(0, "usage: nop_bpf N DEPTH");
	program_open(&p, "nop_bpf.bpf.o");
	args = program_data(&p, ".rodata.args", sizeof(*args));
	state = program_data(&p, ".bss.state", sizeof(*state));
	args->n = bench_number(argv[1], 1, UINT32_MAX);
	args->depth = bench_number(argv[2], 1, BPF_SQ_ENTRIES);
	program_cq(&p, &args->cq);
	program_load(&p);
	program_share(&p, ".bss.state");

	start = bench_now();
	program_run(&p);
	end = bench_now();
	if (state->error)
		die(state->error, "nop_bpf");
	if (state->done != args->n)
		die(0, "%u of %u NOPs", state->done, args->n);
	bench_report(start, end, state->done);
	return 0;
}

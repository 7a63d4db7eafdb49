/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* copy_bpf SRC DST: loads copy_bpf.bpf.o and runs it. */
#include "copy.h"
#include "copy_files.h"
#include "load.h"

int main(int argc, char **argv)
{
	struct program p = {0};
	struct copy_args *args;
	struct copy_state *state;
	uint64_t start, end;

	program_open(&p, "copy_bpf.bpf.o");
	args = program_data(&p, ".rodata.args", sizeof(*args));
	state = program_data(&p, ".bss.state", sizeof(*state));
	copy_open(argc, argv, &args->src, &args->dst);
	args->block = (uintptr_t)program_data(&p, ".bss.block", (size_t)COPY_QD * COPY_BLOCK);
	program_cq(&p, &args->cq);
	program_load(&p);
	program_share(&p, ".bss.state");
	program_share(&p, ".bss.block");

	start = bench_now();
	program_run(&p);
	end = bench_now();
	if (state->error)
		die(state->error, "copy_bpf");
	bench_report(start, end, (state->copied + COPY_BLOCK - 1) / COPY_BLOCK);
	return 0;
}

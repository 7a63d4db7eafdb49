/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * native.h: the step as a real machine's code, translated from the BPF program, instruction by instruction:
 * what the user engine runs is the program that the kernel runs, and nothing else.
 *
 * BPF was made for this (Documentation/bpf/standardization/instruction-set.rst): its registers are a
 * machine's registers. What differs from the kernel's own translation: the image is at an address that comes
 * as an argument, so that code needs no relocation; submission is a call through a pointer; may_goto, with
 * which the verifier bounds a loop, is nothing.
 */
#ifndef RINGC_NATIVE_H
#define RINGC_NATIVE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "arena.h"
#include "object.h"

/* Instructions of the instruction set's version 4 and of Linux 6.9 and 6.15 that older headers lack. */
#ifndef BPF_MEMSX
#define BPF_MEMSX 0x80
#endif
#ifndef BPF_JCOND
#define BPF_JCOND 0xe0
#endif
#ifndef BPF_LOAD_ACQ
#define BPF_LOAD_ACQ 0x100
#define BPF_STORE_REL 0x110
#endif

/* One function: instructions [first, end) of the program. */
struct native_fn {
	uint32_t first, end;
	uint8_t saved;  /* those of r6 to r9 that it writes: bit 0 is r6 */
	uint16_t stack; /* bytes below r10 that it uses, a multiple of 16 */
	bool submits;   /* at some place: there the C ABI wants the stack aligned */
};

/*
 * The program: all its functions one after another, the step first. Relocations are applied:
 *
 * - The address of a place in the image: a pair of BPF_LD|BPF_DW|BPF_IMM with src_reg BPF_PSEUDO_MAP_VALUE;
 * imm is the offset into the image.
 * - A call of a function: src_reg BPF_PSEUDO_CALL; `to` is its first instruction.
 * - A call of the kernel's: src_reg BPF_PSEUDO_KFUNC_CALL, and imm says which; r1 is the context, the result
 * is r0. NATIVE_SUBMIT: r2 is how many. NATIVE_REGION: the region's address.
 * - A call of a helper: src_reg 0, and imm says which. bpf_copy_from_user calls control.copy. bpf_jiffies64
 * gives control.now: whoever runs a native step writes the time there, before it and in `submit`.
 * bpf_ktime_get_ns calls control.clock.
 */
enum { NATIVE_SUBMIT, NATIVE_REGION };

struct bpf_code {
	struct bpf_insn *insn;
	uint32_t n;
	uint32_t *to;    /* by instruction: where a jump or call goes, as the number of an instruction */
	bool *target;    /* by instruction: some jump goes here */
	uint32_t step_n; /* of the step itself: so many instructions are not of .text */
	VEC(struct native_fn) fns;

	/* native_fold.c, by instruction: how a machine takes it, and what that needs. */
	enum native_how {
		NATIVE_AS_IS,
		NATIVE_PLACE, /* a load or store whose address is the image's plus `offset` (the base and off
				 are not used) */
		NATIVE_ADDRESS, /* dst = the image's address + `offset` */
		NATIVE_SUM,     /* dst = the image's address + `offset` + the register `index` */
		NATIVE_DROPPED,
		NATIVE_SWITCH, /* a jump that the runtime may take out (runtime/image.h): it reads nothing */
	} *
		how;
	int32_t *offset;
	uint8_t *index;
};

/* A jump or call in the code, at `at`, to the BPF instruction `to`. */
struct native_fixup {
	uint32_t at, to;
	bool call;
	uint8_t kind; /* the machine's own */
};

/* Code as it grows. */
struct native_code {
	struct arena *arena;
	const struct bpf_code *bpf;
	uint8_t *at;
	size_t n, cap;
	/* By BPF instruction: where its code begins, and where the function does whose first it is: a loop
	 * back to a function's first instruction is no call. */
	uint32_t *start, *called;
	VEC(struct native_fixup) fixups;
	VEC(uint32_t) switches; /* where they are in the code */
};

void native_bytes(struct native_code *, const void *bytes, size_t n);
void native_u32(struct native_code *, uint32_t); /* little-endian */
void native_fixup(
	struct native_code *, uint32_t to, bool call, uint8_t kind); /* what is emitted next goes there */

/*
 * A machine. The code begins with `entry`, which is called as rl_step_fn (runtime/image.h) and calls the step
 * with r1 pointing at two 64-bit words, as a struct_ops program gets its arguments: the context, whose two
 * words are `engine` and `submit`, and the address of a 32-bit word to write.
 */
struct native_machine {
	const char *name; /* as in the manifest */
	void (*entry)(struct native_code *);
	void (*prologue)(struct native_code *, const struct native_fn *);
	void (*insn)(struct native_code *, const struct native_fn *, uint32_t i);
	void (*patch)(struct native_code *, const struct native_fixup *, uint32_t target);
};

extern const struct native_machine native_x86_64, native_aarch64;

/* The program in a BPF object made by LLVM. */
struct bpf_code bpf_code_read(struct arena *, const void *elf, size_t n);
/* What follows from instructions, functions and calls' targets: the rest of struct bpf_code. */
void bpf_code_analyse(struct arena *, struct bpf_code *);
/* All functions of it; the entry is at offset 0. */
struct native_step native_translate(struct arena *, const struct bpf_code *, const struct native_machine *);

/* native_fold.c */
void native_fold(struct arena *, struct bpf_code *);
unsigned native_base(
	const struct bpf_insn *); /* the register with the address of a load, a store or an atomic */
bool native_is_jump(const struct bpf_insn *); /* within a function */
bool native_is_switch(const struct bpf_code *, uint32_t n);

/* An instruction that no machine translates: an error of ours. Does not return. */
void native_unknown(const struct bpf_insn *) __attribute__((noreturn));

#endif

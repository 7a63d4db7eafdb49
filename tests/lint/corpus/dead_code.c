/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Instructions to which no path leads may be wrong: the verifier does not look at them. What decides that is
 * a constant of the program, of the kernel's configuration, or of the kernel's types.
 */
#include "corpus.h"

extern int LINUX_KERNEL_VERSION __kconfig;

#define NAKED(name, code)                                                                                    \
	SEC("socket") __attribute__((naked)) int name(void)                                                  \
	{                                                                                                    \
		asm volatile(code ::: "memory");                                                             \
	}
NAKED(unset_register_behind_a_jump, "r0 = 0; if r0 == 0 goto +1; r0 = r9; exit;")
NAKED(unset_register_in_the_way, "r0 = *(u32 *)(r1 + 0); if r0 == 0 goto +1; r0 = r9; exit;")
NAKED(loop_behind_a_jump, "r0 = 0; if r0 == 0 goto +1; goto -1; exit;")
NAKED(loop_in_the_way, "r0 = *(u32 *)(r1 + 0); if r0 == 0 goto +1; goto -1; exit;")
NAKED(no_such_helper_behind_a_jump, "r0 = 0; if r0 == 0 goto +1; call 999; exit;")
NAKED(no_such_helper_in_the_way, "r0 = *(u32 *)(r1 + 0); if r0 == 0 goto +1; call 999; exit;")
/* Whether they are instructions at all, Linux 7.1 and newer ask of all of them. */
NAKED(number_of_a_copy_behind_a_jump, "r0 = 0; if r0 == 0 goto +1; .8byte 0x00000001000012bf; exit;")
NAKED(register_of_a_constant_behind_a_jump, "r0 = 0; if r0 == 0 goto +1; .8byte 0x00000001000012b7; exit;")
NAKED(number_of_a_jump_behind_a_jump, "r0 = 0; if r0 == 0 goto +1; .8byte 0x0000000100000005; exit;")
NAKED(number_of_a_store_behind_a_jump, "r0 = 0; if r0 == 0 goto +1; .8byte 0x00000001fff8017b; exit;")
NAKED(offset_of_a_call_behind_a_jump, "r0 = 0; if r0 == 0 goto +1; .8byte 0x0000000700010085; exit;")
NAKED(number_of_a_copy_in_the_way, "r1 = 0; .8byte 0x00000001000012bf; r0 = 0; exit;")
NAKED(bytes_swapped,
	"call 7; r0 &= 0xf; r0 = be16 r0; if r0 > 0xf00 goto +1; goto +1; r0 = r9; r0 = 0; exit;")
NAKED(bytes_swapped_too_far,
	"call 7; r0 &= 0xf; r0 = be16 r0; if r0 > 0xe00 goto +1; goto +1; r0 = r9; r0 = 0; exit;")

#define SOCKET(name, body)                                                                                   \
	PROGRAM("socket", name, struct __sk_buff)                                                            \
	{                                                                                                    \
		body return 0;                                                                               \
	}
/* The compiler puts it where a variable has no value. */
extern void __bpf_trap(void) __ksym;
SOCKET(trap_behind_a_jump, if (LINUX_KERNEL_VERSION < 0x040000) __bpf_trap();)
SOCKET(trap_in_the_way, if (ctx->len == 7) __bpf_trap();)
SOCKET(old_kernels_only, if (LINUX_KERNEL_VERSION < 0x040000) asm volatile("r0 = r9" ::: "r0");)
SOCKET(new_kernels_only, if (LINUX_KERNEL_VERSION > 0x040000) asm volatile("r0 = r9" ::: "r0");)

/* ---- what the kernel's types have ---- */
struct task_struct {
	int pid;
	int no_such_field;
} __attribute__((preserve_access_index));
struct no_such_struct {
	int x;
} __attribute__((preserve_access_index));
enum no_such_enum { NO_SUCH_VALUE = 7 };

#define RAW(name, body)                                                                                      \
	PROGRAM("raw_tp/sched_process_fork", name, __u64)                                                    \
	{                                                                                                    \
		struct task_struct *t = (void *)ctx[0];                                                      \
		int x = 0;                                                                                   \
		(void)t, (void)x;                                                                            \
		body return x;                                                                               \
	}
#define READ_FIELD(x, field) bpf_probe_read_kernel(&(x), sizeof(x), __builtin_preserve_access_index(&(field)))
RAW(field_that_is_there, READ_FIELD(x, t->pid);)
RAW(field_that_is_not, READ_FIELD(x, t->no_such_field);)
RAW(field_asked_for, if (__builtin_preserve_field_info(t->no_such_field, 2)) READ_FIELD(x, t->no_such_field);)
RAW(struct_that_is_not, READ_FIELD(x, ((struct no_such_struct *)t)->x);)
RAW(struct_asked_for, x = (int)__builtin_preserve_type_info(*(struct no_such_struct *)0, 0);)
RAW(enum_asked_for, x = (int)__builtin_preserve_enum_value(*(typeof(enum no_such_enum) *)NO_SUCH_VALUE, 0);)

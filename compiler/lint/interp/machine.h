/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * machine.h: inside the abstract interpreter. A state is what is known at one point of one path: frames of
 * registers and stack slots, and what is held. explore.c walks through states, step.c and its neighbours
 * change them by an instruction.
 */
#ifndef RINGC_LINT_MACHINE_H
#define RINGC_LINT_MACHINE_H

#include <setjmp.h>
#include "interp.h"
#include "origin.h"
#include "value.h"

/* What linux/bpf.h has only in newer headers than are built with. */
enum {
	NEW_BPF_JCOND = 0xe0,
	NEW_BPF_MEMSX = 0x80,
	NEW_BPF_LOAD_ACQ = 0x100,
	NEW_BPF_STORE_REL = 0x110,
	NEW_BPF_PROG_TYPE_NETFILTER = 32,
	NEW_BPF_MAP_TYPE_CGRP_STORAGE = 32,
	NEW_BPF_MAP_TYPE_ARENA = 33,
	NEW_BPF_CGROUP_UNIX_RECVMSG = 51,
	NEW_BPF_CGROUP_UNIX_GETPEERNAME = 52,
	NEW_BPF_CGROUP_UNIX_GETSOCKNAME = 53,
	NEW_BPF_TRACE_KPROBE_SESSION = 56,
};

#define FRAMES_MAX 16
#define STACK_MAX 512
#define SLOTS_MAX (STACK_MAX / 8)
#define OFFSET_MAX (1 << 29) /* a pointer's variable part is below */
#define PROCESSED_MAX 1000000
#define PENDING_MAX 8192
#define PACKET_MAX 0xffff
#define ARGUMENTS_MAX 12 /* MAX_BPF_FUNC_ARGS: words of a context that are arguments */

/* ---- registers ---- */

/* What is in a register, and the words for it. The second says what may be added to such a pointer. */
#define REG_KINDS                                                                                            \
	X(NOTHING, "no value")                                                                               \
	X(NUMBER, "a number")                                                                                \
	X(CONTEXT, "the context")                                                                            \
	X(MAP, "a map")                                                                                      \
	X(KEY, "a key of a map")                                                                             \
	X(VALUE, "a value of a map")                                                                         \
	X(STACK, "the stack")                                                                                \
	X(PACKET, "the packet")                                                                              \
	X(PACKET_META, "the packet's meta data")                                                             \
	X(PACKET_END, "the packet's end")                                                                    \
	X(FLOW_KEYS, "the keys of a flow")                                                                   \
	X(MEMORY, "memory")                                                                                  \
	X(OBJECT, "an object of the kernel")                                                                 \
	X(STRUCT, "a struct of the kernel")                                                                  \
	X(LOCAL, "an object of the program's own")                                                           \
	X(SOCKET, "a socket")                                                                                \
	X(SOCK_COMMON, "a socket of any kind")                                                               \
	X(TCP_SOCK, "a TCP socket")                                                                          \
	X(FUNCTION, "a function")                                                                            \
	X(DYNPTR, "a dynptr")                                                                                \
	X(ARENA, "an arena")                                                                                 \
	X(BUFFER, "the buffer of a tracepoint")

enum reg_kind {
#define X(name, words) IN_##name,
	REG_KINDS
#undef X
};

enum reg_flag {
	MAYBE_NULL = 1,
	READ_ONLY = 2,
	RINGBUF = 4, /* memory that is submitted or discarded */
	TRUSTED = 8,
	UNTRUSTED = 16,
	FROM_DYNPTR = 32, /* of a dynptr with the id `of` */
	RCU = 64,         /* there as long as RCU is locked */
	ELSEWHERE = 128,  /* no address of the kernel's: of a user, or of each processor */
	OF_PACKET = 1024, /* a slice by a dynptr of it: there as long as it is not changed */
	/* Of objects of the program's own: */
	ALLOCATED = 256, /* it is one, and there; without it, it was once */
	BORROWED = 512,  /* it is in a list or tree, and there as long as its lock is held */
};

/* For a packet: how much of it is known to be there, or that it is not. */
#define RANGE_AT_END (-1)
#define RANGE_BEYOND (-2)

/* In an id: that number and a constant, which is in `off`; or the lower half of that sum. */
#define ID_PLUS_64 0x80000000u
#define ID_PLUS_32 0x40000000u
#define ID_PLUS (ID_PLUS_64 | ID_PLUS_32)

struct reg {
	struct num v; /* of a pointer: the part of its offset that varies */
	int32_t off;
	int32_t which; /* map; frame; function; bytes of memory; range of a packet; type of an object, in the
			  kernel's BTF, or, of the program's own, in the object's */
	uint32_t id;   /* the same in all copies: what is learnt of one is learnt of all */
	uint32_t held; /* id of what it keeps acquired */
	uint32_t of; /* id of what it lies in: a dynptr, or, of a map and its value, one of the maps in a map
		      */
	uint8_t kind;
	uint16_t flags;
	bool precise : 1; /* numbers only: its value decided something further on */
	/* For people, and no part of the state: origin.h. Of a pointer that was moved it is the origin of
	 * what was added; derived: it was computed of that. */
	bool moved : 1, derived : 1;
	uint32_t origin : ORIGIN_BITS;
};

enum slot_byte {
	BYTE_UNSET,
	BYTE_ANY,
	BYTE_ZERO,
	BYTE_SPILL, /* of a register */
	BYTE_DYNPTR,
	BYTE_ITER,
	BYTE_IRQ,
};

/* Eight bytes of stack. An iterator: which = the kind of it, off = its iter_state, id = how often it went on.
 * A dynptr: which = its kind, off = whether it is the first of its slots. Whether interrupts were on: which =
 * who keeps that there, enum irq_keeper. */
struct slot {
	struct reg reg;
	uint8_t bytes[8]; /* the highest first, as they are counted from the frame pointer */
};

enum iter_state {
	ITER_ACTIVE,
	ITER_DRAINED,
};

struct frame {
	struct reg regs[11];
	struct slot *slots; /* slots[0] is the one below the frame pointer */
	uint16_t n, cap;
	uint32_t callsite; /* NO_CALLSITE: of the outermost */
	uint32_t function;
	uint32_t callback_depth; /* rounds of a callback that were followed */
	uint32_t asked_for;      /* of a function that is called later: how often by one like it */
	bool in_callback, in_async;
	int32_t returns_min, returns_max; /* of a callback */
};

#define NO_CALLSITE UINT32_MAX

/* One step of a path that cannot be told from the instructions alone, for walking it backwards. */
struct past {
	uint32_t insn, prev;
	uint8_t flags; /* PAST_* */
	uint8_t frame, slot;
	uint8_t nlinked;
	struct {
		uint8_t frame, at;
		bool is_reg;
	} linked[6];
};
enum {
	PAST_STACK = 1, /* it moved a register to or from a slot */
	PAST_SRC_STACK = 2,
	PAST_DST_STACK = 4,
};

enum held_kind {
	HELD_OBJECT,
	HELD_LOCK,
	HELD_RES_LOCK, /* one that may fail */
	HELD_RES_LOCK_IRQ,
	HELD_IRQ, /* interrupts are off */
};

/* They stand in the order in which they were acquired. */
struct held {
	uint32_t id, insn;
	uint32_t within; /* id of what has to be released after it */
	enum held_kind kind;
	int32_t map; /* of a lock; LOCK_OF_LOCAL: it is in an object of the program's own */
};
#define LOCK_OF_LOCAL (-2)
#define HELD_MAX 32

/* The branches of a path, the last first. */
struct way {
	const struct way *before;
	uint32_t insn;
	bool jumped;
};

struct state {
	struct frame *frames[FRAMES_MAX];
	uint8_t top; /* index of the innermost */
	uint8_t nheld;
	bool cleaned, in_free_list;
	bool sleepable; /* as the program is, or what it calls later */
	uint16_t rcu, preempt, locks, irqs;
	struct held held[HELD_MAX];
	uint32_t insn;        /* where it is */
	uint32_t first, last; /* of its instructions, since its parent */
	uint32_t branches;    /* paths from here that are not yet at their end */
	uint32_t goto_depth, callback_unroll, depth;
	struct state *parent;
	struct state *same; /* of a back edge: the state that it is within */
	struct past *past;
	uint32_t npast, past_cap;
	uint32_t length; /* instructions, from where its function began */
	const struct way *way;
	/* as a remembered state */
	struct state *next;
	uint32_t hits, misses;
	bool remembered;
};

struct pending {
	struct state *state;
	uint32_t insn, prev;
	struct pending *next;
};

/* What is known of an instruction before any path is followed. */
struct insn_info {
	uint16_t live;     /* registers that it or what follows may read */
	uint16_t function; /* whose it is */
	uint32_t loop;     /* the strongly connected component that it is in; 0: none */
	bool prune, jump_target, force, calls_callback, iter_next, reached;
	uint8_t pointer_kind;   /* that it loads or stores by: one for all paths */
	uint16_t pointer_flags; /* the same, of an object of the program's own */
	struct state *states;
};

struct instance; /* liveness.c */
#define INSTANCE_BITS 13
struct loop_visit;

struct function_info {
	uint16_t stack;
	bool called, judged; /* a global one: to be judged; done */
	bool is_callback, is_async;
	bool sleeps, changes_packet, throws;
};

struct machine {
	struct lint *lint;
	const struct lint_object *o;
	const struct lint_program *p;
	struct interp_result *r;
	const struct interp_watch *watch; /* NULL: nobody does */
	struct lint_program *program;     /* the same as p, for what depends on the kernel */
	const struct btf *btf;            /* NULL: none, or none that the kernel takes */
	const struct btf *kernel; /* of the kernel itself, for programs that are called with its objects */
	const struct btf_type *target; /* what such a program is attached to: a function's type */
	const struct btf_type *stub;   /* of a struct_ops: another of that type; NULL: none */
	uint32_t given[ARGUMENTS_MAX]; /* ids of arguments that are held from the beginning */
	struct arena *arena;           /* of this run */
	jmp_buf out;
	const struct way *longest;
	uint32_t named; /* the origin of what was named last; 0: none was */

	struct insn_info *at;
	struct function_info *functions;
	struct fields *map_fields;           /* one for each map: fields.h */
	const struct fields **struct_fields; /* one for each type, NULL: it has none */
	const char *btf_refused; /* why the kernel does not take the object's BTF; NULL: it does */

	struct state *cur;
	uint32_t insn, prev;
	struct past *past_now; /* what this instruction has recorded */
	struct pending *pending, *free_pending;
	uint32_t npending;
	uint32_t ids;
	uint32_t jumps, jumps_before;
	uint64_t processed_before;
	uint32_t nstates;

	struct state *free_states;
	struct frame *free_frames;
	struct loop_visit *visits;
	struct instance *instances[1 << INSTANCE_BITS], *instance;
	uint64_t writes[FRAMES_MAX]; /* slots that this instruction surely overwrites */
	struct backtrack {
		uint32_t frame;
		uint16_t regs[FRAMES_MAX];
		uint64_t slots[FRAMES_MAX];
	} bt;
	struct id_pairs {
		struct {
			uint32_t old, cur;
		} at[1024];
		uint32_t n, made;
	} pairs;
	uint32_t *postorder; /* of all functions, one after the other */
	uint32_t *postorder_begin;
};

static inline struct frame *frame_now(const struct machine *m)
{
	return m->cur->frames[m->cur->top];
}

static inline struct reg *reg_now(const struct machine *m, unsigned r)
{
	return &frame_now(m)->regs[r];
}

static inline bool is_number(const struct reg *r)
{
	return r->kind == IN_NUMBER;
}

static inline bool is_null(const struct reg *r)
{
	return r->kind == IN_NUMBER && num_is(&r->v, 0);
}

static inline bool is_packet(const struct reg *r)
{
	return r->kind == IN_PACKET || r->kind == IN_PACKET_META;
}

/* What the program may not look into, but by what is made for it. */
static inline bool is_opaque(uint8_t byte)
{
	return byte == BYTE_DYNPTR || byte == BYTE_ITER || byte == BYTE_IRQ;
}

static inline bool is_spill(const struct slot *s)
{
	return s->bytes[7] == BYTE_SPILL;
}

static inline bool is_spilled_number(const struct slot *s)
{
	return is_spill(s) && s->reg.kind == IN_NUMBER;
}

/* Each register of each frame, and each that is spilled. */
#define FOR_EACH_REG(state, r, code)                                                                         \
	for (unsigned f_ = 0; f_ <= (state)->top; f_++) {                                                    \
		struct frame *frame_ = (state)->frames[f_];                                                  \
		for (unsigned i_ = 0; i_ < 10u + frame_->n; i_++) {                                          \
			struct reg *r = i_ < 10 ? &frame_->regs[i_] : &frame_->slots[i_ - 10].reg;           \
			if (i_ < 10 || is_spill(&frame_->slots[i_ - 10])) {                                  \
				code                                                                         \
			}                                                                                    \
		}                                                                                            \
	}

/* ---- words.c ---- */

/* Ends the run: the program is rejected, or cannot be judged. The hint may be NULL. */
_Noreturn void reject(struct machine *, enum lint_rule, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
_Noreturn void reject_at(struct machine *, uint32_t insn, enum lint_rule, const char *hint,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
_Noreturn void not_judged(struct machine *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "R1", or "R1, which is `skb->len` of line 12", for what reject() says: it sees to the comma after that. */
const char *reg_name(struct machine *, unsigned r);
const char *value_name(struct machine *, const struct reg *, const char *name);
const char *reg_words(const struct machine *, const struct reg *);
const char *held_name(struct machine *, uint32_t insn); /* what it acquired */

/* ---- explore.c ---- */

/* A copy of the current state, to be followed later from `insn` on. */
struct state *follow_later(struct machine *, uint32_t insn, uint32_t prev);
struct state *follow_alone(struct machine *, uint32_t insn, uint32_t function);
/* The last state on this path that was remembered at that instruction. */
struct state *found_before(struct machine *, struct state *cur, uint32_t insn);
bool same_callsites(const struct state *, const struct state *);

/* ---- state.c ---- */

void *machine_alloc(struct machine *, size_t);
struct state *state_new(struct machine *);
void state_copy(struct machine *, struct state *to, const struct state *from);
void state_free(struct machine *, struct state *);
struct frame *frame_new(struct machine *, uint32_t function, uint32_t callsite, unsigned number);
void frame_free(struct machine *, struct frame *);
void frame_grow(struct machine *, struct frame *, unsigned slots);

void reg_forget(struct reg *); /* no value */
void reg_unknown(struct reg *);
void reg_lose(struct reg *); /* an address without what was there */
void reg_known(struct reg *, uint64_t);
void reg_give_id(struct machine *, struct reg *);
/* Ids of numbers that no other number has. */
void forget_single_ids(struct machine *, struct state *);
void reg_point(struct reg *, enum reg_kind, int32_t which); /* a pointer to its beginning */

enum exactness {
	BY_NEED, /* numbers that decided nothing do not count */
	WITHIN,
	EXACT,
};
bool state_within(struct machine *, struct state *old, struct state *cur, enum exactness);
bool iterators_differ(const struct state *old, const struct state *cur);
bool may_loop(const struct state *old, const struct state *cur);
void widen(struct machine *, struct state *old, struct state *cur);

uint32_t hold(struct machine *, uint32_t insn);
uint32_t hold_within(struct machine *, uint32_t within); /* what that has; 0: of nothing that is held */
void hold_also(struct machine *, const struct held *);
void held_remove(struct state *, unsigned at);
bool is_held(const struct state *, uint32_t id);
bool drop(struct state *, uint32_t id);
void release(struct machine *, uint32_t id); /* and forgets whatever depends on it */

/* ---- liveness.c ---- */

void find_live_registers(struct machine *);
void stack_read(struct machine *, unsigned frame, uint64_t slots);
void stack_written(struct machine *, unsigned frame, uint64_t slots);
void stack_marks_begin(struct machine *);
void stack_marks_end(struct machine *);
void stack_marks_settle(struct machine *);
void stack_marks_forget_place(struct machine *);
/* Forgets what nothing reads after that state. */
void forget_dead(struct machine *, struct state *);
int jump_offset(const struct bpf_insn *);
unsigned successors(const struct machine *, uint32_t insn, uint32_t to[2]);

/* ---- precise.c ---- */

void remember_past(struct machine *, unsigned flags, unsigned frame, unsigned slot);
void remember_linked(struct machine *, const struct past *);
void need_precise(struct machine *, unsigned reg);
void need_precise_slot(struct machine *, unsigned frame, unsigned slot);
void forget_precise(struct state *);
void all_precise(struct state *);
/* What `old` needed precisely, `cur`, which is within it, needs too. */
void pass_precision_on(struct machine *, const struct state *old, struct state *cur, bool *changed);

/* ---- memory.c ---- */

enum access {
	READ,
	WRITE,
};
/* Bytes at reg + off. `value` is the register that is loaded or stored, or -1. */
void access_memory(struct machine *, unsigned reg, int off, unsigned size, enum access, int value,
	bool aligned, bool sign);
void note_near(
	struct machine *, enum lint_memory, const struct reg *, int64_t off, int64_t size, int64_t whole);
/* What a helper does with `size` bytes at a register. Uninitialised stack may be passed where `raw`. */
void access_by_helper(
	struct machine *, unsigned reg, unsigned size, enum access, bool zero_allowed, bool raw);
void need_unchanged(struct machine *, unsigned reg, const struct reg *, bool fixed_offset_allowed);
const char *access_words(enum access);
const char *offset_words(const struct reg *, int64_t off, char *to, unsigned size);

/* ---- slots.c ---- */

int slot_of(int off);
/* Of a pointer into the stack whose offset is known: the slot there; whether it is the first byte of so many.
 */
unsigned slot_pointed(const struct reg *);
bool fits_slots(const struct reg *, unsigned slots);
/* The highest of the slots that this argument points to, which is to be so many and `what`. */
unsigned need_slots(struct machine *, const char *function, unsigned reg, unsigned slots, const char *what);
struct frame *frame_of(const struct machine *, const struct reg *);
void within_stack(struct machine *, unsigned reg, int64_t off, int64_t size, enum access);
void access_stack(struct machine *, unsigned reg, int off, unsigned size, enum access, int value);
/* What a helper, or a load at an offset that varies, reads of the stack; a write leaves it to be anything. */
void stack_range(struct machine *, const struct reg *, int low, int high, bool clobber);

/* ---- format.c ---- */

bool format_fits(const char *text, uint64_t values);

/* ---- shape.c ---- */

/* How many functions may be in a chain of calls. */
unsigned frames_max(const struct machine *);

/* ---- context.c ---- */

struct context_value {
	enum reg_kind kind;
	uint8_t flags;
	int32_t which;
	uint32_t held;
	bool is_result; /* of what the program comes behind: within its range */
};
bool context_access(struct machine *, int off, unsigned size, enum access, struct context_value *);
bool packet_writable(const struct machine *);
bool packet_accessible(const struct machine *);
bool returned_range(const struct machine *, int32_t *min, int32_t *max);
bool object_access(struct machine *, const struct reg *, int off, unsigned size, enum access);
void context_judged(struct machine *); /* or not_judged */

/* ---- encoding.c ---- */

void check_insns(struct machine *); /* of the whole program */
void check_insn(struct machine *);
_Noreturn void reserved(struct machine *); /* a field that has to be 0 is not */

/* ---- step.c, alu.c, branch.c ---- */

/* True: the path ends here. */
bool step(struct machine *);
void check_packet_loads(struct machine *);
bool returns_early(struct machine *, const char *by);
void need_value(struct machine *, unsigned reg);
void need_writable(struct machine *, unsigned reg);
void alu(struct machine *, const struct bpf_insn *);
void follow_branch(struct machine *, const struct bpf_insn *);

/* ---- calls.c, kfuncs.c ---- */

void call_helper(struct machine *, const struct bpf_insn *);
void call_kfunc(struct machine *, const struct bpf_insn *, bool *throws);
bool load_kfunc_address(struct machine *, struct reg *, const char *name); /* false: it is no function */
void call_own(struct machine *, const struct bpf_insn *);
void return_from(struct machine *);
void check_held(struct machine *, const char *what);
void check_held_but(struct machine *, uint32_t given, const char *what); /* what has that id is given back */
bool throws_leave_globals(const struct machine *);
void forget_caller_saved(struct machine *);
void need_text(struct machine *, const char *by, unsigned reg); /* a constant string, for that function */
void lose_packet(struct machine *);                             /* pointers to it are but numbers then */
void enter_callback(struct machine *, struct state *, uint32_t function);
bool returns_nothing(const struct machine *, uint32_t function); /* a global one */
bool may_sleep(const struct machine *);                          /* the program, and where it is now */
/* A function that is called when nothing is known any more but the element of a map that it is for: its
 * frame. */
struct frame *call_later(
	struct machine *, uint32_t function, int32_t map, uint32_t inner_map, bool sleepable);
/* As long as a callback may be called once more, with other states than before: its frame. */
struct frame *call_back_later(struct machine *, uint32_t function);
void call_global(struct machine *, uint32_t function);
void enter_global(struct machine *, uint32_t function);
bool is_judged_apart(const struct machine *, uint32_t function);
bool is_context_name(const struct machine *, const char *of_struct);
unsigned helper_arguments(uint32_t id);
bool helper_calls_back(uint32_t id, bool *async);
bool helper_changes_packet(uint32_t id);
bool helper_sleeps(uint32_t id);
enum kfunc_trait {
	KFUNC_UNKNOWN = 1,
	KFUNC_NEXT = 2,
	KFUNC_SLEEPS = 4,
	KFUNC_THROWS = 8,
	KFUNC_CALLS_BACK = 16,
	KFUNC_CALLS_LATER = 32,
};
unsigned kfunc_traits(const struct machine *, const struct bpf_insn *, unsigned *arguments);
void widen_after_callback(struct machine *, uint32_t insn);

#endif

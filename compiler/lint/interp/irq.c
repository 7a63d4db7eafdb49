/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * irq.c: interrupts that are off: whether they were on before is in a slot of the stack, which is not to be
 * read or written until they are as before. process_irq_flag() in the kernel's kernel/bpf/verifier.c.
 */
#include <string.h>
#include "local.h"

static struct slot *slot_at(const struct machine *m, const struct reg *r, unsigned at)
{
	const struct frame *f = frame_of(m, r);
	return at < f->n ? &f->slots[at] : NULL;
}

void save_interrupts(struct machine *m, const struct kfunc *k, unsigned reg, enum irq_keeper keeper)
{
	const struct reg *r = reg_now(m, reg);
	unsigned at = need_slots(m, k->name, reg, 1, "room for the state of interrupts");
	struct slot *s = slot_at(m, r, at);

	if (s && s->bytes[0] == BYTE_IRQ)
		reject(m, L_bad_argument, "Have another variable for each that is off at a time.",
			"argument %u of %s() is in use: interrupts are not yet as it says", reg, k->name);
	access_memory(m, reg, 0, 8, WRITE, -1, false, false);
	s = slot_at(m, r, at);
	hold_also(m, &(struct held){.id = ++m->ids, .insn = m->insn, .kind = HELD_IRQ, .map = -1});
	m->cur->irqs++;
	reg_point(&s->reg, IN_STACK, (int32_t)keeper);
	s->reg.held = m->ids;
	memset(s->bytes, BYTE_IRQ, 8);
}

static unsigned last_saved(const struct state *s)
{
	unsigned i = s->nheld;
	while (s->held[i - 1].kind != HELD_IRQ)
		i--;
	return i - 1;
}

void restore_interrupts(struct machine *m, const struct kfunc *k, unsigned reg, enum irq_keeper keeper)
{
	const struct reg *r = reg_now(m, reg);
	unsigned at = need_slots(m, k->name, reg, 1, "the state of interrupts");
	struct slot *s = slot_at(m, r, at);

	for (int i = 0; i < 8; i++)
		if (!s || s->bytes[i] != BYTE_IRQ)
			reject(m, L_bad_argument, "Pass what was saved, on every path.",
				"argument %u of %s() is not the state of interrupts on this path", reg,
				k->name);
	stack_read(m, (unsigned)r->which, 1ULL << at);
	if (s->reg.which != (int32_t)keeper)
		reject(m, L_lock, "Restore with the function that belongs to the one that saved.",
			"%s() is given what was saved by %s", k->name,
			keeper == IRQ_OF_LOCK ? "bpf_local_irq_save()" : "bpf_res_spin_lock_irqsave()");
	unsigned last = last_saved(m->cur);
	if (m->cur->held[last].id != s->reg.held)
		reject(m, L_lock, "Restore what was saved last before the others.",
			"%s() is not given what was saved last", k->name);
	held_remove(m->cur, last);
	m->cur->irqs--;
	memset(s->bytes, BYTE_UNSET, 8);
	reg_forget(&s->reg);
	rcu_ends(m, false);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* trace.h: the switches of a program, and the records of one that is traced: trace.c. */
#ifndef RINGLET_TRACE_H
#define RINGLET_TRACE_H

#include <stdbool.h>
#include <stddef.h>

struct ringlet;

/* Whether there is a switch, which is off. */
bool rl_switch_is_bpf(const unsigned char *at, size_t left);
bool rl_switch_is_native(const unsigned char *at, size_t left);

/* -EOPNOTSUPP: it is to be traced and cannot be. */
int rl_trace_begin(struct ringlet *r);
void rl_trace_switch_bpf(struct ringlet *r);                /* on, in the object, if it is to be */
void rl_trace_switch_native(struct ringlet *r, void *code); /* on, if it is to be */
/* Hands over what is there. */
void rl_trace_drain(struct ringlet *r); /* only by the thread that runs the program, between two steps */

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* graph.h: a script's tasks as a graph, for Graphviz. */
#ifndef RINGC_GRAPH_H
#define RINGC_GRAPH_H

#include <stdio.h>
#include "graph_marks.h"

/* `marks`: NULL: without findings. */
void graph_print(const struct ir_program *, const struct graph_marks *marks, FILE *);

#endif

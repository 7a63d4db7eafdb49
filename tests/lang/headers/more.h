/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MORE_H
#define MORE_H
typedef struct {
	int x, y;
} point;
#endif

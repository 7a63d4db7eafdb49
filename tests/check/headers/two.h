/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define BOTH 2
#define EQUAL 3

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
struct either {
	union {
		unsigned int number;
		unsigned char bytes[4];
	} of;
};
union whole {
	unsigned int number;
	unsigned char bytes[4];
};

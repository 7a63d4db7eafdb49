# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What libbpf sees in an object.

test_programs += $(BUILD)/tests/object/libbpf.t

$(BUILD)/tests/object/libbpf.t: tests/object/libbpf.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(BPF_LIBS)

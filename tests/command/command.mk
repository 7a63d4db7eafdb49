# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

test_programs += $(BUILD)/tests/command/terminal

$(BUILD)/tests/command/terminal: tests/command/terminal.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $<

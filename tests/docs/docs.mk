# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# make docs: the tables in docs/, made of those in compiler/ and runtime/.

docs := README.md $(wildcard docs/*.md)
test_programs += $(BUILD)/tools/docs $(BUILD)/tests/docs/extracted

$(BUILD)/tools/docs: tools/docs.c compiler/ops.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ tools/docs.c compiler/ops.c

-include $(BUILD)/tools/docs.d

$(BUILD)/tests/docs/extracted: $(docs) tests/docs/extract tests/docs/compile $(BUILD)/ringc $(wildcard stdlib/*.rlt)
	@mkdir -p $(@D)
	tests/docs/extract $(@D)/examples $(docs)
	tests/docs/compile $(BUILD)/ringc $(@D)/examples
	@touch $@

.PHONY: docs
docs: $(BUILD)/tools/docs
	$< $(docs)

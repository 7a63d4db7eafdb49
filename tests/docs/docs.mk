# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# make docs: the tables in docs/, made of those in compiler/ and runtime/.

docs := README.md $(wildcard docs/*.md)
test_programs += $(BUILD)/tools/docs $(BUILD)/tests/docs/extracted

# Of two sources in one call the compiler tells the second one's headers only.
docs_headers := $(wildcard compiler/*.def compiler/*.h runtime/*.def runtime/*.h)
$(BUILD)/tools/docs: tools/docs.c compiler/ops.c $(docs_headers) $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ tools/docs.c compiler/ops.c

$(BUILD)/tests/docs/extracted: $(docs) tests/docs/extract tests/docs/compile $(BUILD)/ringc $(wildcard stdlib/*.rlt)
	@mkdir -p $(@D)
	tests/docs/extract $(@D)/examples $(docs)
	tests/docs/compile $(BUILD)/ringc $(@D)/examples
	@touch $@

.PHONY: docs
docs: $(BUILD)/tools/docs
	$< $(docs)

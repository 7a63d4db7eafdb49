# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# make docs: the tables in docs/, made of those in compiler/ and runtime/.

docs := README.md $(wildcard docs/*.md)
test_programs += $(BUILD)/tools/docs $(BUILD)/tests/docs/extracted

# Of two sources in one call the compiler tells the second one's headers only.
docs_headers := tools/docs.h $(wildcard compiler/*.def compiler/lint/*.def compiler/lint/*/*.def compiler/*.h runtime/*.def runtime/*.h)
docs_src := tools/docs.c tools/docs_lint.c compiler/ops.c
$(BUILD)/tools/docs: $(docs_src) $(docs_headers) $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(docs_src)

$(BUILD)/tests/docs/extracted: $(docs) tests/docs/extract tests/docs/compile $(BUILD)/ringc $(wildcard stdlib/*.rlt)
	@mkdir -p $(@D)
	tests/docs/extract $(@D)/examples $(docs)
	tests/docs/compile $(BUILD)/ringc $(@D)/examples
	@touch $@

.PHONY: docs
docs: $(BUILD)/tools/docs
	$< $(docs)

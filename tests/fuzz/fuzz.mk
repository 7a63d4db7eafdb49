# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The stand-alone fuzzer runs a few seconds in `check`; for longer: build-san/tests/fuzz/parse.t -n 100000 -s 7.
# With clang's libFuzzer: make build/fuzz-parse, then build/fuzz-parse -max_total_time=600 tests/syntax

front_end_obj := $(addprefix $(BUILD)/compiler/,arena.o ast.o diag.o diag_text.o node.o recover.o source.o syntax_error.o) \
	$(BUILD)/grammar.o $(BUILD)/lexer.o

test_programs += $(BUILD)/tests/fuzz/parse.t

$(BUILD)/tests/fuzz/%.o: tests/fuzz/%.c $(BUILD)/flags | $(generated)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/tests/fuzz/parse.t: $(BUILD)/tests/fuzz/parse.o $(front_end_obj)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs jansson)

$(BUILD)/fuzz-parse: tests/fuzz/parse.c $(front_end_obj:$(BUILD)/compiler/%.o=compiler/%.c) | $(generated)
	clang -g -O1 -std=c11 -D_GNU_SOURCE -DLIBFUZZER -fsanitize=fuzzer,address,undefined -iquote compiler -iquote $(BUILD) -o $@ \
		tests/fuzz/parse.c $(filter compiler/%.c,$(front_end_obj:$(BUILD)/compiler/%.o=compiler/%.c)) \
		$(BUILD)/grammar.c $(BUILD)/lexer.c $(shell $(PKG_CONFIG) --libs jansson)

-include $(BUILD)/tests/fuzz/parse.d

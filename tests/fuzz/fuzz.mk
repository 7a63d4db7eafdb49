# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The fuzzers run a few seconds each in `check`. `make fuzz FUZZ_SECONDS=600` runs them longer, each time on other texts;
# with SANITIZE=address,undefined more is seen. What a run dies of is in $(BUILD)/tests/fuzz/*.rlt;
# once mended it becomes a test in tests/check or tests/lang, which are what the fuzzers begin with.
# parse.t is for lexer and grammar, compile.t for the whole compiler, header.t for C headers that scripts import,
# objects.t for the linter, which is given damaged objects.
# With clang's libFuzzer: make build/fuzz-parse, then build/fuzz-parse -max_total_time=600 tests/syntax

FUZZ_SECONDS ?= 60
FUZZ_SEED ?= $(shell date +%s)

front_end_obj := $(addprefix $(BUILD)/compiler/,arena.o ast.o diag.o diag_text.o near.o node.o recover.o source.o syntax_error.o) \
	$(BUILD)/grammar.o $(BUILD)/lexer.o

fuzzers := $(addprefix $(BUILD)/tests/fuzz/,parse.t compile.t header.t objects.t)
test_programs += $(fuzzers)

$(BUILD)/tests/fuzz/%.o: tests/fuzz/%.c $(BUILD)/flags | $(generated)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LLVM_CFLAGS) -c -o $@ $<

-include $(BUILD)/tests/fuzz/parse.d $(BUILD)/tests/fuzz/compile.d $(BUILD)/tests/fuzz/header.d \
	$(BUILD)/tests/fuzz/mutate.d $(BUILD)/tests/fuzz/objects.d

$(BUILD)/tests/fuzz/parse.t: $(BUILD)/tests/fuzz/parse.o $(BUILD)/tests/fuzz/mutate.o $(front_end_obj)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs jansson)

$(BUILD)/tests/fuzz/compile.t $(BUILD)/tests/fuzz/header.t: %.t: %.o $(BUILD)/tests/fuzz/mutate.o \
		$(filter-out %/main.o,$(compiler_obj)) $(BUILD)/libringlet.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LLVM_LIBS) $(BPF_LIBS)

$(BUILD)/tests/fuzz/objects.t: $(BUILD)/tests/fuzz/objects.o $(filter-out %/main.o,$(compiler_obj)) $(BUILD)/libringlet.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LLVM_LIBS) $(BPF_LIBS)

$(BUILD)/tests/fuzz/objects.t: | $(lint_obj)

$(BUILD)/tests/fuzz/header.t: | $(BUILD)/ringc-header

.PHONY: fuzz
fuzz: $(fuzzers)
	for t in $(fuzzers); do $$t -t $(FUZZ_SECONDS) -s $(FUZZ_SEED) -o $$t.rlt || \
		{ echo "seed $(FUZZ_SEED); the text is in $$t.rlt" >&2; exit 1; }; done

$(BUILD)/fuzz-parse: tests/fuzz/parse.c $(front_end_obj:$(BUILD)/compiler/%.o=compiler/%.c) | $(generated)
	clang -g -O1 -std=c11 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -iquote compiler -iquote $(BUILD) -o $@ \
		tests/fuzz/parse.c $(filter compiler/%.c,$(front_end_obj:$(BUILD)/compiler/%.o=compiler/%.c)) \
		$(BUILD)/grammar.c $(BUILD)/lexer.c $(shell $(PKG_CONFIG) --libs jansson)

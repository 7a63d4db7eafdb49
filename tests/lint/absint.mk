# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The linter against the verifiers of kernels.

LINT_CLANG ?= $(firstword $(shell command -v clang-19 clang 2>/dev/null))
lint_dir := $(BUILD)/tests/lint
lint_corpus := $(patsubst tests/lint/corpus/%.c,$(lint_dir)/corpus/%.bpf.o,$(wildcard tests/lint/corpus/*.c))
# The linter without what reads scripts and prints findings.
lint_without := command disasm insn_text lint options needs_script open paths% print_json print_text script verify/guest% verify/verdict
lint_own := $(patsubst compiler/lint/%.c,%,$(wildcard compiler/lint/*.c compiler/lint/interp/*.c compiler/lint/verify/*.c))
lint_own_obj := $(patsubst %,$(BUILD)/compiler/lint/%.o,$(filter-out $(lint_without),$(lint_own))) \
	$(addprefix $(BUILD)/compiler/,arena.o diag.o diag_text.o source.o)
lint_agree_obj := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/lint/agree/*.c))

lint_cpu_helpers := v4

$(lint_dir)/corpus/%.bpf.o: tests/lint/corpus/%.c
	@mkdir -p $(@D)
	$(LINT_CLANG) -O2 -g -target bpf -mcpu=$(or $(lint_cpu_$*),v3) -Wall -Wno-unused-parameter -Wno-unused-variable -I/usr/include/$(shell gcc -print-multiarch) \
		-MMD -MP -c -o $@ $<

$(lint_agree_obj): $(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(lint_dir)/agreement: $(lint_agree_obj) $(lint_own_obj) $(BUILD)/libringlet.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(BPF_LIBS)

test_programs += $(lint_dir)/agreement $(lint_corpus)

.PHONY: lint-agreement
lint-agreement: programs
	tests/lint/agree/table 6.12 7.1 7.3 -- $(lint_corpus) $(wildcard $(BUILD)/examples/*.bpf.o $(BUILD)/tests/lang/*.bpf.o)

-include $(wildcard $(lint_dir)/corpus/*.d $(lint_dir)/agree/*.d)

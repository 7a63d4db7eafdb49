# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The abstract interpreter against the verifier of this machine's kernel.

LINT_CLANG ?= $(firstword $(shell command -v clang-19 clang 2>/dev/null))
lint_dir := $(BUILD)/tests/lint
lint_corpus := $(patsubst tests/lint/corpus/%.c,$(lint_dir)/corpus/%.bpf.o,$(wildcard tests/lint/corpus/*.c))
lint_interp := object elf_view link lines value arithmetic compare state liveness precise memory slots fields context \
	step alu branch calls arguments functions kfuncs shape explore
lint_interp += libbpf_log
lint_interp_obj := $(lint_interp:%=$(BUILD)/compiler/lint/%.o) $(BUILD)/compiler/arena.o

$(lint_dir)/corpus/%.bpf.o: tests/lint/corpus/%.c
	@mkdir -p $(@D)
	$(LINT_CLANG) -O2 -g -target bpf -mcpu=v3 -Wall -Wno-unused-parameter -Wno-unused-variable -I/usr/include/$(shell gcc -print-multiarch) \
		-MMD -MP -c -o $@ $<

# Its own findings: what it links has those of the compiler not.
$(lint_dir)/agreement: tests/lint/agreement.c $(lint_interp_obj) $(BUILD)/libringlet.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(lint_interp_obj) $(BUILD)/libringlet.a $(BPF_LIBS)

test_programs += $(lint_dir)/agreement $(lint_corpus)

.PHONY: lint-agreement
lint-agreement: $(lint_dir)/agreement $(lint_corpus)
	$< $(lint_corpus)

-include $(wildcard $(lint_dir)/corpus/*.d)

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Objects that `ringc lint` looks at, of C. Where its source lies is told as from here, wherever that is.

lint_src := $(wildcard tests/lint/*.bpf.c)
lint_kernels := 6.12 7.0 7.1 7.2 7.3
lint_obj := $(lint_src:%.bpf.c=$(BUILD)/%.bpf.o)
test_programs += $(lint_obj) $(BUILD)/tests/lint/judge $(BUILD)/tests/lint/sarif $(lint_kernels:%=$(BUILD)/tests/lint/findings-%.json)

$(BUILD)/tests/lint/%.bpf.o: tests/lint/%.bpf.c
	@mkdir -p $(@D)
	$(BENCH_CLANG) $(BENCH_BPF_CFLAGS) $(bench_bpf_include) -fdebug-compilation-dir=. -MMD -MP -c -o $@ $<

# A kernel's BTF, as small as can be, and what is attached to it.
lint_kernel := $(BUILD)/tests/lint/kernel/kernel.o $(BUILD)/tests/lint/kernel/program.bpf.o
test_programs += $(lint_kernel)

$(BUILD)/tests/lint/kernel/kernel.o: tests/lint/kernel/kernel.c
$(BUILD)/tests/lint/kernel/program.bpf.o: tests/lint/kernel/program.c
$(lint_kernel):
	@mkdir -p $(@D)
	$(BENCH_CLANG) $(BENCH_BPF_CFLAGS) $(bench_bpf_include) -MMD -MP -c -o $@ $<

$(BUILD)/tests/lint/judge $(BUILD)/tests/lint/sarif: $(BUILD)/tests/lint/%: tests/lint/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(BPF_LIBS)

# For virtual machines, where there is no compiler: by the kernel that is judged for.
$(BUILD)/tests/lint/findings-%.json: $(lint_obj) $(BUILD)/ringc
	$(BUILD)/ringc lint --kernel=$* -W error=many-jumps -W error=unknown-kfunc --format=json $(lint_obj) >$@ || \
		test $$? -eq 1

-include $(lint_obj:.o=.d) $(lint_kernel:.o=.d)

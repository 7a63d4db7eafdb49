# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Programs that kernels reject, and what tells why, without the rest of the compiler: it runs in virtual machines.

verify_obj := $(patsubst %.c,$(BUILD)/%.bpf.o,$(wildcard tests/verify/rejected_*.c))
verify_src := arena lint/object lint/elf_view lint/link lint/lines lint/flow lint/libbpf_log lint/names lint/image_parts \
	lint/interp/origin $(addprefix lint/verify/,ask equivalent verify verifier_log)
test_programs += $(verify_obj) $(patsubst %,$(BUILD)/tests/verify/%.bpf.o,accepted_with_maps configured) $(BUILD)/tests/verify/reasons

$(BUILD)/tests/verify/%.bpf.o: tests/verify/%.c tests/verify/rejected.h
	@mkdir -p $(@D)
	$(BENCH_CLANG) $(BENCH_BPF_CFLAGS) $(bench_bpf_include) -fdebug-compilation-dir=. -c -o $@ $<

$(BUILD)/tests/verify/reasons: tests/verify/reasons.c $(verify_src:%=$(BUILD)/compiler/%.o) $(BUILD)/libringlet.a
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(BPF_LIBS)

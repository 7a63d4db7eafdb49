# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The comparison programs of `make bench`: by hand in C, for user space and for BPF.

BENCH_CLANG ?= $(firstword $(shell command -v clang-19 clang 2>/dev/null))
bench_dir := $(BUILD)/tests/bench
bench_user := $(addprefix $(bench_dir)/,nop_user copy_user copy_sys slurp_user slurp_sys make_files post_user)
bench_bpf := $(addprefix $(bench_dir)/,nop_bpf copy_bpf slurp_bpf)
bench_lint := $(addprefix $(bench_dir)/,lint_packets.bpf.o lint_rounds.bpf.o lint_ways.bpf.o)
bench_programs += $(bench_user) $(bench_bpf) $(bench_bpf:=.bpf.o) $(bench_lint)
bench_host := $(addprefix $(bench_dir)/,slurp_ringlet verified group group_echo events post start traced)
bench_scripts := $(addprefix $(BUILD)/examples/,nop.bpf.o copy.bpf.o slurp.bpf.o echo.bpf.o) \
	$(addprefix $(bench_dir)/,handover.bpf.o handover_pool.bpf.o drain.bpf.o answer.bpf.o)

# tests/bench/run uses the same to time the compiler: one place for the flags.
BENCH_BPF_CFLAGS := -O2 -g -target bpf -mcpu=v4 -Wall -Wextra -Wno-unused-parameter
bench_bpf_include = -I/usr/include/$(shell gcc -print-multiarch)

$(bench_dir)/%.o: tests/bench/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(bench_dir)/%.bpf.o: tests/bench/%.bpf.c
	@mkdir -p $(@D)
	$(BENCH_CLANG) $(BENCH_BPF_CFLAGS) $(bench_bpf_include) -MMD -MP -c -o $@ $<

$(bench_user): %: %.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^

$(bench_bpf): %: %.o $(bench_dir)/load.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(BPF_LIBS)

$(bench_dir)/start: ALL_LDFLAGS += -Wl,--wrap=syscall

$(bench_host): %: %.o $(BUILD)/libringlet.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(BPF_LIBS)

# What `scale` measures, by its shape and size.
bench_shapes := tasks_1 tasks_4 tasks_16 tasks_64 lines_2000 live_1 live_64 live_4096 sites_2 sites_8 sites_64
bench_scripts += $(bench_shapes:%=$(bench_dir)/scale/%.bpf.o)
test_programs += $(bench_dir)/events $(bench_dir)/answer.bpf.o
test_programs += $(bench_dir)/verified $(bench_dir)/scale/lines_2000.bpf.o $(bench_dir)/scale/tasks_64.bpf.o

$(bench_dir)/scale/%.rlt: tests/bench/shapes
	@mkdir -p $(@D)
	tests/bench/shapes $(subst _, ,$*) >$@

$(bench_dir)/scale/%.bpf.o: $(bench_dir)/scale/%.rlt $(BUILD)/ringc
	$(BUILD)/ringc build $< -o $@

.PHONY: bench-programs
bench-programs: $(bench_programs)

bench: all $(bench_programs) $(bench_host) $(bench_scripts)
	BUILD=$(BUILD) KERNEL=$(KERNEL) CLANG=$(BENCH_CLANG) \
		CLANG_FLAGS='$(BENCH_BPF_CFLAGS) $(bench_bpf_include)' tests/bench/run

-include $(wildcard $(bench_dir)/*.d)

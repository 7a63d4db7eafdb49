# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Random valid scripts: the generator, and what runs them. `make generate SEEDS=1-500 KERNEL=7.1` compiles the
# scripts of those seeds, runs them here on the user engine, then on that kernel in a virtual machine on the
# kernel engine. What is refused or different is told with its seed.

SEEDS ?= all
generate_dir := $(BUILD)/tests/generate
generate_obj := $(addprefix $(generate_dir)/,generate.o expression.o operation.o queue.o statement.o table.o program.o)
test_programs += $(generate_dir)/generate $(generate_dir)/replay

$(generate_dir)/%.o: tests/generate/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(generate_dir)/generate: $(generate_obj)
	$(CC) $(ALL_LDFLAGS) -o $@ $^

$(generate_dir)/replay: $(generate_dir)/replay.o $(BUILD)/libringlet.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(BPF_LIBS)

.PHONY: generate
generate: $(BUILD)/ringc $(generate_dir)/generate $(generate_dir)/replay
	BUILD=$(BUILD) tests/generate/run $(KERNEL) $(SEEDS)

-include $(generate_obj:.o=.d) $(generate_dir)/replay.d

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The program written by hand in the compiler's place, which the unit tests of the runtime run.

test_programs += $(BUILD)/tests/ref/nop.bpf.o

$(BUILD)/tests/ref/nop.bpf.o: $(addprefix tests/ref/,build nop.c pack.c layout.h) runtime/image.h runtime/manifest.h
	@mkdir -p $(@D)
	tests/ref/build $@

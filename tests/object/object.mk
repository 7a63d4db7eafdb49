# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What libbpf sees in an object.

test_programs += $(BUILD)/tests/object/libbpf.t

$(BUILD)/tests/object/libbpf.t: tests/object/libbpf.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(BPF_LIBS)

# A host with the types of its program.
test_programs += $(BUILD)/tests/object/host_types.t

$(BUILD)/tests/object/host_types.h: tests/object/host_types.rlt tests/object/host_types_of_c.h $(BUILD)/ringc \
		$(BUILD)/ringc-header
	@mkdir -p $(@D)
	$(BUILD)/ringc build $< -o /dev/null --header $@

$(BUILD)/tests/object/host_types.t: tests/object/host_types.c $(BUILD)/tests/object/host_types.h \
		$(BUILD)/libringlet.a $(BUILD)/flags
	$(CC) $(ALL_CFLAGS) -I runtime -I $(@D) $(ALL_LDFLAGS) -o $@ $< $(BUILD)/libringlet.a $(BPF_LIBS)

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# examples/embed/: applications with a script in them. They see the library's header and nothing else of it.

embed := $(patsubst %.c,$(BUILD)/%,$(wildcard examples/embed/*.c))
test_programs += $(embed)

$(embed): $(BUILD)/%: %.c $(BUILD)/libringlet.a runtime/ringlet.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -std=c11 -D_GNU_SOURCE -pthread $(WARNINGS) $(SANITIZERS) -Iruntime -o $@ $< \
		$(ALL_LDFLAGS) $(BUILD)/libringlet.a $(BPF_LIBS) $(embed_libs)

$(BUILD)/examples/embed/hands: embed_libs = -Wl,-Bstatic -luring -Wl,-Bdynamic

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# make            build/ringc, build/ringlet, build/libringlet.{a,so}
# make run        what is missing installed, built, and a file copied by examples/copy.rlt
# make test       everything that CI runs
# make check      the tests that need no virtual machine and no root
# make check-kernel KERNEL=7.3     the tests on that kernel, in a virtual machine
# make bench      tables of figures
# make docs       the tables in docs/, of those in the code
# make man        the manual's pages: build/man/man1, man3
# make install    below PREFIX, the library in LIBDIR; DESTDIR comes before both, for packages
# make uninstall  removes what install puts there, with the same variables
# make clean, make format
#
# WERROR=1 makes warnings errors. SANITIZE=address,undefined builds into build-san, and check uses
# that; BUILD=dir builds into a directory of your own (virtual machines take it from within the repository
# only). UPDATE=1 with check rewrites golden files.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
KERNEL ?= 7.3
SANITIZE ?=
WERROR ?=
BUILD ?= $(if $(SANITIZE),build-san,build)

CFLAGS ?= -O2 -g
LLVM_CONFIG ?= llvm-config-19
PKG_CONFIG ?= pkg-config

# Read when used, not when the file is read: `make run` may have to install them first.
LLVM_CFLAGS = -isystem $(shell $(LLVM_CONFIG) --includedir)
# Static, and at fixed addresses: that the process starts is a third of what the compiler takes otherwise.
LLVM_ARCHIVES = $(shell $(LLVM_CONFIG) --link-static --libs bpf passes 2>/dev/null)
LLVM_STATIC = -no-pie -Wl,--gc-sections $(LLVM_ARCHIVES) -Wl,-Bstatic -lstdc++ -lzstd -lz -Wl,-Bdynamic -lm
LLVM_SHARED = $(shell $(LLVM_CONFIG) --link-shared --libs)
LLVM_LIBS = $(shell $(LLVM_CONFIG) --ldflags) $(if $(LLVM_ARCHIVES),$(LLVM_STATIC),$(LLVM_SHARED))
# Static, so that `ringlet` is one file that runs on a machine (or in a guest) with only libc.
BPF_LIBS = -Wl,-Bstatic $(shell $(PKG_CONFIG) --static --libs libbpf jansson) -Wl,-Bdynamic
SHARED_LIBS = -lelf -lz -ljansson
CHECK_LIBS = $(shell $(PKG_CONFIG) --libs check)

WARNINGS = -Wall -Wextra $(if $(WERROR),-Werror)
SANITIZERS = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# After CFLAGS from the environment or the command line, so that those cannot lose what the code needs.
ALL_CFLAGS = $(CFLAGS) -std=c11 -D_GNU_SOURCE -MMD -MP -pthread $(WARNINGS) $(SANITIZERS) \
	-iquote compiler -iquote runtime -iquote $(BUILD)
ALL_LDFLAGS = $(CFLAGS) $(SANITIZERS) -pthread $(LDFLAGS)

compiler_src := $(wildcard compiler/*.c compiler/lint/*.c compiler/lint/*/*.c)
header_src := $(wildcard compiler/header/*.c)
runtime_src := $(wildcard runtime/*.c)
cli_src := $(wildcard runtime/cli/*.c)
unit_src := $(wildcard tests/unit/*.c)

compiler_obj := $(compiler_src:%.c=$(BUILD)/%.o)
compiler_obj += $(if $(wildcard compiler/lexer.l),$(BUILD)/lexer.o)
compiler_obj += $(if $(wildcard compiler/grammar.y),$(BUILD)/grammar.o)
compiler_obj += $(BUILD)/runtime/cli/help.o
header_obj := $(header_src:%.c=$(BUILD)/%.o)
runtime_obj := $(runtime_src:%.c=$(BUILD)/%.o)
cli_obj := $(cli_src:%.c=$(BUILD)/%.o)
generated := $(if $(wildcard compiler/grammar.y),$(BUILD)/grammar.h) \
	$(if $(wildcard compiler/lexer.l),$(BUILD)/lexer.h)
unit_tests := $(unit_src:%.c=$(BUILD)/%.t)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all programs man unit run test check check-kernel bench install uninstall clean format

all: $(BUILD)/ringc $(BUILD)/ringc-header $(BUILD)/ringc-judge $(BUILD)/ringlet $(BUILD)/libringlet.a $(BUILD)/libringlet.so man

# ---- Programs and libraries

$(BUILD)/ringc: $(compiler_obj) $(BUILD)/libringlet.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LLVM_LIBS) $(BPF_LIBS)

# What reads C headers is apart: libclang is loaded for scripts that import one, and for no others.
$(BUILD)/ringc-header: $(header_obj)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -L$(shell $(LLVM_CONFIG) --libdir) -lclang

# What judges in a virtual machine is its only program: it needs no library there, and has no sanitizer, which would.
judge_src := $(wildcard compiler/judge/*.c) compiler/arena.c \
	$(addprefix compiler/lint/,libbpf_log.c verify/ask.c verify/equivalent.c object.c elf_view.c link.c lines.c)
$(BUILD)/ringc-judge: $(judge_src) $(wildcard compiler/*.h compiler/lint/*.h compiler/lint/verify/*.h runtime/*.h) $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP $(SANITIZERS),$(ALL_CFLAGS)) -static -o $@ $(judge_src) \
		$(shell $(PKG_CONFIG) --static --libs libbpf)

$(BUILD)/ringlet: $(cli_obj) $(BUILD)/libringlet.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(BPF_LIBS)

$(BUILD)/libringlet.a: $(runtime_obj)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/libringlet.so: $(runtime_obj) runtime/libringlet.map
	$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,libringlet.so.0 -Wl,--version-script=runtime/libringlet.map \
		-o $@ $(runtime_obj) $(SHARED_LIBS)

# ---- Objects. Every one depends on the flags it was built with.

$(BUILD)/compiler/%.o: compiler/%.c $(BUILD)/flags | $(generated)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LLVM_CFLAGS) -c -o $@ $<

$(BUILD)/runtime/cli/%.o: runtime/cli/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/runtime/%.o: runtime/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -fvisibility=hidden -c -o $@ $<

# Generated code is not ours to tidy: the warnings that flex and bison are known for are off.
$(BUILD)/%.o: $(BUILD)/%.c $(BUILD)/flags | $(generated)
	$(CC) $(ALL_CFLAGS) -Wno-sign-compare -Wno-unused-function -Wno-unused-but-set-variable -c -o $@ $<

$(BUILD)/lexer.c $(BUILD)/lexer.h &: compiler/lexer.l
	@mkdir -p $(@D)
	flex --header-file=$(BUILD)/lexer.h -o $(BUILD)/lexer.c $<

$(BUILD)/grammar.c $(BUILD)/grammar.h &: compiler/grammar.y
	@mkdir -p $(@D)
	bison -Werror --defines=$(BUILD)/grammar.h -o $(BUILD)/grammar.c $<

flags := $(CC) $(CFLAGS) $(WERROR) $(SANITIZE) $(LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(flags)' | cmp -s - $@ || echo '$(flags)' >$@
FORCE:

# ---- Man pages: of what the commands print for --help, and of the comments in the library's header

man_src := $(addprefix tools/,man.c man_header.c man_types.c header.c sentence.c roff.c) \
	compiler/arena.c compiler/usage.c runtime/cli/usage.c
$(BUILD)/tools/man: $(man_src) $(wildcard tools/*.h) compiler/arena.h runtime/cli/help.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(man_src)

$(BUILD)/man/made: $(BUILD)/tools/man runtime/ringlet.h
	rm -rf $(@D)
	@mkdir -p $(@D)/man1 $(@D)/man3
	$< runtime/ringlet.h $(@D)
	@touch $@

man: $(BUILD)/man/made

# ---- Tests

# Scripts that tests and virtual machines run: every example, and every script under tests/ but
# those whose golden is a diagnostic, a tree, a graph or what the linter says.
not_run := $(basename $(wildcard tests/*/*.err tests/*/*.ast tests/*/*.lint tests/*/*.graph))
scripts := $(wildcard examples/*.rlt examples/*/*.rlt) $(filter-out $(addsuffix .rlt,$(not_run)),$(wildcard tests/*/*.rlt))
script_obj := $(scripts:%.rlt=$(BUILD)/%.bpf.o)
# The compiler finds the library beside its directory; elsewhere it has to be told.
ifeq ($(wildcard $(BUILD)/../stdlib),)
$(BUILD)/%.bpf.o $(BUILD)/tests/docs/%: export RINGLET_STDLIB = $(CURDIR)/stdlib
endif

$(BUILD)/%.bpf.o: %.rlt $(BUILD)/ringc $(wildcard stdlib/*.rlt)
	@mkdir -p $(@D)
	$(BUILD)/ringc build $< -o $@

# Unit tests see the insides: runtime_* those of the library, compiler_* those of the compiler.
$(BUILD)/tests/unit/%.o: tests/unit/%.c $(BUILD)/flags | $(generated)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(if $(filter compiler_%,$*),$(LLVM_CFLAGS)) -c -o $@ $<

$(BUILD)/tests/unit/compiler_%.t: $(BUILD)/tests/unit/compiler_%.o \
		$(filter-out %/main.o,$(compiler_obj)) $(BUILD)/libringlet.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(LLVM_LIBS) $(BPF_LIBS)

$(BUILD)/tests/unit/%.t: $(BUILD)/tests/unit/%.o $(BUILD)/libringlet.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(BPF_LIBS)

# Makefile fragments beside what they build; they may add to these two.
test_programs := # what `check` and `check-kernel` need besides the above
bench_programs :=
-include $(wildcard tests/*/*.mk)

programs: all $(script_obj) $(unit_tests) $(test_programs)

check: programs
	BUILD=$(BUILD) UPDATE=$(UPDATE) tests/run

check-kernel: programs
	BUILD=$(BUILD) tests/vm/check $(KERNEL)

run:
	tools/deps tests
	$(MAKE) all $(BUILD)/examples/copy.bpf.o
	BUILD=$(BUILD) tools/first-run

test:
	tools/deps tests
	tools/test-all

ifeq ($(wildcard tests/bench/bench.mk),)
bench:
	@echo "tests/bench/bench.mk is missing" >&2; exit 1
endif

# ---- The rest

installing = BUILD='$(BUILD)' DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' tools/install

install: all
	$(installing)

uninstall: man
	$(installing) --remove

clean:
	rm -rf build build-san build-clang

format:
	clang-format -i $(wildcard compiler/*.[ch] compiler/header/*.[ch] compiler/judge/*.[ch] compiler/lint/*.[ch] compiler/lint/*/*.[ch] runtime/*.[ch] runtime/cli/*.[ch] tools/*.[ch] \
		tests/*/*.[ch] examples/*/*.[ch])

-include $(compiler_obj:.o=.d) $(header_obj:.o=.d) $(runtime_obj:.o=.d) $(cli_obj:.o=.d) $(unit_src:%.c=$(BUILD)/%.d)

# vrfy - one non-recursive Makefile.  `make help` lists the targets.
#
#   SAN=        (default) optimised build             build/plain
#   SAN=1       ASan + UBSan, for every test run      build/asan
#   SAN=thread  TSan: tests/threads and the world     build/tsan
#   SAN=debug   nothing set to zero, for valgrind build/debug
#   SAN=clang   clang 14, for `make lint`             build/clang
#   SAN=fuzz    clang 14 with libFuzzer               build/fuzz
#
# Nothing runs while this file is read: a host without compiler and pkg-config can still call the
# targets that install them.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-print-directory

SAN      ?=
VARIANT  := $(or $(filter clang fuzz debug,$(SAN)),$(if $(filter thread,$(SAN)),tsan,$(if $(SAN),asan,plain)))
B        := build/$(VARIANT)
PREFIX   ?= /usr/local
SHARE     = $(DESTDIR)$(PREFIX)/share/vrfy
ifeq ($(origin CC),default)
CC       := $(if $(filter clang fuzz,$(VARIANT)),clang-14,gcc)
endif

# Asked once, when first needed.
PKGS     := libevent libevent_openssl libevent_pthreads libcares openssl libmariadb json-c libidn2 \
            libpsl inih libcurl icu-i18n icu-uc
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $(shell pkg-config --libs $(PKGS)) -lcsv -lfcgi -lresolv)$(PKG_LIBS)

WARN     := -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wvla -Wstrict-prototypes \
            -Wmissing-prototypes -Werror
# Conversions to clang, not to gcc: a change of sign, and assert(!"text").  The code is held to gcc's
# reading.
WARN_clang := -Wno-sign-conversion -Wno-string-conversion
WARN_fuzz  := $(WARN_clang)
HARDEN   := -fstack-protector-strong -fPIE -fno-strict-aliasing -fno-common
CFLAGS_plain := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-clash-protection -fcf-protection=full \
            -ftrivial-auto-var-init=zero
# Test builds can be told to die at named places (base/crash.h).
CFLAGS_asan  := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
            -fno-omit-frame-pointer -DVRFY_CRASH_POINTS
CFLAGS_tsan  := -O1 -g -fsanitize=thread -DVRFY_CRASH_POINTS
CFLAGS_debug := -O1 -g -DVRFY_CRASH_POINTS
CFLAGS_clang := -O1
CFLAGS_fuzz  := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
            -fno-omit-frame-pointer
CFLAGS   += -std=c11 -D_GNU_SOURCE -Iinclude -MMD -MP $(WARN) $(WARN_$(VARIANT)) $(HARDEN) \
            $(CFLAGS_$(VARIANT)) $(PKG_CFLAGS)
LDFLAGS_asan  := -fsanitize=address,undefined
LDFLAGS_tsan  := -fsanitize=thread
LDFLAGS_fuzz  := -fsanitize=fuzzer,address,undefined
LDFLAGS  += -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -pthread $(LDFLAGS_$(VARIANT))

LIB_SRC  := $(filter-out src/cli/%,$(wildcard src/*/*.c))
LIB_ASM  := $(wildcard src/*/*.S)
LIB_OBJ  := $(LIB_SRC:%.c=$B/%.o) $(LIB_ASM:%.S=$B/%.o)
LIB      := $B/libvrfy.a
CLI_OBJ  := $(patsubst %.c,$B/%.o,$(wildcard src/cli/*.c))
CGI_SRC  := $(wildcard cgi-bin/*.c)
CGI      := $(CGI_SRC:cgi-bin/%.c=$B/bin/%.fcgi)
VRFY     := $B/bin/vrfy
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT     := $(UNIT_SRC:tests/unit/%.c=$B/tests/%)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ     := $(FUZZ_SRC:tests/fuzz/%.c=$B/fuzz/%)
THREAD_SRC := $(wildcard tests/threads/*.c)
STANDINS := $(patsubst %.c,$B/%,$(wildcard tests/api/*.c))
THREADS  := $(THREAD_SRC:tests/threads/%.c=$B/threads/%)

# V=1 shows whole commands.
Q   := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-4s %s\n' $1 $2)

.PHONY: all
all: $(VRFY) $(CGI) ## build the library, the programs and the command
	@:

$B/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$Q$(CC) $(CFLAGS) -c -o $@ $<

# Lists that become part of the library as sorted text.
build/lists/.done: tools/lists.sh tools/trigrams.py $(filter-out data/openapi/%,$(wildcard data/*/*))
	$(call say,LIST,$(@D))
	$Qtools/lists.sh $(@D)
	@touch $@

$B/%.o: %.S build/lists/.done $(wildcard schema/*.sql data/openapi/*.json) include/model/dialects.h
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$Q$(CC) -Iinclude -c -o $@ $<

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(call say,AR,$@)
	$Qar rcs $@ $^

$(VRFY): $(CLI_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$Q$(CC) $(LDFLAGS) -o $@ $(CLI_OBJ) $(LIB) $(PKG_LIBS)

$B/bin/%.fcgi: $B/cgi-bin/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$Q$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS)

# One test program per module: a broken one breaks nothing else.
$B/tests/%: $B/tests/unit/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$Q$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(PKG_LIBS) -lcriterion

# The command is not in the library.
$B/tests/test_check_out: $B/src/cli/check_out.o

# Stand-ins for our programs, started by the tests of the web servers.
$B/tests/api/%: $B/tests/api/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$Q$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS)

$B/threads/%: $B/tests/threads/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$Q$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS)

# A program with one source exchanged, for tests/faults/test_controls: PART, PROGRAM, OUT.
.PHONY: control
control:
	$Q$(CC) $(filter-out -MMD -MP -Werror,$(CFLAGS)) -w -O0 -c -o $(OUT).o $(PART)
	$Q$(CC) $(LDFLAGS) -o $(OUT) $(if $(filter vrfy,$(PROGRAM)),$(CLI_OBJ),$B/cgi-bin/$(PROGRAM:.fcgi=.o)) \
	    $(OUT).o $(LIB) $(PKG_LIBS)

# What benches are made of.
BENCH    := $(addprefix $B/bench/,fakenet ref_client bench_addresses bench_teller bench_jobs bench_pace bench_find tundelay)
objects_of = $(patsubst %.c,$B/%.o,$(wildcard $(addprefix tests/bench/,$1)))

$B/bench/fakenet: $(call objects_of,fakenet*.c truth.c)
$B/bench/ref_client: $(call objects_of,ref_*.c truth.c)
$B/bench/bench_addresses: $(call objects_of,bench_addresses.c truth.c)
$B/bench/bench_teller: $(call objects_of,bench_teller.c)
$B/bench/bench_jobs: $(call objects_of,bench_jobs.c)
$B/bench/bench_pace: $(call objects_of,bench_pace.c)
$B/bench/bench_find: $(call objects_of,bench_find.c)
$B/bench/tundelay: $(call objects_of,tundelay.c)

$(BENCH): $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$Q$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(PKG_LIBS)

# A fuzz target has libFuzzer's main in build/fuzz, and everywhere else one that replays files.
$B/fuzz/%: $B/tests/fuzz/%.o $(if $(filter fuzz,$(VARIANT)),,$B/tests/fuzz/replay.o) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$Q$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(PKG_LIBS)

.PHONY: unit fuzzers threads objects stand-ins benches
benches: $(BENCH)
stand-ins: $(STANDINS)
unit: $(UNIT)
fuzzers: $(FUZZ)
threads: $(THREADS)
objects: $(LIB_OBJ) $(CLI_OBJ) $(CGI_SRC:%.c=$B/%.o) $(UNIT_SRC:%.c=$B/%.o) $(FUZZ_SRC:%.c=$B/%.o)

# ---- running it ----

.PHONY: run
run: ## a complete server on 127.0.0.1:8080 [WORLD=1] [SERVER=apache] [PORT=] [SET='s.n=v ...']
	@tools/install-packages build run $(if $(findstring apache,$(SERVER)),apache) $(if $(WORLD),world)
	@$(MAKE) -j2 SAN= all
	@exec tools/run --server '$(or $(SERVER),lighttpd)' --port '$(or $(PORT),8080)' \
	    $(if $(WORLD),--world) --set '$(SET)'

.PHONY: install
install: all ## install programs and web server configurations under PREFIX (/usr/local), DESTDIR honoured
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/lib/vrfy' '$(SHARE)/apache-conf' '$(SHARE)/lighttpd-conf' '$(SHARE)/systemd'
	install -m 755 $(VRFY) '$(DESTDIR)$(PREFIX)/bin/'
	install -m 755 $(CGI) '$(DESTDIR)$(PREFIX)/lib/vrfy/'
	install -m 644 apache-conf/* '$(SHARE)/apache-conf/'
	install -m 644 lighttpd-conf/* '$(SHARE)/lighttpd-conf/'
	install -m 644 systemd/* '$(SHARE)/systemd/'

# ---- testing it ----

FUZZ_SECONDS ?= 60

.PHONY: test
test: ## everything CI runs; T=name runs one module or scenario; SAN=thread runs it under TSan
	@tools/install-packages build run apache world test
	@exec tests/run $(if $(filter thread,$(SAN)),--san thread) $(if $(T),--only '$(T)')

.PHONY: test-long
test-long: ## what takes longer than make test has time for
	@tools/install-packages build run apache world test
	@exec tests/run --long $(if $(T),--only '$(T)')

.PHONY: test-faults
test-faults: ## kill, stop and cut off everything at every step: about 15 minutes
	@tools/install-packages build run world test
	@exec tests/run --faults $(if $(T),--only '$(T)')

.PHONY: test-galera
test-galera: ## a list on three nodes of MariaDB Galera whose writer dies again and again: 10 minutes
	@tools/install-packages build run galera
	@$(MAKE) -s -j2 SAN='$(SAN)' all benches
	@VRFY_BUILD=$B exec tests/galera/test_galera

PROBES ?= 10000

.PHONY: valgrind
valgrind: ## PROBES (10000) addresses and every misfortune under valgrind
	@tools/install-packages build world test
	@$(MAKE) -j2 SAN=debug build/debug/bin/vrfy
	@$(MAKE) -j2 SAN= benches
	@VRFY=build/debug/bin/vrfy VRFY_BUILD=build/plain exec tests/world/test_valgrind --addresses $(PROBES)

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZ_SECONDS (60); T=name runs one
	@tools/install-packages build lint
	@$(MAKE) -j2 SAN=fuzz fuzzers
	@exec tests/fuzz/run $(FUZZ_SECONDS) $(T)

.PHONY: bench
bench: ## measure: everything in tests/bench
	@tools/install-packages build run world test
	@$(MAKE) -j2 SAN= all
	@for b in $$(find tests/bench -maxdepth 1 -type f -perm -u+x | sort); do echo "== $$b"; $$b || exit; done

.PHONY: bench-flat
bench-flat: ## a list's throughput at 10,000, 100,000 and 1,000,000 addresses: about ten minutes
	@tools/install-packages build run world test
	@$(MAKE) -j2 SAN= all
	@tests/bench/bench_list --flat

# ---- looking after it ----

.PHONY: lint
lint: ## layers, banned functions, layout, sizes; then a build with clang 14
	@tools/install-packages build lint test
	@tools/lint
	@$(MAKE) -s -j2 SAN=clang objects && echo 'clang 14: no warnings'

.PHONY: metrics
metrics: ## function and file sizes, share of comments
	@tools/metrics

.PHONY: format
format: ## clang-format all C files
	clang-format -i $$(git ls-files '*.c' '*.h')

.PHONY: clean
clean: ## remove everything built
	rm -rf build

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | \
	    while IFS=$$'\t' read -r name text; do printf '  %-10s %s\n' "$$name" "$$text"; done

-include $(shell find build -type f -name '*.d' 2>/dev/null)

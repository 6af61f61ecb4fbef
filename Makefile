# vrfy - one non-recursive Makefile.  `make help` lists the targets.
#
#   SAN=      (default) optimised build         build/plain
#   SAN=1     ASan + UBSan, for every test run  build/asan
#   SAN=thread  TSan, tests/threads only        build/tsan

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

CC       ?= gcc
SAN      ?=
VARIANT  := $(if $(filter thread,$(SAN)),tsan,$(if $(SAN),asan,plain))
B        := build/$(VARIANT)
PREFIX   ?= /usr/local

PKGS     := libevent libevent_openssl libevent_pthreads libcares openssl libmariadb json-c libidn2 libpsl inih
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   = $(shell pkg-config --libs $(PKGS)) -lfcgi -lresolv

WARN     := -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wvla -Wstrict-prototypes \
            -Wmissing-prototypes -Werror
HARDEN   := -fstack-protector-strong -fPIE -fno-strict-aliasing -fno-common
CFLAGS_plain := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-clash-protection -fcf-protection=full \
            -ftrivial-auto-var-init=zero
CFLAGS_asan  := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
            -fno-omit-frame-pointer
CFLAGS_tsan  := -O1 -g -fsanitize=thread
CFLAGS   += -std=c11 -D_GNU_SOURCE -Iinclude -MMD -MP $(WARN) $(HARDEN) $(CFLAGS_$(VARIANT)) $(PKG_CFLAGS)
LDFLAGS_plain :=
LDFLAGS_asan  := -fsanitize=address,undefined
LDFLAGS_tsan  := -fsanitize=thread
LDFLAGS  += -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -pthread $(LDFLAGS_$(VARIANT))

LIB_SRC  := $(filter-out src/cli/%,$(wildcard src/*/*.c))
LIB_ASM  := $(wildcard src/*/*.S)
LIB_OBJ  := $(LIB_SRC:%.c=$B/%.o) $(LIB_ASM:%.S=$B/%.o)
LIB      := $B/libvrfy.a
CLI_OBJ  := $(patsubst %.c,$B/%.o,$(wildcard src/cli/*.c))
CGI      := $(patsubst cgi-bin/%.c,$B/bin/%.fcgi,$(wildcard cgi-bin/*.c))
VRFY     := $B/bin/vrfy
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT     := $(patsubst tests/unit/%.c,$B/tests/%,$(UNIT_SRC))
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
THREADS  := $(patsubst tests/threads/%.c,$B/threads/%,$(wildcard tests/threads/*.c))

.PHONY: all
all: $(VRFY) $(CGI) ## build the library, the programs and the command

$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$B/%.o: %.S $(wildcard data/*/*)
	@mkdir -p $(@D)
	$(CC) -c -o $@ $<

$(LIB): $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(VRFY): $(CLI_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $(CLI_OBJ) $(LIB) $(PKG_LIBS)

$B/bin/%.fcgi: $B/cgi-bin/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS)

# One test program per module: a broken one breaks nothing else.
$B/tests/%: $B/tests/unit/%.o $(LIB) $(CLI_TEST_OBJ)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS) -lcriterion

$B/threads/%: $B/tests/threads/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS)

.PHONY: clean
clean: ## remove everything built
	rm -rf build

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort | column -t -s"$$(printf '\t')"

-include $(shell find build -name '*.d' 2>/dev/null)
.SECONDARY:

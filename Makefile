# netpolcheck: conformance and fuzz tests for Kubernetes NetworkPolicy implementations.
#
#   make            build/netpolcheck and the static in-pod agent build/netpolcheck-agent
#   make run        install what is missing, build, run the default suite in the sandbox
#   make check      install what is missing, then every test, plain and with sanitizers
#   make image      the agent as an OCI archive; make image-runner: the whole program as one (deploy/job.yaml)
#   make lab-run    a real Kubernetes on this machine, with CNI=kube-router and others
#   make install    into PREFIX below DESTDIR; make deb: a Debian package
#   make V=1        show whole commands;  CC=clang-14, BUILD=dir, SAN=1 change the build

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
MUSL_CC ?= musl-gcc
OPT ?= -O2
V ?= 0
Q := $(if $(filter 0,$(V)),@,)
say = @$(if $(filter 0,$(V)),printf '  %-5s %s\n' $(1) $(2),:)

VERSION := $(shell cat VERSION 2>/dev/null || echo 0)

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Wwrite-strings -Wpointer-arith -Wundef
comma := ,
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer,)
COMMON := -std=gnu11 -g $(OPT) $(WARN) -D_GNU_SOURCE -Iinclude -include include/np/base/banned.h
CFLAGS_ALL := $(COMMON) $(SANFLAGS) -pthread -DNP_VERSION='"$(VERSION)"' $(CFLAGS)
LIBS := -lcurl -ljansson -lyaml -lwslay -lmicrohttpd -lmnl -lcrypto -lssl -lgnutls -lm

# Lowest first. Every .c of harness/<layer>/ belongs to the program; harness/agent/pod/ is the static in-pod agent.
LAYERS := base model parse oracle mutate gen kube agent sandbox target run campaign report cmd

layer_src = $(wildcard harness/$(1)/*.c)
layer_obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(call layer_src,$(1)))
PRESENT := $(foreach l,$(LAYERS),$(if $(call layer_src,$(l)),$(l)))
# Libraries in link order: highest layer first. The program's main() is kept out of its library.
MAIN_OBJ := $(BUILD)/obj/harness/cmd/main.o
ARCHIVES := $(foreach l,$(PRESENT),$(BUILD)/lib/libnp-$(l).a)
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
LINK_ARCHIVES = $(call reverse,$(ARCHIVES))

TEST_SRC := $(wildcard harness/tests/*/test_*.c harness/tests/*/bench_*.c harness/tests/*/check_*.c)
TESTS := $(patsubst harness/%.c,$(BUILD)/%,$(TEST_SRC))

.PHONY: all lib agent tests deps run check check-unit check-asan check-layers check-style bench install uninstall deb clean tidy man image cross-check tiers lab-build lab-up lab-down lab-status lab-run
.SECONDARY:
all: $(BUILD)/netpolcheck $(BUILD)/netpolcheck-agent $(BUILD)/libnpmutate.so

lib: $(ARCHIVES)
agent: $(BUILD)/netpolcheck-agent
tests: $(TESTS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

define archive_rule
$(BUILD)/lib/libnp-$(1).a: $(filter-out $(MAIN_OBJ),$(call layer_obj,$(1)))
	@mkdir -p $$(@D)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach l,$(PRESENT),$(eval $(call archive_rule,$(l))))

$(BUILD)/netpolcheck: $(MAIN_OBJ) $(ARCHIVES)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $(MAIN_OBJ) -Wl,--start-group $(LINK_ARCHIVES) -Wl,--end-group $(LIBS)

$(BUILD)/tests/%: $(BUILD)/obj/harness/tests/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $< -Wl,--start-group $(LINK_ARCHIVES) -Wl,--end-group -lcheck -lsubunit -lrt $(LIBS)

# The in-pod agent: one static program without a heap, for any Linux. Its own few sources only.
AGENT_SRC := $(wildcard harness/agent/pod/*.c)
AGENT_OBJ := $(patsubst %.c,$(BUILD)/agent-obj/%.o,$(AGENT_SRC))
AGENT_CFLAGS := -std=gnu11 -g -Os $(WARN) -D_GNU_SOURCE -DNP_VERSION='"$(VERSION)"' -Iinclude -include include/np/base/banned.h

$(BUILD)/agent-obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(MUSL_CC) $(AGENT_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/netpolcheck-agent: $(AGENT_OBJ)
	$(call say,LD,$@)
	$(Q)$(MUSL_CC) $(AGENT_CFLAGS) -static -o $@ $(AGENT_OBJ)

# The same agent under sanitizers, for its tests.
$(BUILD)/netpolcheck-agent-san: $(AGENT_SRC) $(wildcard harness/agent/pod/*.h include/np/agent/*.h)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(COMMON) -DNP_VERSION='"$(VERSION)"' -fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -o $@ $(AGENT_SRC)

# The mutator for AFL++ and libFuzzer, with nothing but its faces to be seen from outside.
MUTATE_SO_SRC := $(wildcard fuzz/mutator/*.c) $(foreach l,base model parse mutate,$(call layer_src,$(l)))
MUTATE_SO_OBJ := $(patsubst %.c,$(BUILD)/pic/%.o,$(MUTATE_SO_SRC))

$(BUILD)/pic/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections -MMD -MP -c -o $@ $<

$(BUILD)/libnpmutate.so: $(MUTATE_SO_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -shared -Wl,--gc-sections -o $@ $(MUTATE_SO_OBJ)

.PHONY: mutator
mutator: $(BUILD)/libnpmutate.so
$(BUILD)/tests/mutate/test_shared: $(BUILD)/libnpmutate.so
$(BUILD)/tests/mutate/test_command: $(BUILD)/netpolcheck

deps:
	@harness/tools/deps.sh

run: deps
	@$(MAKE) --no-print-directory all
	$(BUILD)/netpolcheck run $(ARGS)

check:
	@harness/tools/deps.sh test
	@harness/tools/check.sh

check-unit: all tests
	@harness/tools/check.sh unit

check-asan:
	@harness/tools/check.sh asan

check-layers:
	@$(MAKE) --no-print-directory lib $(MAIN_OBJ) >/dev/null
	@harness/tools/check-layers.sh $(BUILD) $(LAYERS)

check-style:
	@harness/tools/check-style.sh

tidy:
	@pmccabe harness/*/*.c harness/agent/pod/*.c | sort -k5,5nr | awk 'NR <= 10 { print $$5 " lines, complexity " $$1 ": " $$6 " " $$7 }'

bench: all
	@$(MAKE) --no-print-directory tests
	@harness/tools/bench.sh $(BUILD)

# The agent as a container image, without a container engine: build/netpolcheck-agent-<arch>.oci.tar
image: agent
	@harness/tools/image.sh $(BUILD)

# The whole program as one, for runs inside a cluster (deploy/job.yaml): build/netpolcheck-<arch>.oci.tar
.PHONY: image-runner image-sonobuoy
image-runner: $(BUILD)/netpolcheck $(BUILD)/netpolcheck-agent
	@harness/tools/image-runner.sh $(BUILD)
image-sonobuoy: $(BUILD)/netpolcheck $(BUILD)/netpolcheck-agent
	@harness/tools/image-runner.sh $(BUILD) sonobuoy

# The compiled oracle against the brute-force one, cell by cell.
N ?= 10000000
SEED ?= 1
cross-check: $(BUILD)/tests/oracle/check_cross
	$(BUILD)/tests/oracle/check_cross --seed $(SEED) --cells $(N)

# The order of the cases, and the generated ones that are kept; minutes of processor time.
tiers: $(BUILD)/netpolcheck
	$(BUILD)/netpolcheck cases select --strength 2 --count 600 --seed 2 --out suites
	BUILD=$(BUILD) harness/tools/bugmap.sh

# A real Kubernetes with real agents, in namespaces of its own; needs root and Go (lab/README.md).
CNI ?= kube-router
NODES ?= 2
FAMILY ?= ipv4
lab-up lab-run: all image
lab-build lab-up lab-down lab-status lab-run:
	@CNI=$(CNI) NODES=$(NODES) FAMILY=$(FAMILY) lab/lab.sh $(@:lab-%=%) $(ARGS)

MAN_SRC := $(wildcard harness/man/*.scd)
MAN := $(patsubst harness/man/%.scd,$(BUILD)/man/%,$(MAN_SRC))
man: $(MAN)
$(BUILD)/man/%: harness/man/%.scd
	@mkdir -p $(@D)
	$(call say,MAN,$@)
	$(Q)scdoc < $< > $@

DATADIR := $(DESTDIR)$(PREFIX)/share/netpolcheck
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
install: all man
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/netpolcheck $(DATADIR) $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 755 $(BUILD)/netpolcheck $(DESTDIR)$(PREFIX)/bin/
	install -s -m 755 $(BUILD)/netpolcheck-agent $(DESTDIR)$(PREFIX)/libexec/netpolcheck/
	install -d $(DESTDIR)$(PREFIX)/lib/netpolcheck
	install -m 755 $(BUILD)/libnpmutate.so $(DESTDIR)$(PREFIX)/lib/netpolcheck/
	cp -R suites results/schema $(DATADIR)/
	install -d $(DATADIR)/ci
	install -m 755 deploy/ci/gate.sh $(DATADIR)/ci/
	install -d $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR)
	$(BUILD)/netpolcheck completion bash > $(DESTDIR)$(BASHDIR)/netpolcheck
	$(BUILD)/netpolcheck completion zsh > $(DESTDIR)$(ZSHDIR)/_netpolcheck
	for m in $(MAN); do install -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/; done

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/netpolcheck $(DESTDIR)$(BASHDIR)/netpolcheck $(DESTDIR)$(ZSHDIR)/_netpolcheck
	rm -rf $(DESTDIR)$(PREFIX)/libexec/netpolcheck $(DESTDIR)$(PREFIX)/lib/netpolcheck $(DATADIR)
	for m in $(MAN); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$$(basename $$m); done

include fuzz/fuzz.mk

# A Debian package of what is installed: build/netpolcheck_<version>_<arch>.deb
deb: all man
	@harness/tools/deb.sh $(BUILD)

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

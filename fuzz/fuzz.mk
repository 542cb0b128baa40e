# Fuzz targets: fuzz/README.md. One source a target in fuzz/targets/, built in these ways:
#
#   make fuzz-regress                  gcc alone: the kept inputs once, in seconds; SAN=1 BUILD=build/asan: sanitized
#   make fuzz TARGET=yaml TIME=60      one target, libFuzzer with sanitizers, then AFL++ if it is there
#   make fuzz-all TIME=60              every target so, over one shared corpus, and a coverage report
#   make fuzz-hours                    how much processor time each target has had so far
#   make fuzz-smoke                    a few seconds each
#   make fuzz-cover                    which lines the kept inputs reach
#   make fuzz-bench                    executions a second, beside the bare libraries
#
# The last word of each is a script, harness/tools/fuzz*.sh, which calls make again with one of FLAVOUR=.

FUZZ_TARGETS := $(patsubst fuzz/targets/%.c,%,$(wildcard fuzz/targets/fuzz_*.c))
FUZZ_SHARED := $(filter-out fuzz/targets/standalone.c $(wildcard fuzz/targets/fuzz_*.c),$(wildcard fuzz/targets/*.c))
FUZZ_SHARED_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(FUZZ_SHARED))
comma := ,
FUZZ_LIB := $(BUILD)/lib/libnp-fuzz.a

# What takes the place of main(): an engine's switch, or the one that reads files.
FUZZ_ENGINE ?=
FUZZ_MAIN := $(if $(FUZZ_ENGINE),,$(BUILD)/obj/fuzz/targets/standalone.o)
# Objects of the in-pod agent that targets read packets and lines with.
FUZZ_POD_OBJ := $(patsubst %,$(BUILD)/obj/harness/agent/pod/%.o,addr dns greeting lines moment sctp_wire session)
# The layers that targets reach into; highest first.
FUZZ_ARCHIVES := $(foreach l,report campaign agent kube gen mutate oracle parse model base,$(filter %/libnp-$(l).a,$(ARCHIVES)))
FUZZ_LIBS ?= $(LIBS)
# Single objects of layers that do not go in whole, and functions that a target takes the place of.
FUZZ_WITH_fuzz_selector := harness/sandbox/select
FUZZ_WITH_fuzz_waivers := harness/run/waivers
FUZZ_LD_fuzz_manifests := -Wl,--wrap=np_file_read
FUZZ_LD_fuzz_kubeconfig := -Wl,--wrap=np_file_read
FUZZ_LD_fuzz_report := -Wl,--wrap=np_file_read
FUZZ_LD_fuzz_crash := -Wl,--wrap=np_wall_text
# For targets in which allocations of libraries fail (targets/failing.h): ours do not.
FUZZ_FAILING := $(patsubst %,-Wl$(comma)--wrap=np_%,xmalloc xcalloc xrealloc xstrdup xstrndup xvasprintf xasprintf grow)
FUZZ_LD_fuzz_alloc := $(FUZZ_FAILING) -Wl,--wrap=np_no_memory
FUZZ_LD_fuzz_url := $(FUZZ_FAILING)
fuzz_with = $(patsubst %,$(BUILD)/obj/%.o,$(FUZZ_WITH_$(1)))
FUZZ_LD ?= $(CC)
FUZZ_LDFLAGS ?= $(CFLAGS_ALL)

TARGET ?=
TIME ?= 60

.PHONY: fuzz fuzz-all fuzz-hours fuzz-smoke fuzz-regress fuzz-cover fuzz-bench fuzz-targets fuzz-min

fuzz-targets: $(patsubst %,$(BUILD)/fuzz/%,$(FUZZ_TARGETS)) $(if $(FUZZ_ENGINE),,$(BUILD)/fuzz-record $(BUILD)/fuzz-reduce)

$(FUZZ_LIB): $(FUZZ_SHARED_OBJ) $(FUZZ_POD_OBJ)
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

define fuzz_rule
$(BUILD)/fuzz/$(1): $(BUILD)/obj/fuzz/targets/$(1).o $(call fuzz_with,$(1)) $(FUZZ_LIB) $(FUZZ_MAIN) $(FUZZ_ARCHIVES)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$(FUZZ_LD) $(FUZZ_LDFLAGS) $(LDFLAGS) -Wl,--wrap=np_die $(FUZZ_LD_$(1)) -o $$@ $$< $(call fuzz_with,$(1)) $(FUZZ_MAIN) $(FUZZ_ENGINE) -Wl,--start-group $(FUZZ_LIB) $(FUZZ_ARCHIVES) -Wl,--end-group -Wl,--as-needed $(FUZZ_LIBS)
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_rule,$(t))))

fuzz-regress: fuzz-targets
	@harness/tools/fuzz-regress.sh $(BUILD)

fuzz:
	@harness/tools/fuzz.sh run '$(TARGET)' '$(TIME)'

fuzz-all:
	@harness/tools/fuzz.sh all '$(TIME)'

fuzz-hours:
	@harness/tools/fuzz.sh hours

fuzz-smoke:
	@harness/tools/fuzz.sh smoke '$(TIME)'

fuzz-cover:
	@harness/tools/fuzz-cover.sh

fuzz-min:
	@harness/tools/fuzz.sh min '$(TARGET)'

fuzz-bench:
	@harness/tools/fuzz-bench.sh

# Programs of fuzz-bench.sh. FUZZ_BENCH_LIBS: objects that take the place of the system's libyaml and jansson.
FUZZ_BENCH_LIBS ?=
$(BUILD)/fuzz-bench/%: $(BUILD)/obj/fuzz/bench/%.o $(FUZZ_LIB) $(FUZZ_MAIN) $(FUZZ_ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(FUZZ_LD) $(FUZZ_LDFLAGS) $(LDFLAGS) -Wl,--wrap=np_die -o $@ $< $(FUZZ_MAIN) $(FUZZ_ENGINE) -Wl,--start-group $(FUZZ_LIB) $(FUZZ_ARCHIVES) $(FUZZ_BENCH_LIBS) -Wl,--end-group -Wl,--as-needed $(FUZZ_LIBS)
$(BUILD)/fuzz-bench/fixed_%: $(BUILD)/obj/fuzz/targets/fuzz_%.o $(BUILD)/obj/fuzz/bench/fixed.o $(BUILD)/obj/harness/sandbox/select.o $(FUZZ_LIB) $(FUZZ_MAIN) $(FUZZ_ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(FUZZ_LD) $(FUZZ_LDFLAGS) $(LDFLAGS) -Wl,--wrap=np_die -o $@ $(filter-out %.a,$^) $(FUZZ_ENGINE) -Wl,--start-group $(FUZZ_LIB) $(FUZZ_ARCHIVES) -Wl,--end-group -Wl,--as-needed $(FUZZ_LIBS)
fuzz-bench-fixed: $(patsubst %,$(BUILD)/fuzz-bench/fixed_%,cidr port selector oracle)
fuzz-bench-programs: $(patsubst %,$(BUILD)/fuzz-bench/%,ours_yaml ours_json bare_yaml bare_json)

# For what a target of fuzz/examples died of: fuzz-record puts it among the findings, fuzz-reduce makes its input smaller.
FUZZ_TOOL_ARCHIVES := $(filter %/libnp-campaign.a,$(ARCHIVES)) $(FUZZ_ARCHIVES)
FUZZ_TOOLS := $(BUILD)/fuzz-record $(BUILD)/fuzz-reduce
$(FUZZ_TOOLS): $(BUILD)/fuzz-%: $(BUILD)/obj/fuzz/examples/lib/%.o $(FUZZ_TOOL_ARCHIVES)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $< -Wl,--start-group $(FUZZ_TOOL_ARCHIVES) -Wl,--end-group -Wl,--as-needed $(LIBS)
.PHONY: fuzz-tools
fuzz-tools: $(FUZZ_TOOLS)

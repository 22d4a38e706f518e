# sessiond: build, run, test, install. `make help` lists the targets.
#
# The user's CXXFLAGS, CPPFLAGS and LDFLAGS are respected; what the project itself needs stands apart. Objects go to
# $(BUILD)/<variant>/, a variant being the plain build or one with sanitizers (make SAN=address,undefined).

include src/rooms.mk

# All processors, unless it is said otherwise (make -j1); what a recipe calls shares them.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

ifeq ($(origin CXX),default)
CXX := g++
endif
BUILD  ?= build
SAN    ?=
# So many files of a folder are compiled as one, because what they all include is read, and what they all use
# instantiated, once then: a build from nothing takes a third of the time. For changing one file after the other: UNITY=1.
UNITY  ?= 8
V      ?= 0
# Where we test, -Werror: a warning is an error. Where others build it is none: another compiler may see more.
WERROR ?=

comma   := ,
variant := $(if $(SAN),$(subst $(comma),-,$(SAN)),plain)
OUT     := $(BUILD)/$(variant)
Q       := $(if $(filter 1,$(V)),,@)
say      = $(if $(Q),@printf '  %-5s %s\n' $(1) $(2))

.PHONY: all
all: $(OUT)/sessiond $(OUT)/sessionctl ## build the daemon and its tool: build/plain/sessiond, build/plain/sessionctl

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile conf/install.mk | expand -t 24
	@printf '%s\n' '' '  V=1 shows the commands, SAN=address,undefined or SAN=thread builds with sanitizers, BUILD=dir elsewhere.'

# --- flags -------------------------------------------------------------------------------------------------------

ifeq ($(SAN),)
CXXFLAGS ?= -O2 -g -D_FORTIFY_SOURCE=2
else
CXXFLAGS ?= -O1 -g1
endif

TEST_CXXFLAGS ?= -O0 -g1

PACKAGES      := spdlog yaml-cpp hiredis openssl libsystemd libargon2 libcrypt libutf8proc
TEST_PACKAGES := gmock_main gmock gtest
# Of the daemon alone. Sanitizers have allocators of their own.
ALLOCATOR     := $(if $(SAN),,jemalloc)
package_flags  = $(shell pkg-config $(1) 2>/dev/null)
# Its header is where the compiler looks anyway.
LINKED        := libcurl

# libFuzzer brings its own main(), so only the link of a fuzz target may ask for it.
san_compile := $(subst fuzzer,fuzzer-no-link,$(SAN))
# Without vptr: to look at an object it opens a pipe, and calls every object wrong where no descriptor is left, as a test
# of ours has it.
san_flags   := $(if $(SAN),-fsanitize=$(san_compile) -fno-omit-frame-pointer -fno-sanitize-recover=all \
                 $(if $(findstring undefined,$(SAN)),-fno-sanitize=vptr))
# g++ 12 takes members of a moved std::variant or std::optional for uninitialized, now here and now there.
no_warnings := -Wno-missing-field-initializers -Wno-maybe-uninitialized -Wno-unknown-warning-option
# Of several files compiled as one it takes what only the file itself can name for a header's.
no_warnings += $(if $(filter-out 1,$(UNITY)),-Wno-subobject-linkage)

# The standard library's own checks: 1.4 % of a check's instructions.
OUR_CPPFLAGS := -Isrc -Itests -D_GLIBCXX_ASSERTIONS $(call package_flags,--cflags $(PACKAGES))
OUR_CXXFLAGS := -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor \
                $(no_warnings) $(WERROR) -pthread -fPIE -fstack-protector-strong $(san_flags)
OUR_LDFLAGS  := -pthread -pie -Wl,-z,relro,-z,now $(if $(SAN),-fsanitize=$(SAN))
LIBS         := $(call package_flags,--libs $(PACKAGES) $(LINKED)) -lfcgi
TEST_LIBS    := $(call package_flags,--libs $(TEST_PACKAGES))
# Linked also with the tests of what is counted by the daemon's allocator.
allocator_libs := $(if $(ALLOCATOR),$(call package_flags,--libs $(ALLOCATOR)))

compile = $(CXX) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CXXFLAGS) $(CXXFLAGS) -MMD -MP
link    = $(CXX) $(OUR_LDFLAGS) $(CXXFLAGS) $(LDFLAGS)

# Changes only when the flags do, and then everything is compiled anew.
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(compile) $(link) $(TEST_CXXFLAGS)' | cmp -s - $@ || echo '$(compile) $(link) $(TEST_CXXFLAGS)' > $@
.PHONY: FORCE
FORCE:

# Without its packages nothing compiles; say so instead of letting the first #include fail.
ifeq ($(call package_flags,--libs $(PACKAGES) $(LINKED) $(ALLOCATOR)),)
.PHONY: packages-needed
packages-needed:
	@echo 'packages that the build needs are missing; as root: make packages' >&2; exit 1
endif
packages_found := $(if $(call package_flags,--libs $(PACKAGES) $(LINKED) $(ALLOCATOR)),,packages-needed)

# --- units of compilation ----------------------------------------------------------------------------------------

# What is compiled of a folder, each thing as its first and last file: 1-8 9-16.
spans      := $(shell seq 1 $(UNITY) 500 | sed 's/.*/echo &-$$((& + $(UNITY) - 1))/' | sh)
ifneq ($(words $(UNITY)) $(if $(spans),counted),1 counted)
$(error UNITY is how many files are compiled as one, 1 or more, and not '$(UNITY)')
endif
first_of    = $(firstword $(subst -, ,$(1)))
files_in    = $(wordlist $(call first_of,$(2)),$(lastword $(subst -, ,$(2))),$(sort $(wildcard $(1)/*.cc)))
folders_of  = $(patsubst %/,%,$(sort $(dir $(wildcard $(1)/*.cc $(1)/*/*.cc))))
units_of    = $(if $(word 501,$(wildcard $(1)/*.cc)),$(error $(1) has more files than are counted here))\
              $(foreach s,$(spans),$(if $(call files_in,$(1),$(s)),$(if $(filter 1,$(UNITY)),\
                $(patsubst %.cc,$(OUT)/%.o,$(call files_in,$(1),$(s))),$(OUT)/$(1)/unity_$(s).o)))
objects_of  = $(foreach f,$(call folders_of,$(1)),$(call units_of,$(f)))

# Both src and tests are where headers are looked for.
define unit
$(OUT)/$(1)/unity_$(2).cc: FORCE
	@mkdir -p $$(@D)
	@printf '#include "%s"\n' $(foreach f,$(call files_in,$(1),$(2)),$(patsubst src/%,%,$(f:tests/%=%))) >$$@.new
	@cmp -s $$@.new $$@ || cp $$@.new $$@
endef
ifneq ($(UNITY),1)
$(foreach f,$(call folders_of,src/*) $(call folders_of,tests/unit) $(call folders_of,tests/integration),\
  $(foreach s,$(spans),$(if $(call files_in,$(f),$(s)),$(eval $(call unit,$(f),$(s))))))
endif

# --- rooms: one library each -------------------------------------------------------------------------------------

room_libs  = $(foreach r,$(1),$(OUT)/lib$(r).a)
reverse    = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
top_down  := $(foreach r,$(call reverse,$(ROOMS)),$(if $(call folders_of,src/$(r)),$(r)))

define room
$(OUT)/lib$(1).a: $(call objects_of,src/$(1))
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

$(OUT)/lib%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# The assembler takes these in, and the compiler does not see it.
$(call objects_of,src/endpoints/pages): $(wildcard src/endpoints/pages/messages/*.yaml)

define compile_source
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(compile) -c -o $@ $<
endef

$(OUT)/src/%.o: src/%.cc $(OUT)/flags | $(packages_found)
	$(compile_source)

$(OUT)/src/%.o: $(OUT)/src/%.cc $(OUT)/flags | $(packages_found)
	$(compile_source)

daemon_objects := $(patsubst %.cc,$(OUT)/%.o,$(filter-out src/main.cc,$(wildcard src/*.cc)))

$(OUT)/sessiond: $(OUT)/src/main.o $(daemon_objects) $(call room_libs,$(top_down))
	$(call say,LINK,$@)
	$(Q)$(link) -o $@ $^ $(allocator_libs) $(LIBS)

$(OUT)/sessionctl: $(call objects_of,src/sessionctl) $(daemon_objects) $(call room_libs,$(top_down))
	$(call say,LINK,$@)
	$(Q)$(link) -o $@ $^ $(LIBS)

# --- tests: one binary a room, linked with the rooms below it only -----------------------------------------------
#
# Tests are compiled without optimisation (they are read once and run once) and with a precompiled header.

PCH           := $(OUT)/tests/support/pch.h
test_compile   = $(CXX) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CXXFLAGS) $(TEST_CXXFLAGS) -MMD -MP

# ccache caches compilations with a precompiled header only when told that it may.
export CCACHE_SLOPPINESS ?= pch_defines,time_macros
# And clang takes no header from ccache whose source is younger, unless told not to look.
pch_flags := $(if $(findstring clang,$(CXX)),-Xclang -fno-pch-timestamp)

$(PCH).gch: tests/support/pch.h $(OUT)/flags | $(packages_found)
	@mkdir -p $(@D)
	$(call say,PCH,$<)
	$(Q)cp $< $(PCH) && $(test_compile) $(pch_flags) -x c++-header -o $@ $<

$(OUT)/tests/fuzz/%.o: tests/fuzz/%.cc $(OUT)/flags | $(packages_found)
	$(compile_source)

define compile_test
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(test_compile) -fpch-preprocess -include $(PCH) -c -o $@ $<
endef

$(OUT)/tests/%.o: tests/%.cc $(PCH).gch $(OUT)/flags | $(packages_found)
	$(compile_test)

$(OUT)/tests/%.o: $(OUT)/tests/%.cc $(PCH).gch $(OUT)/flags | $(packages_found)
	$(compile_test)

# Fakes and helpers, in a library so that a room's tests take only those that they use.
$(OUT)/libsupport.a: $(patsubst %.cc,$(OUT)/%.o,$(wildcard tests/support/*.cc))

tests_of    = $(call units_of,tests/$(1)/$(2))
test_binary = $(OUT)/tests/$(1)_$(2)
tested      = $(foreach r,$(ROOMS) daemon,$(if $(wildcard tests/$(1)/$(r)/*.cc),$(r)))

# The rooms above all others: what stands directly in src/.
NEEDS_daemon := $(top_down)

define room_tests
$(call test_binary,$(1),$(2)): $(call tests_of,$(1),$(2)) $(if $(filter daemon,$(2)),$(daemon_objects)) \
  $(OUT)/libsupport.a $(call room_libs,$(filter $(2) $(NEEDS_$(2)),$(top_down)))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(link) -o $$@ $$^ $(if $(filter unit-base unit-session,$(1)-$(2)),$(allocator_libs)) $$(TEST_LIBS) $$(LIBS)
.PHONY: $(1)-$(2)
$(1)-$(2): $(call test_binary,$(1),$(2)) $(if $(filter integration-daemon,$(1)-$(2)),$(OUT)/sessiond)
	SESSIOND=$(OUT)/sessiond $(if $(findstring thread,$(SAN)),setarch -R )$$< $(GTEST_ARGS)
endef
$(foreach k,unit integration,$(foreach r,$(call tested,$(k)),$(eval $(call room_tests,$(k),$(r)))))

# --- fuzz targets: replayed over their corpus by `make test`, or, with clang, fuzzed -----------------------------
#
#   make CXX=clang++-14 SAN=fuzzer,address,undefined fuzz_cookie_header

fuzz_targets := $(patsubst tests/fuzz/%_fuzz.cc,%,$(wildcard tests/fuzz/*_fuzz.cc))
replay_main  := $(if $(findstring fuzzer,$(SAN)),,$(OUT)/tests/fuzz/replay_main.o)

define fuzz_target
$(OUT)/tests/fuzz_$(1): $(OUT)/tests/fuzz/$(1)_fuzz.o $(replay_main) $(call room_libs,$(top_down))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(link) -o $$@ $$^ $$(LIBS)
.PHONY: fuzz_$(1)
fuzz_$(1): $(OUT)/tests/fuzz_$(1)
	$(OUT)/tests/fuzz_$(1) $(if $(findstring fuzzer,$(SAN)),-max_total_time=60 $(BUILD)/fuzz/$(1)) tests/fuzz/corpus/$(1)
endef
$(foreach t,$(fuzz_targets),$(eval $(call fuzz_target,$(t))))
ifneq ($(findstring fuzzer,$(SAN)),)
$(foreach t,$(fuzz_targets),$(eval fuzz_$(t): | $(BUILD)/fuzz/$(t)))
$(BUILD)/fuzz/%: ; mkdir -p $@
endif

# What tests/run asks for.
.PHONY: tests-unit tests-integration tests-fuzz
tests-unit: $(foreach r,$(call tested,unit),$(call test_binary,unit,$(r)))
tests-integration: $(foreach r,$(call tested,integration),$(call test_binary,integration,$(r))) \
  $(if $(wildcard tests/integration/daemon/*.cc),$(OUT)/sessiond)
tests-fuzz: $(foreach t,$(fuzz_targets),$(OUT)/tests/fuzz_$(t))

# --- what people call --------------------------------------------------------------------------------------------
#
# `run` and `test` install what is missing first and build in a second make, which then finds the packages' flags.

# Those that have packages of their own.
stage_packages := lint soak e2e systemd debian

.PHONY: packages
packages: ## install the Debian packages that build, run and test need (root)
	tests/support/install-packages build run test $(stage_packages)

.PHONY: run
run: ## start it all under build/run: Redis, an application, sessiond, nginx (CHECK=1: walk through and stop)
	@tests/support/install-packages build run
	@$(MAKE) --no-print-directory all
	@CHECK=$(CHECK) tests/demo/run

.PHONY: test
test: ## run every test and lint; the last line counts them (STAGES='unit lint' runs some)
	@tests/support/install-packages build run test $(if $(STAGES),$(filter $(stage_packages),$(STAGES)),$(stage_packages))
	@tests/run $(STAGES)

.PHONY: soak
soak: ## ten minutes of random schedules of logins, saves, logouts and failovers, held against a model (SECONDS=, SEED=)
	@tests/support/install-packages build run soak
	@$(MAKE) --no-print-directory all
	@SESSIOND=$(OUT)/sessiond tests/soak/run $(or $(SECONDS),600) $(SEED)

.PHONY: chaos
chaos: ## every fault of Redis and the network on every topology, under constant checks; prints a table (FAULTS=, TOPOLOGY=)
	@tests/support/install-packages build run soak
	@$(MAKE) --no-print-directory all
	@SESSIOND=$(OUT)/sessiond tests/chaos/run $(if $(TOPOLOGY),--topology $(TOPOLOGY)) $(FAULTS)

# The floors that the daemon is measured against have its allocator.
$(OUT)/bench/%: tests/bench/%.cc $(OUT)/src/allocator.o $(call room_libs,$(top_down)) $(OUT)/flags | $(packages_found)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(compile) $(OUR_LDFLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $< $(OUT)/src/allocator.o \
	  $(call room_libs,$(top_down)) $(call package_flags,--libs $(ALLOCATOR)) $(LIBS)

.PHONY: mutants
mutants: ## break the code on which safety rests, line by line, and see whether tests notice (ROOMS_TO_BREAK='redis http')
	@tests/support/install-packages build run test mutants
	@tests/mutants/run $(ROOMS_TO_BREAK)

.PHONY: coverage
coverage: ## which branches of redis/ and fastcgi/ their tests take, nine of ten at least (ROOMS_TO_COVER='session http')
	@tests/support/install-packages build run test coverage
	@BUILD=$(BUILD) tests/coverage/run $(ROOMS_TO_COVER)

.PHONY: release-check
release-check: ## everything on every supported release: packages, units, the README's way, all tests (hours)
	@tests/support/install-packages build run debian release
	@tests/run release

.PHONY: bench
bench: ## measure it against libfcgi alone, against others, against growth (QUICK=1: the same ratios in 4 minutes)
	@tests/support/install-packages build run bench
	@$(MAKE) --no-print-directory all $(OUT)/bench/libfcgi_responder $(OUT)/bench/lanes_responder
	@QUICK=$(QUICK) tests/bench/run $(STAGES)

include conf/install.mk

# dpkg-buildpackage puts its results beside the folder it works in, and leaves that one changed: so, in a copy.
.PHONY: deb
deb: ## build the Debian package: build/deb/sessiond_*.deb (DEB_BUILD_OPTIONS= runs the unit tests as well)
	@tests/support/install-packages build deb
	rm -rf $(BUILD)/deb
	tests/support/copy-sources $(BUILD)/deb/source
	cd $(BUILD)/deb/source && DEB_BUILD_OPTIONS='$(DEB_BUILD_OPTIONS)' dpkg-buildpackage --jobs-try=auto --no-sign --build=binary
	@ls $(BUILD)/deb/*.deb
DEB_BUILD_OPTIONS ?= nocheck

# For editors and clangd, in the folder where they look for it.
sources := $(wildcard src/*.cc src/*/*.cc src/*/*/*.cc tests/*/*.cc tests/*/*/*.cc)
.PHONY: compile_commands
compile_commands: ## write compile_commands.json, for editors and clangd
	@{ echo '['; separator=; for file in $(sources); do \
	  printf '%s{"directory":"%s","file":"%s","arguments":[' "$$separator" '$(CURDIR)' "$$file"; \
	  printf '"%s",' $(compile); printf '"-c","%s"]}' "$$file"; separator=','; done; echo ']'; } >compile_commands.json

.PHONY: format
format: ## put all C++ files in the project's format
	$$(tests/support/llvm-tool clang-format) -i $$(find src tests -name '*.cc' -o -name '*.h')

.PHONY: compile-flags
compile-flags:
	@echo $(OUR_CPPFLAGS) $(CPPFLAGS) -std=c++20

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD)

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)

# sessiond: build, run, test, install. `make help` lists the targets.
#
# The user's CXXFLAGS, CPPFLAGS and LDFLAGS are respected; what the project itself needs stands apart. Objects go to
# $(BUILD)/<variant>/, a variant being the plain build or one with sanitizers (make SAN=address,undefined).

include src/rooms.mk

CXX      ?= g++
CXXFLAGS ?= -O2 -g
BUILD    ?= build
SAN      ?=
V        ?= 0

comma   := ,
variant := $(if $(SAN),$(subst $(comma),-,$(SAN)),plain)
OUT     := $(BUILD)/$(variant)
Q       := $(if $(filter 1,$(V)),,@)

PACKAGES := spdlog yaml-cpp hiredis openssl libsystemd libargon2 libcrypt prometheus-cpp-core
OUR_CPPFLAGS := -Isrc -Itests $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
OUR_CXXFLAGS := -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror -pthread \
                -fstack-protector-strong -fno-plt $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
OUR_LDFLAGS  := -pthread $(if $(SAN),-fsanitize=$(SAN))
LIBS      := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lfcgi
TEST_LIBS := $(shell pkg-config --libs gmock gtest_main 2>/dev/null)

compile = $(CXX) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CXXFLAGS) $(CXXFLAGS) -MMD -MP
say     = $(if $(Q),@printf '  %-5s %s\n' $(1) $(2))

.PHONY: all
all: $(OUT)/sessiond ## build the daemon

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

# --- rooms -----------------------------------------------------------------------------------------------------

objects_of = $(patsubst %.cc,$(OUT)/%.o,$(wildcard src/$(1)/*.cc))

define room
$(OUT)/lib$(1).a: $(call objects_of,$(1))
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

$(OUT)/lib%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUT)/%.o: %.cc
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(compile) -c -o $@ $<

room_libs = $(foreach r,$(1),$(OUT)/lib$(r).a)
all_rooms := fastcgi endpoints redis users session config http os base

$(OUT)/sessiond: $(OUT)/src/main.o $(OUT)/src/daemon.o $(call room_libs,$(all_rooms))
	$(call say,LINK,$@)
	$(Q)$(CXX) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# --- tests: one binary a room, linked with the rooms below it only ------------------------------------------------

tests_of   = $(patsubst %.cc,$(OUT)/%.o,$(wildcard tests/$(1)/$(2)/*.cc))
support   := $(patsubst %.cc,$(OUT)/%.o,$(wildcard tests/support/*.cc))

define room_tests
$(OUT)/tests/$(1)_$(2): $(call tests_of,$(1),$(2)) $(call room_libs,$(2) $(NEEDS_$(2)))
.PHONY: $(1)-$(2)
$(1)-$(2): $(OUT)/tests/$(1)_$(2)
	$(OUT)/tests/$(1)_$(2) $(GTEST_ARGS)
endef
$(foreach k,unit integration,$(foreach r,$(ROOMS),$(if $(wildcard tests/$(k)/$(r)/*.cc),$(eval $(call room_tests,$(k),$(r))))))

$(OUT)/tests/unit_% $(OUT)/tests/integration_%:
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(LIBS)

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD)

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)

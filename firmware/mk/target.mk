# Cross builds and QEMU runs.
#   make target check-target            all boards
#   make check-target BOARDS=an505      one
.PHONY: target check-target bench

CROSS  := arm-none-eabi-
QEMU   := qemu-system-arm

TARGET_FLAGS := $(COMMON) -O2 -g -mthumb -ffunction-sections -fdata-sections -fstack-usage
LINK_FLAGS   := -mthumb -nostartfiles --specs=nosys.specs -Wl,--gc-sections,--no-warn-rwx-segments
TARGET_LINK  := $(LINK_FLAGS) --specs=nano.specs
# $(1) = board: what tells a source file which board it is for
board_flags = $(CPU_$(1)) -Iport/$(PORT_$(1)) -DBOARD_$(shell echo $(1) | tr a-z A-Z)

# Test images use semihosting for output and exit code; the device image never links it.
START_SRC  := port/cortex_m/startup.c port/cortex_m/stack.c
TEST_PORT  := $(START_SRC) test/target/semihosting.c
IMAGES     := fqt-device trajectory guards faults unit
TESTS      := trajectory guards faults unit
# A board without a script for the unit suite does not run it.
tests_of  = $(if $(UNIT_LINK_$(1)),$(TESTS),$(filter-out unit,$(TESTS)))
images_of = $(if $(UNIT_LINK_$(1)),$(IMAGES),$(filter-out unit,$(IMAGES)))
# $(1) = board
SRC_fqt-device = $(CORE_SRC) $(STATIC_MODEL) $(AGENT_SRC) $(START_SRC) port/cortex_m/clock.c port/cortex_m/faults.c \
    port/cortex_m/main.c port/cortex_m/serial.c port/cortex_m/mpu_$(MPU_$(1)).c $(wildcard port/$(PORT_$(1))/*.c)
SRC_trajectory = $(CORE_SRC) $(TEST_PORT) $(filter-out %/host_main.c,$(GOLDEN_SRC)) \
    test/target/trajectory_main.c
SRC_guards     = $(TEST_PORT) port/cortex_m/mpu_$(MPU_$(1)).c port/$(PORT_$(1))/memory.c \
    port/$(PORT_$(1))/watchdog.c test/target/guards_main.c
SRC_faults     = $(TEST_PORT) port/cortex_m/faults.c port/cortex_m/mpu_$(MPU_$(1)).c \
    port/$(PORT_$(1))/watchdog.c test/target/faults_main.c
SRC_unit       = $(LIB_SRC) $(TEST_PORT) test/golden/synthetic.c test/golden/specs.c $(UNIT_LIB) $(UNIT_TARGET_SRC) \
    test/target/newlib.c test/target/format.c test/target/unit_main.c

# newlib's int32_t is long, of the same size as int: the host's compiler checks the formats.
UNIT_FLAGS := -Wno-format -DEXPECT_ON_TARGET
UNIT_WRAP  := -Wl,--wrap=printf,--wrap=fprintf,--wrap=snprintf
# Run on the host only: the floating-point reference and the tool are no part of a device.
UNIT_HOST_ONLY  := test/unit/reference_test.c test/unit/core_gradient_test.c test/unit/fqt_model_test.c
UNIT_TARGET_SRC := $(filter-out $(UNIT_HOST_ONLY),$(UNIT_SRC))

# The suite needs a printf that knows %lld and %zu (test/target/format.c), and more memory than a device has.
link_of  = $(if $(filter unit,$(2)),$(UNIT_LINK_$(1)),$(LINK_$(1)))
how_of   = $(if $(filter unit,$(1)),$(LINK_FLAGS) $(UNIT_WRAP) -lm,$(TARGET_LINK))

have = $(shell command -v $(1) 2>/dev/null)
MISSING := $(if $(call have,$(CROSS)gcc),,$(CROSS)gcc)
MISSING_RUN := $(MISSING) $(if $(call have,$(QEMU)),,$(QEMU))

# $(1) = what is skipped, $(2) = missing tools
skip = echo "SKIPPED: $(1): missing $(strip $(2)); apt-get install gcc-arm-none-eabi \
libnewlib-arm-none-eabi qemu-system-arm"; $(if $(REQUIRE_TOOLS),exit 1,exit 0)

define board_rules
FLAGS_$(1) := $$(call board_flags,$(1))
$(BUILD)/$(1)/test/target/trajectory_main.o: $(GOLDEN)
$(BUILD)/$(1)/test/target/unit_main.o: TARGET_FLAGS += -I$(BUILD)
$(BUILD)/$(1)/test/target/unit_main.o: $(BUILD)/unit_tests.h
$(BUILD)/$(1)/test/unit/%_test.o: TARGET_FLAGS += $$(UNIT_FLAGS) -Dmain=$$(notdir $$*)_main
$(BUILD)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	@echo "  CC $$@"
	@$(CROSS)gcc $$(TARGET_FLAGS) $$(FLAGS_$(1)) -c -o $$@ $$<
$(foreach i,$(call images_of,$(1)),$(call image_rule,$(1),$(i)))
$(foreach i,$(call tests_of,$(1)),$(call run_rule,$(1),$(i)))
-include $$(foreach i,$(call images_of,$(1)),$$(patsubst %.c,$(BUILD)/$(1)/%.d,$$(call SRC_$$(i),$(1))))
endef
define image_rule

$(BUILD)/$(1)/$(2).elf: $$(patsubst %.c,$(BUILD)/$(1)/%.o,$$(call SRC_$(2),$(1))) $(call link_of,$(1),$(2)) \
    port/cortex_m/sections.ld
	@echo "  LD $$@"
	@$(CROSS)gcc $$(CPU_$(1)) -T $(call link_of,$(1),$(2)) -o $$@ $$(filter %.o,$$^) $(call how_of,$(2))

endef
# One run is one target, so that -j runs boards side by side; its lines come out together, behind the
# machine's name. QEMU's warning about an Ethernet chip without a peer is not ours.
# Virtual time by instructions: on a busy host the watchdog's warning and its reset would come together.
OPTIONS_faults := -icount shift=5
OPTIONS_guards := -icount shift=5
define run_rule

.PHONY: run-$(1)-$(2)
run-$(1)-$(2): $(BUILD)/$(1)/$(2).elf
	@$(call run_qemu,$(1),$(2),$(OPTIONS_$(2))) >$(BUILD)/$(1)/$(2).out 2>&1; status=$$$$?; \
	grep -v 'has no peer' $(BUILD)/$(1)/$(2).out | sed 's/^/$(MACHINE_$(1)) /'; \
	test $$$$status = 0 || echo "$(MACHINE_$(1)) $(2): FAILED, exit code $$$$status (124: hangs)"; exit $$$$status

endef
# 600 s of wall time: a run takes 20 s of an idle core, and machines are not idle. $(1) = board, $(2) = image, $(3) = further options
run_qemu = timeout 600 $(QEMU) -M $(MACHINE_$(1)) -nodefaults -display none -monitor none \
    -chardev stdio,id=out -semihosting-config enable=on,target=native,chardev=out $(3) \
    -kernel $(BUILD)/$(1)/$(2).elf </dev/null

$(BUILD)/unit_tests.h: $(UNIT_TARGET_SRC) mk/target.mk
	@mkdir -p $(@D)
	@printf 'UNIT_TEST(%s)\n' $(UNIT_TARGET_SRC:test/unit/%.c=%) >$@

$(foreach b,$(BOARDS),$(eval $(call board_rules,$(b))))

PRODUCTS := $(BOARDS:%=$(BUILD)/%/fqt-device.elf)
ifneq ($(strip $(MISSING)),)
target:
	@$(call skip,cross builds,$(MISSING))
else
target: $(PRODUCTS) $(foreach b,$(BOARDS),$(patsubst %,$(BUILD)/$(b)/%.elf,$(call tests_of,$(b))))
endif

ifneq ($(strip $(MISSING_RUN)),)
check-target:
	@$(call skip,QEMU runs,$(MISSING_RUN))
else
check-target: $(foreach b,$(BOARDS),$(patsubst %,run-$(b)-%,$(call tests_of,$(b))))
	@$(if $(UNIT_HOST_ONLY),echo "unit tests on the host only: $(UNIT_HOST_ONLY)",true)
endif

# Cross builds and QEMU runs. One memory map (port/mps2/mps2.ld) serves the three boards.
.PHONY: target check-target bench size

CROSS  := arm-none-eabi-
QEMU   := qemu-system-arm
BOARDS := an386 an385 an500
CPU_an386 := -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16
CPU_an385 := -mcpu=cortex-m3
CPU_an500 := -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-sp-d16 -DBOARD_NVRAM_BASE=0x60000000u

TARGET_FLAGS := $(COMMON) -O2 -g -mthumb -ffunction-sections -fdata-sections
TARGET_LINK  := -nostartfiles --specs=nosys.specs --specs=nano.specs -T port/mps2/mps2.ld \
    -Wl,--gc-sections,--no-warn-rwx-segments

# Test images use semihosting for output and exit code; the device image never links it.
PORT_SRC   := $(wildcard port/mps2/*.c)
TEST_PORT  := port/mps2/startup.c test/target/semihosting.c
IMAGES     := trajectory bench guards fqt-device
SRC_trajectory := $(CORE_SRC) $(TEST_PORT) test/golden/trajectory.c test/golden/synthetic.c \
    test/target/trajectory_main.c
SRC_bench      := $(CORE_SRC) $(TEST_PORT) test/golden/synthetic.c test/target/bench_main.c
SRC_guards     := $(TEST_PORT) port/mps2/mpu.c port/mps2/watchdog.c test/target/guards_main.c
SRC_fqt-device := $(CORE_SRC) $(AGENT_SRC) $(PORT_SRC)

have = $(shell command -v $(1) 2>/dev/null)
MISSING := $(if $(call have,$(CROSS)gcc),,$(CROSS)gcc)
MISSING_RUN := $(MISSING) $(if $(call have,$(QEMU)),,$(QEMU))

# $(1) = what is skipped, $(2) = missing tools
skip = echo "SKIPPED: $(1): missing $(strip $(2)); apt-get install gcc-arm-none-eabi \
libnewlib-arm-none-eabi qemu-system-arm"; $(if $(REQUIRE_TOOLS),exit 1,exit 0)

ALL_IMAGES := $(foreach b,$(BOARDS),$(foreach i,$(IMAGES),$(BUILD)/$(b)/$(i).elf))

define board_rules
$(BUILD)/$(1)/test/target/trajectory_main.o: $(GOLDEN)
$(BUILD)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	@echo "  CC $$@"
	@$(CROSS)gcc $$(TARGET_FLAGS) $$(CPU_$(1)) -c -o $$@ $$<
$(foreach i,$(IMAGES),$(call image_rule,$(1),$(i)))
-include $$(foreach i,$$(IMAGES),$$(SRC_$$(i):%.c=$(BUILD)/$(1)/%.d))
endef
define image_rule

$(BUILD)/$(1)/$(2).elf: $$(SRC_$(2):%.c=$(BUILD)/$(1)/%.o) port/mps2/mps2.ld
	@echo "  LD $$@"
	@$(CROSS)gcc $$(CPU_$(1)) -mthumb $$(TARGET_LINK) -o $$@ $$(filter %.o,$$^)

endef
$(foreach b,$(BOARDS),$(eval $(call board_rules,$(b))))

ifneq ($(strip $(MISSING)),)
target size:
	@$(call skip,cross builds,$(MISSING))
else
target: $(ALL_IMAGES)
size: $(ALL_IMAGES)
	$(CROSS)size $^
endif

# Guest output goes to stdout; QEMU's own warnings (an Ethernet chip without a peer) stay on stderr.
run_qemu = timeout 120 $(QEMU) -M mps2-$(1) -nodefaults -display none -monitor none \
    -chardev stdio,id=out -semihosting-config enable=on,target=native,chardev=out $(3) \
    -kernel $(BUILD)/$(1)/$(2).elf </dev/null

ifneq ($(strip $(MISSING_RUN)),)
check-target bench:
	@$(call skip,QEMU runs,$(MISSING_RUN))
else
check-target: $(foreach b,$(BOARDS),$(BUILD)/$(b)/trajectory.elf $(BUILD)/$(b)/guards.elf)
	@status=0; $(foreach b,$(BOARDS),printf 'mps2-$(b) '; $(call run_qemu,$(b),trajectory) || status=1; \
	printf 'mps2-$(b) '; $(call run_qemu,$(b),guards) || status=1;) \
	exit $$status
bench: $(foreach b,$(BOARDS),$(BUILD)/$(b)/bench.elf)
	@$(foreach b,$(BOARDS),echo 'mps2-$(b):' && $(call run_qemu,$(b),bench,-icount shift=5) &&) true
endif

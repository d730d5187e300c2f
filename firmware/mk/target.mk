# Cross builds and QEMU runs.
.PHONY: target check-target bench size

CROSS  := arm-none-eabi-
QEMU   := qemu-system-arm

# Per board: machine, CPU flags, folder of its port, its linker script, its memory protection unit.
BOARDS := an386 an385 an500 an505 an547
MACHINE_an385 := mps2-an385
MACHINE_an386 := mps2-an386
MACHINE_an500 := mps2-an500
MACHINE_an505 := mps2-an505
MACHINE_an547 := mps3-an547
CPU_an385 := -mcpu=cortex-m3
CPU_an386 := -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16
CPU_an500 := -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-sp-d16
CPU_an505 := -mcpu=cortex-m33 -mfloat-abi=hard -mfpu=fpv5-sp-d16
CPU_an547 := -mcpu=cortex-m55 -mfloat-abi=hard
PORT_an385 := mps2
PORT_an386 := mps2
PORT_an500 := mps2
PORT_an505 := mps2
PORT_an547 := mps2
LINK_an385 := port/mps2/armv7.ld
LINK_an386 := port/mps2/armv7.ld
LINK_an500 := port/mps2/armv7.ld
LINK_an505 := port/mps2/an505.ld
LINK_an547 := port/mps2/an547.ld
MPU_an385 := v7
MPU_an386 := v7
MPU_an500 := v7
MPU_an505 := v8
MPU_an547 := v8

TARGET_FLAGS := $(COMMON) -O2 -g -mthumb -ffunction-sections -fdata-sections
TARGET_LINK  := -nostartfiles --specs=nosys.specs --specs=nano.specs \
    -Wl,--gc-sections,--no-warn-rwx-segments
# $(1) = board: what tells a source file which board it is for
board_flags = $(CPU_$(1)) -Iport/$(PORT_$(1)) -DBOARD_$(shell echo $(1) | tr a-z A-Z)

# Test images use semihosting for output and exit code; the device image never links it.
START_SRC  := port/cortex_m/startup.c port/cortex_m/stack.c
TEST_PORT  := $(START_SRC) test/target/semihosting.c
IMAGES     := trajectory bench guards fqt-device
BENCH_BOARDS := an386 an385 an500
# $(1) = board
SRC_trajectory = $(CORE_SRC) $(TEST_PORT) test/golden/trajectory.c test/golden/synthetic.c \
    test/target/trajectory_main.c
SRC_bench      = $(CORE_SRC) $(TEST_PORT) test/golden/synthetic.c test/target/bench_main.c
SRC_guards     = $(TEST_PORT) port/cortex_m/mpu_$(MPU_$(1)).c $(filter-out %/uart.c %/nvram.c,$(wildcard \
    port/$(PORT_$(1))/*.c)) test/target/guards_main.c
SRC_fqt-device = $(CORE_SRC) $(AGENT_SRC) $(START_SRC) port/cortex_m/clock.c port/cortex_m/faults.c \
    port/cortex_m/main.c port/cortex_m/mpu_$(MPU_$(1)).c $(wildcard port/$(PORT_$(1))/*.c)

have = $(shell command -v $(1) 2>/dev/null)
MISSING := $(if $(call have,$(CROSS)gcc),,$(CROSS)gcc)
MISSING_RUN := $(MISSING) $(if $(call have,$(QEMU)),,$(QEMU))

# $(1) = what is skipped, $(2) = missing tools
skip = echo "SKIPPED: $(1): missing $(strip $(2)); apt-get install gcc-arm-none-eabi \
libnewlib-arm-none-eabi qemu-system-arm"; $(if $(REQUIRE_TOOLS),exit 1,exit 0)

ALL_IMAGES := $(foreach b,$(BOARDS),$(foreach i,$(filter-out bench,$(IMAGES)),$(BUILD)/$(b)/$(i).elf)) \
    $(BENCH_BOARDS:%=$(BUILD)/%/bench.elf)

define board_rules
FLAGS_$(1) := $$(call board_flags,$(1))
$(BUILD)/$(1)/test/target/trajectory_main.o: $(GOLDEN)
$(BUILD)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	@echo "  CC $$@"
	@$(CROSS)gcc $$(TARGET_FLAGS) $$(FLAGS_$(1)) -c -o $$@ $$<
$(foreach i,$(IMAGES),$(call image_rule,$(1),$(i)))
-include $$(foreach i,$$(IMAGES),$$(patsubst %.c,$(BUILD)/$(1)/%.d,$$(call SRC_$$(i),$(1))))
endef
define image_rule

$(BUILD)/$(1)/$(2).elf: $$(patsubst %.c,$(BUILD)/$(1)/%.o,$$(call SRC_$(2),$(1))) $$(LINK_$(1)) \
    port/cortex_m/sections.ld
	@echo "  LD $$@"
	@$(CROSS)gcc $$(CPU_$(1)) -mthumb $$(TARGET_LINK) -T $$(LINK_$(1)) -o $$@ $$(filter %.o,$$^)

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
run_qemu = timeout 120 $(QEMU) -M $(MACHINE_$(1)) -nodefaults -display none -monitor none \
    -chardev stdio,id=out -semihosting-config enable=on,target=native,chardev=out $(3) \
    -kernel $(BUILD)/$(1)/$(2).elf </dev/null

ifneq ($(strip $(MISSING_RUN)),)
check-target bench:
	@$(call skip,QEMU runs,$(MISSING_RUN))
else
check-target: $(foreach b,$(BOARDS),$(BUILD)/$(b)/trajectory.elf $(BUILD)/$(b)/guards.elf)
	@status=0; $(foreach b,$(BOARDS),printf '$(MACHINE_$(b)) '; $(call run_qemu,$(b),trajectory) || status=1; \
	printf '$(MACHINE_$(b)) '; $(call run_qemu,$(b),guards) || status=1;) \
	exit $$status
bench: $(foreach b,$(BENCH_BOARDS),$(BUILD)/$(b)/bench.elf)
	@$(foreach b,$(BENCH_BOARDS),echo '$(MACHINE_$(b)):' && $(call run_qemu,$(b),bench,-icount shift=5) &&) true
endif

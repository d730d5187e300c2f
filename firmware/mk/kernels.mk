# Kernels: property tests of every variant (host, and each core in QEMU), and the benchmark.
# A variant is a set of objects with its own suffix: build/<where>/variant_<v>/.
VARIANTS_host  := c
VARIANTS_an385 := c
VARIANTS_an386 := c dsp
VARIANTS_an500 := c dsp
VARIANTS_an505 := c dsp
VARIANTS_an547 := c dsp mve
VARIANTS_stm32f4 := c dsp

comma := ,
# $(1) = where, $(2) = variant
variant_flags = -DKERNEL_SUFFIX=_$(1) -DKERNEL_LABEL='"$(if $(filter c,$(1)),portable,$(1))"'
variant_obj = $(foreach v,$(VARIANTS_$(1)),$(patsubst %.c,$(2)/variant_$(v)/%.o, \
    $(wildcard core/kernels_$(v)*.c) core/kernels_depthwise.c test/kernels/kernel_set.c))

# --- host ---
KERNELS_CHECK := $(CHECK_DIR)/kernels_property
KERNELS_HOST_OBJ := $(call variant_obj,host,$(CHECK_DIR)) \
    $(patsubst %,$(CHECK_DIR)/test/kernels/%.o,definition property host_main)

$(CHECK_DIR)/variant_c/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CHECK_FLAGS) $(call variant_flags,c) -c -o $@ $<

$(KERNELS_CHECK): $(KERNELS_HOST_OBJ)
	@echo "  LD $@"
	@$(CC) $(SANITIZE) -o $@ $^

.PHONY: check-kernels check-target-kernels bench-kernels bench-steps
check-kernels: $(KERNELS_CHECK)
	@$(KERNELS_CHECK)
check: check-kernels

# --- boards ---
# $(1) = board
KERNELS_SRC := test/kernels/definition.c test/kernels/property.c test/kernels/target_main.c
BENCH_KERNELS_SRC := test/target/count.c test/target/bench_kernels_main.c
kernels_obj = $(call variant_obj,$(1),$(BUILD)/$(1)) $(patsubst %.c,$(BUILD)/$(1)/%.o,$(TEST_PORT) $(2))

# $(1) = board, $(2) = variant
define variant_rule

$(BUILD)/$(1)/variant_$(2)/%.o: %.c
	@mkdir -p $$(@D)
	@echo "  CC $$@"
	@$(CROSS)gcc $$(TARGET_FLAGS) $$(FLAGS_$(1)) $$(call variant_flags,$(2)) -c -o $$@ $$<

endef
define kernels_rules
$(foreach v,$(VARIANTS_$(1)),$(call variant_rule,$(1),$(v)))
$(BUILD)/$(1)/kernels.elf: $(call kernels_obj,$(1),$(KERNELS_SRC))
$(BUILD)/$(1)/bench_kernels.elf: $(call kernels_obj,$(1),$(BENCH_KERNELS_SRC))
$(BUILD)/$(1)/kernels.elf $(BUILD)/$(1)/bench_kernels.elf: $(LINK_$(1)) port/cortex_m/sections.ld
	@echo "  LD $$@"
	@$(CROSS)gcc $$(CPU_$(1)) -mthumb $$(TARGET_LINK) -T $$(LINK_$(1)) -o $$@ $$(filter %.o,$$^)
-include $(patsubst %.o,%.d,$(call kernels_obj,$(1),$(KERNELS_SRC) $(BENCH_KERNELS_SRC)))
endef
$(foreach b,$(BOARDS),$(eval $(call kernels_rules,$(b))))

# --- benchmark: instructions, QEMU -icount shift=5; the same numbers at every run ---
CORE_an385 := cortex-m3
CORE_an386 := cortex-m4
CORE_an500 := cortex-m7
CORE_an505 := cortex-m33
CORE_an547 := cortex-m55
BENCH_ON   := $(foreach b,$(BOARDS),$(if $(CORE_$(b)),$(b)))
BENCH_CSV  := $(BUILD)/bench.csv
STEPS_CSV  := $(BUILD)/bench_steps.csv

# Training steps with the kernels of the core, and with the portable ones.
# $(1) = board, $(2) = folder of the learner's objects
STEPS_SRC  := test/target/count.c test/target/bench_steps_main.c $(wildcard test/golden/synthetic.c test/golden/specs.c)
steps_obj   = $(patsubst %.c,$(2)/%.o,$(wildcard core/*.c)) \
    $(patsubst %.c,$(BUILD)/$(1)/%.o,$(TEST_PORT) $(STEPS_SRC))
define steps_rules
$(BUILD)/$(1)/portable/%.o: %.c
	@mkdir -p $$(@D)
	@echo "  CC $$@"
	@$(CROSS)gcc $$(TARGET_FLAGS) $$(FLAGS_$(1)) -DFQT_KERNELS_PORTABLE -c -o $$@ $$<
$(BUILD)/$(1)/bench_steps.elf: $(call steps_obj,$(1),$(BUILD)/$(1))
$(BUILD)/$(1)/bench_steps_portable.elf: $(call steps_obj,$(1),$(BUILD)/$(1)/portable)
$(BUILD)/$(1)/bench_steps.elf $(BUILD)/$(1)/bench_steps_portable.elf: $(LINK_$(1)) port/cortex_m/sections.ld
	@echo "  LD $$@"
	@$(CROSS)gcc $$(CPU_$(1)) -mthumb $$(TARGET_LINK) -T $$(LINK_$(1)) -o $$@ $$(filter %.o,$$^)
-include $(patsubst %.o,%.d,$(call steps_obj,$(1),$(BUILD)/$(1)) $(call steps_obj,$(1),$(BUILD)/$(1)/portable))
endef
$(foreach b,$(BENCH_ON),$(eval $(call steps_rules,$(b))))

# The best variant of each core; the portable one on the M4 too, to compare.
steps_of = $(if $(filter an385 an386,$(1)),bench_steps_portable) $(if $(filter-out c,$(VARIANTS_$(1))),bench_steps)
label_of = $(if $(filter bench_steps,$(2)),$(lastword $(VARIANTS_$(1))),portable)
# $(1) = board, $(2) = image, $(3) = CSV, $(4) = first columns
append = $(call run_qemu,$(1),$(2),-icount shift=5) > $(BUILD)/$(1)/$(2).txt && \
    sed 's/^/$(4),/' $(BUILD)/$(1)/$(2).txt >> $(3) || exit 1;

ifneq ($(strip $(MISSING_RUN)),)
check-target-kernels bench-kernels bench-steps:
	@$(call skip,kernels in QEMU,$(MISSING_RUN))
else
check-target-kernels: $(BOARDS:%=$(BUILD)/%/kernels.elf)
	@status=0; $(foreach b,$(BOARDS),printf '$(MACHINE_$(b)) '; \
	$(call run_qemu,$(b),kernels) || status=1;) exit $$status
bench-kernels: $(BENCH_ON:%=$(BUILD)/%/bench_kernels.elf)
	@echo core,kernel,variant,macs,instructions,instructions_per_mac > $(BENCH_CSV)
	@$(foreach b,$(BENCH_ON),$(call append,$(b),bench_kernels,$(BENCH_CSV),$(CORE_$(b))))
	@awk -f mk/bench_table.awk $(BENCH_CSV)
bench-steps: $(foreach b,$(BENCH_ON),$(patsubst %,$(BUILD)/$(b)/%.elf,$(call steps_of,$(b))))
	@rm -f $(STEPS_CSV).part
	@$(foreach b,$(BENCH_ON),$(foreach i,$(call steps_of,$(b)),$(call append,$(b),$(i),$(STEPS_CSV).part,$(CORE_$(b))$(comma)$(call label_of,$(b),$(i)))))
	@awk -f mk/bench_steps.awk $(STEPS_CSV).part > $(STEPS_CSV) && rm $(STEPS_CSV).part
	@column -t -s, $(STEPS_CSV)
endif
check-target: check-target-kernels
.PHONY: bench
bench: bench-kernels bench-steps

-include $(KERNELS_HOST_OBJ:.o=.d)

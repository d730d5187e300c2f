# The shipped image in QEMU, driven from the host: test/target/drive_main.c.
DRIVE      := $(CHECK_DIR)/drive
DRIVE_OBJ  := $(CHECK_DIR)/test/target/drive_main.o

$(DRIVE_OBJ): CHECK_FLAGS += -D_POSIX_C_SOURCE=200809L
$(DRIVE): $(DRIVE_OBJ) $(CHECK_OBJ) $(TEST_OBJ)
	@echo "  LD $@"
	@$(CC) $(SANITIZE) -o $@ $^ -lm

# $(1) = board
define drive_rule

.PHONY: run-$(1)-device
run-$(1)-device: $(DRIVE) $(BUILD)/$(1)/fqt-device.elf
	@$(DRIVE) $(MACHINE_$(1)) $(MEMORY_MB_$(1)) $(PAGES_$(1)) $(BUILD)/$(1)/fqt-device.elf \
	    $(BUILD)/$(1)/drive $(STACK_BUDGET) >$(BUILD)/$(1)/drive.out 2>&1; status=$$$$?; \
	sed 's/^/$(MACHINE_$(1)) /' $(BUILD)/$(1)/drive.out; rm -f $(BUILD)/$(1)/drive.nv; exit $$$$status

endef
$(foreach b,$(BOARDS),$(eval $(call drive_rule,$(b))))
ifeq ($(strip $(MISSING_RUN)),)
check-target: $(BOARDS:%=run-%-device)
endif

-include $(DRIVE_OBJ:.o=.d)

# Flash, RAM and stack against size-budget.txt.
.PHONY: size
SIZE_BUDGET  := size-budget.txt
STACK_BUDGET := $(shell awk '$$1 == "stack" {print $$3}' $(SIZE_BUDGET))

# The larger shipped model, all layers trainable, with network stack and codec.
CNN_BUILD    := $(BUILD)/bearing-cnn
CNN_BOARDS   := an386 stm32f4

ifneq ($(strip $(MISSING)),)
size:
	@$(call skip,size report,$(MISSING))
else
size: $(PRODUCTS)
	@mk/size_report.sh $(BUILD) $(CROSS) $(SIZE_BUDGET) $(BOARDS)
	@$(MAKE) --no-print-directory BUILD=$(CNN_BUILD) MODEL=models/bearing-cnn.model BOARDS="$(CNN_BOARDS)" \
	    $(CNN_BOARDS:%=$(CNN_BUILD)/%/fqt-device.elf)
	@LABEL=+bearing-cnn mk/size_report.sh $(CNN_BUILD) $(CROSS) $(SIZE_BUDGET) $(CNN_BOARDS)
check-target: size
endif

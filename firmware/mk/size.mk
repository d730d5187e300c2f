# Flash, RAM and stack against size-budget.txt.
.PHONY: size
SIZE_BUDGET  := size-budget.txt
STACK_BUDGET := $(shell awk '$$1 == "stack" {print $$3}' $(SIZE_BUDGET))

ifneq ($(strip $(MISSING)),)
size:
	@$(call skip,size report,$(MISSING))
else
size: $(PRODUCTS)
	@mk/size_report.sh $(BUILD) $(CROSS) $(SIZE_BUDGET) $(BOARDS)
check-target: size
endif

# The one model of an image: its description becomes static C. Another one: make MODEL=path/to/my.model
MODEL ?= models/bearing-mlp.model
.PHONY: model FORCE

FQT_MODEL    := $(HOST_DIR)/fqt-model
STATIC_MODEL := $(BUILD)/model/static_model.c

$(FQT_MODEL): $(patsubst %.c,$(HOST_DIR)/%.o,$(wildcard tool/*.c) core/plan.c core/work.c)
	@echo "  LD $@"
	@$(CC) -o $@ $^

# Changes when another model is named, so that no image keeps the one of before.
$(BUILD)/model/chosen: FORCE
	@mkdir -p $(@D)
	@echo '$(MODEL)' | cmp -s - $@ || echo '$(MODEL)' > $@

$(STATIC_MODEL): $(MODEL) $(BUILD)/model/chosen $(FQT_MODEL)
	@$(FQT_MODEL) static $(MODEL) $@

# What the model costs, layer by layer.
model: $(FQT_MODEL)
	@$(FQT_MODEL) check $(MODEL)
-include $(patsubst %.c,$(HOST_DIR)/%.d,$(wildcard tool/*.c))

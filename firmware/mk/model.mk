# The one model of an image: its description becomes static C. Another one: make MODEL=path/to/my.model
MODEL ?= models/bearing-mlp.model
.PHONY: model

MODEL_NAME   := $(basename $(notdir $(MODEL)))
FQT_MODEL    := $(HOST_DIR)/fqt-model
STATIC_MODEL := $(BUILD)/model/$(MODEL_NAME).c

$(FQT_MODEL): $(patsubst %.c,$(HOST_DIR)/%.o,$(wildcard tool/*.c) core/plan.c core/work.c)
	@echo "  LD $@"
	@$(CC) -o $@ $^

$(BUILD)/model/%.c: $(FQT_MODEL)
	@mkdir -p $(@D)
	@$(FQT_MODEL) static $(filter %.model,$^) $@
$(STATIC_MODEL): $(MODEL)

# What the model costs, layer by layer.
model: $(FQT_MODEL)
	@$(FQT_MODEL) check $(MODEL)
-include $(patsubst %.c,$(HOST_DIR)/%.d,$(wildcard tool/*.c))

# Fuzzing (test/fuzz/fuzz.h): a fixed number of inputs in `check`, any time with
#   make fuzz SECONDS=60 [SEED=7]        60 s for each target
.PHONY: fuzz check-fuzz
FUZZ_DIR     := $(CHECK_DIR)/test/fuzz
FUZZ_TARGETS := codec mqtt sensor provisioning budget model
FUZZ_BIN     := $(FUZZ_TARGETS:%=$(CHECK_DIR)/fuzz_%)
FUZZ_OBJ     := $(FUZZ_DIR)/driver.o $(FUZZ_DIR)/fuzz_agent.o
SEED         ?= 1
SECONDS      ?= 10
# Inputs in `check`: about a second each.
INPUTS_codec        := 40000
INPUTS_mqtt         := 20000
INPUTS_sensor       := 20000
INPUTS_provisioning := 40000
INPUTS_budget       := 10000
INPUTS_model        := 3000

$(FUZZ_BIN): $(CHECK_DIR)/fuzz_%: $(FUZZ_DIR)/fuzz_%.o $(FUZZ_OBJ) $(CHECK_OBJ) $(TEST_OBJ)
	@echo "  LD $@"
	@$(CC) $(SANITIZE) -o $@ $^ -lm

# $(1) = target
regress_of = $(wildcard test/fuzz/regress/$(1)-*)
define fuzz_rule

.PHONY: check-fuzz-$(1)
check-fuzz-$(1): $(CHECK_DIR)/fuzz_$(1)
	@$(if $(call regress_of,$(1)),$(CHECK_DIR)/fuzz_$(1) $(call regress_of,$(1)) &&) \
	$(CHECK_DIR)/fuzz_$(1) iterations 1 $(INPUTS_$(1))

endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_rule,$(t))))

check-fuzz: $(FUZZ_TARGETS:%=check-fuzz-%)
check: check-fuzz
fuzz: $(FUZZ_BIN)
	@status=0; for t in $(FUZZ_BIN); do $$t seconds $(SEED) $(SECONDS) || status=1; done; exit $$status

-include $(FUZZ_OBJ:.o=.d) $(FUZZ_TARGETS:%=$(FUZZ_DIR)/fuzz_%.d)

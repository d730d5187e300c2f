# Kernels: property tests of every variant (host, and each core in QEMU), and the benchmark.
# A variant is a set of objects with its own suffix: build/<where>/variant_<v>/.
KERNELS_CHECK := $(CHECK_DIR)/kernels_property
KERNELS_HOST_OBJ := $(CHECK_DIR)/variant_c/kernels_c.o $(CHECK_DIR)/variant_c/kernel_set.o \
    $(patsubst %,$(CHECK_DIR)/test/kernels/%.o,definition property host_main)

variant_flags = -DKERNEL_SUFFIX=_$(1) -DKERNEL_LABEL='"$(if $(filter c,$(1)),portable,$(1))"'

$(CHECK_DIR)/variant_c/%.o: core2/%.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CHECK_FLAGS) $(call variant_flags,c) -c -o $@ $<

$(CHECK_DIR)/variant_c/%.o: test/kernels/%.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CHECK_FLAGS) $(call variant_flags,c) -c -o $@ $<

$(KERNELS_CHECK): $(KERNELS_HOST_OBJ)
	@echo "  LD $@"
	@$(CC) $(SANITIZE) -o $@ $^

.PHONY: check-kernels
check-kernels: $(KERNELS_CHECK)
	@$(KERNELS_CHECK)
check: check-kernels

-include $(KERNELS_HOST_OBJ:.o=.d)

# Host: library, unit tests (one binary per test/unit/*_test.c), golden trajectory.
CC ?= cc
.PHONY: host check golden-update

HOST_DIR   := $(BUILD)/host
CHECK_DIR  := $(BUILD)/check
HOST_FLAGS := $(COMMON) -O2 -g -fPIC -fvisibility=hidden
SANITIZE   := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CHECK_FLAGS := $(COMMON) -O1 -g -DFQT_CHECK -DREFERENCE_REAL=double $(SANITIZE)

REF_SRC  := $(wildcard reference/*.c)
LIB_SRC  := $(CORE_SRC) $(AGENT_SRC)
JNI_SRC  := $(wildcard port/jni/*.c)
UNIT_SRC := $(wildcard test/unit/*_test.c)
UNIT_LIB := $(filter-out $(UNIT_SRC),$(wildcard test/unit/*.c))
GOLDEN   := test/golden/trajectory.txt

# In double, so that finite differences mean something.
CHECK_REF  := $(REF_SRC:%.c=$(CHECK_DIR)/%.o)

HOST_OBJ   := $(LIB_SRC:%.c=$(HOST_DIR)/%.o)
CHECK_OBJ  := $(LIB_SRC:%.c=$(CHECK_DIR)/%.o) $(UNIT_LIB:%.c=$(CHECK_DIR)/%.o)
UNIT_BIN   := $(UNIT_SRC:test/unit/%.c=$(CHECK_DIR)/%)
GOLDEN_SRC := test/golden/trajectory.c test/golden/host_main.c test/golden/specs.c \
    test/golden/synthetic.c
GOLDEN_RUNS := $(CHECK_DIR)/trajectory $(HOST_DIR)/trajectory $(HOST_DIR)/trajectory_O0
# What tests share: windows, models, the reader of descriptions.
TEST_OBJ   := $(patsubst %.c,$(CHECK_DIR)/%.o,test/golden/synthetic.c test/golden/specs.c tool/description.c)

# The Java binding needs jni.h; without port/jni the library holds the learner alone.
ifneq ($(JNI_SRC),)
JAVA_HOME ?= $(patsubst %/bin/javac,%,$(realpath $(shell command -v javac)))
JNI_FLAGS := -isystem $(JAVA_HOME)/include -isystem $(JAVA_HOME)/include/linux
JNI_OBJ   := $(JNI_SRC:%.c=$(HOST_DIR)/%.o) $(REF_SRC:%.c=$(HOST_DIR)/%.o)
endif

host: $(HOST_DIR)/libfqtagent.so $(HOST_DIR)/libfqttrajectory.so

$(HOST_DIR)/libfqtagent.so: $(HOST_OBJ) $(JNI_OBJ)
	@echo "  LD $@"
	@$(CC) -shared -o $@ $^ -lm

# For a Java test: the learner's objects of the library above, and the golden run.
$(HOST_DIR)/libfqttrajectory.so: $(CORE_SRC:%.c=$(HOST_DIR)/%.o) $(HOST_DIR)/test/golden/jni_main.o \
    $(patsubst %.c,$(HOST_DIR)/%.o,$(filter-out %/host_main.c,$(GOLDEN_SRC)))
	@echo "  LD $@"
	@$(CC) -shared -o $@ $^
$(HOST_DIR)/test/golden/jni_main.o: HOST_FLAGS += $(JNI_FLAGS)

$(CHECK_DIR)/trajectory: $(CORE_SRC:%.c=$(CHECK_DIR)/%.o) $(GOLDEN_SRC:%.c=$(CHECK_DIR)/%.o)
	@echo "  LD $@"
	@$(CC) $(SANITIZE) -o $@ $^
# Whole-program at two further levels of optimisation: the same numbers.
$(HOST_DIR)/trajectory $(HOST_DIR)/trajectory_O0: $(CORE_SRC) $(GOLDEN_SRC)
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(filter-out -MMD -MP,$(COMMON)) $(if $(filter %_O0,$@),-O0,-O3) -o $@ $^

$(UNIT_BIN): $(CHECK_DIR)/%: $(CHECK_DIR)/test/unit/%.o $(CHECK_OBJ) $(TEST_OBJ) $(CHECK_REF)
	@echo "  LD $@"
	@$(CC) $(SANITIZE) -o $@ $^ -lm

$(HOST_DIR)/port/jni/%.o: port/jni/%.c
	@mkdir -p $(@D)
	@test -f "$(JAVA_HOME)/include/jni.h" || { echo "no jni.h under JAVA_HOME='$(JAVA_HOME)':" \
	    "install a JDK or set JAVA_HOME" >&2; exit 1; }
	@echo "  CC $@"
	@$(CC) $(HOST_FLAGS) $(JNI_FLAGS) -c -o $@ $<

# Vector registers for the host's kernels: exact integers, so the same results 1.6 times as fast.
$(HOST_DIR)/core/kernels_c.o: HOST_FLAGS += -O3

$(HOST_DIR)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(HOST_FLAGS) -c -o $@ $<

$(CHECK_DIR)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CHECK_FLAGS) -c -o $@ $<

# Runs every binary even after a failure, so that one run lists all of them.
check: $(UNIT_BIN) $(GOLDEN_RUNS)
	@status=0; for t in $(UNIT_BIN); do $$t || status=1; done; \
	for t in $(GOLDEN_RUNS); do $$t $(GOLDEN) || status=1; done; exit $$status

golden-update: $(HOST_DIR)/trajectory
	$(HOST_DIR)/trajectory --print > $(GOLDEN)

.SECONDARY:
-include $(HOST_OBJ:.o=.d) $(JNI_OBJ:.o=.d) $(CHECK_OBJ:.o=.d) $(CHECK_REF:.o=.d) $(TEST_OBJ:.o=.d) \
    $(GOLDEN_SRC:%.c=$(CHECK_DIR)/%.d) $(UNIT_SRC:%.c=$(CHECK_DIR)/%.d)

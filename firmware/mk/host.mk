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
GOLDEN_OBJ := test/golden/trajectory.o test/golden/synthetic.o test/golden/host_main.o

# The Java binding needs jni.h; without port/jni the library holds the learner alone.
ifneq ($(JNI_SRC),)
JAVA_HOME ?= $(patsubst %/bin/javac,%,$(realpath $(shell command -v javac)))
JNI_FLAGS := -isystem $(JAVA_HOME)/include -isystem $(JAVA_HOME)/include/linux
JNI_OBJ   := $(JNI_SRC:%.c=$(HOST_DIR)/%.o) $(REF_SRC:%.c=$(HOST_DIR)/%.o)
endif

host: $(HOST_DIR)/libfqtagent.so

$(HOST_DIR)/libfqtagent.so: $(HOST_OBJ) $(JNI_OBJ)
	@echo "  LD $@"
	@$(CC) -shared -o $@ $^ -lm

$(HOST_DIR)/trajectory: $(HOST_OBJ) $(GOLDEN_OBJ:%=$(HOST_DIR)/%)
	@echo "  LD $@"
	@$(CC) -o $@ $^

$(CHECK_DIR)/trajectory: $(LIB_SRC:%.c=$(CHECK_DIR)/%.o) $(GOLDEN_OBJ:%=$(CHECK_DIR)/%)
	@echo "  LD $@"
	@$(CC) $(SANITIZE) -o $@ $^

$(UNIT_BIN): $(CHECK_DIR)/%: $(CHECK_DIR)/test/unit/%.o $(CHECK_DIR)/test/golden/synthetic.o $(CHECK_OBJ) $(CHECK_REF)
	@echo "  LD $@"
	@$(CC) $(SANITIZE) -o $@ $^ -lm

$(HOST_DIR)/port/jni/%.o: port/jni/%.c
	@mkdir -p $(@D)
	@test -f "$(JAVA_HOME)/include/jni.h" || { echo "no jni.h under JAVA_HOME='$(JAVA_HOME)':" \
	    "install a JDK or set JAVA_HOME" >&2; exit 1; }
	@echo "  CC $@"
	@$(CC) $(HOST_FLAGS) $(JNI_FLAGS) -c -o $@ $<

$(HOST_DIR)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(HOST_FLAGS) -c -o $@ $<

$(CHECK_DIR)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CHECK_FLAGS) -c -o $@ $<

# The general learner beside the old one: its own objects, because both define the same names.
NEXT_SRC  := $(wildcard core2/*.c)
NEXT_UNIT := $(wildcard test/unit2/*_test.c)
NEXT_GOLD := test/golden2/trajectory.c test/golden2/host_main.c
NEXT_LIB  := $(NEXT_SRC) $(filter-out $(NEXT_UNIT),$(wildcard test/unit2/*.c)) test/golden2/synthetic.c \
    test/golden2/specs.c
NEXT_BIN  := $(NEXT_UNIT:test/unit2/%.c=$(CHECK_DIR)/next/%)
$(NEXT_BIN): $(CHECK_DIR)/next/%: $(CHECK_DIR)/test/unit2/%.o $(NEXT_LIB:%.c=$(CHECK_DIR)/%.o) $(CHECK_REF)
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(SANITIZE) -o $@ $^ -lm
NEXT_RUNS := $(CHECK_DIR)/next/trajectory $(HOST_DIR)/next/trajectory $(HOST_DIR)/next/trajectory_O0
$(CHECK_DIR)/next/trajectory: $(NEXT_GOLD:%.c=$(CHECK_DIR)/%.o) $(NEXT_LIB:%.c=$(CHECK_DIR)/%.o)
	@$(CC) $(SANITIZE) -o $@ $^
# Whole-program at two further levels of optimisation: the same numbers.
$(HOST_DIR)/next/trajectory $(HOST_DIR)/next/trajectory_O0: $(NEXT_GOLD) $(NEXT_LIB)
	@mkdir -p $(@D)
	@$(CC) $(filter-out -MMD -MP,$(COMMON)) $(if $(filter %_O0,$@),-O0,-O3) -o $@ \
	    $(filter-out test/unit2/%,$^)
golden-update-next: $(HOST_DIR)/next/trajectory
	$< --print > test/golden2/trajectory.txt
-include $(NEXT_LIB:%.c=$(CHECK_DIR)/%.d) $(NEXT_GOLD:%.c=$(CHECK_DIR)/%.d) $(NEXT_UNIT:%.c=$(CHECK_DIR)/%.d)

# Runs every binary even after a failure, so that one run lists all of them.
check: $(UNIT_BIN) $(NEXT_BIN) $(NEXT_RUNS) $(HOST_DIR)/trajectory $(CHECK_DIR)/trajectory
	@status=0; for t in $(UNIT_BIN) $(NEXT_BIN); do $$t || status=1; done; \
	for t in $(NEXT_RUNS); do $$t test/golden2/trajectory.txt || status=1; done; \
	$(HOST_DIR)/trajectory $(GOLDEN) || status=1; \
	$(CHECK_DIR)/trajectory $(GOLDEN) || status=1; exit $$status

golden-update: $(HOST_DIR)/trajectory
	$(HOST_DIR)/trajectory --print > $(GOLDEN)

.SECONDARY:
-include $(HOST_OBJ:.o=.d) $(JNI_OBJ:.o=.d) $(CHECK_OBJ:.o=.d) $(CHECK_REF:.o=.d) \
    $(GOLDEN_OBJ:%.o=$(HOST_DIR)/%.d) $(GOLDEN_OBJ:%.o=$(CHECK_DIR)/%.d) \
    $(UNIT_SRC:%.c=$(CHECK_DIR)/%.d)

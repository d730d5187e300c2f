/*
 * Every way to stop the program, one per boot: the handler must note it and reset, and the next
 * boot must find the note. The place in the list survives the resets in RAM.
 */
#include "port/cortex_m/faults.h"

#include "port/cortex_m/board_port.h"
#include "test/target/semihosting.h"

#define PROGRESS_MAGIC   0x50524F47u
#define WATCHDOG_TEST_MS 50u
#define SHCSR            (*(volatile uint32_t *)0xE000ED24u)
#define NVIC_ENABLE      ((volatile uint32_t *)0xE000E100u)
#define NVIC_PEND        ((volatile uint32_t *)0xE000E200u)
#define UNUSED_IRQ       31u
#define ANYWHERE         0u /* the core does not tell, or it does not matter */

__attribute__((section(".noinit"))) static struct {
    uint32_t magic;
    uint32_t next;
    uint32_t failed;
} progress;

static void behind_the_ram(void) {
    *(volatile uint32_t *)(BOARD_RAM_BASE + BOARD_RAM_BYTES) = 1;
}

static void an_undefined_instruction(void) {
    __asm volatile("udf #1");
}

static void a_division_by_zero(void) {
    __asm volatile("movs r0, #1\n movs r1, #0\n udiv r0, r0, r1" ::: "r0", "r1");
}

static void a_bus_without_a_device(void) {
    (void)*(volatile uint32_t *)BOARD_NOTHING_BASE;
}

static void execution_of_data(void) {
    static const uint16_t return_at_once = 0x4770; /* bx lr */
    uint16_t copy[2] = {return_at_once, 0};
    ((void (*)(void))((uintptr_t)copy | 1u))();
}

/* Each call writes its frame, so that the stack grows until the guard stops it. */
static uint32_t deeper(volatile uint32_t *left) {
    volatile uint32_t frame[16] = {*left - 1u};
    return frame[0] == 0 ? 0 : deeper(frame) + frame[0];
}

static void a_stack_overflow(void) {
    volatile uint32_t left = 1000000u; /* frames: many times the stack */
    (void)deeper(&left);
}

static void a_fault_without_a_handler(void) {
    SHCSR = 0;
    behind_the_ram();
}

#ifndef BOARD_WATCHDOG_UNMODELLED
static void a_program_that_hangs(void) {
    watchdog_init(WATCHDOG_TEST_MS);
    for (;;) {
    }
}

static void an_interrupt_without_a_handler(void) {
    watchdog_init(WATCHDOG_TEST_MS);
    NVIC_ENABLE[UNUSED_IRQ / 32u] = 1u << UNUSED_IRQ % 32u;
    NVIC_PEND[UNUSED_IRQ / 32u] = 1u << UNUSED_IRQ % 32u;
    for (;;) {
    }
}
#endif

struct stop {
    const char *what;
    void (*cause)(void);
    enum fault_kind kind;
    enum fault_kind or_kind;
    uint32_t address;
    bool pc_known;
};

/* An overflow meets the guard on ARMv7-M, the stack limit on ARMv8-M. */
static const struct stop stops[] = {
    {"a write behind the RAM", behind_the_ram, FAULT_MEMORY, FAULT_MEMORY,
     BOARD_RAM_BASE + BOARD_RAM_BYTES, true},
    {"an undefined instruction", an_undefined_instruction, FAULT_USAGE, FAULT_USAGE, ANYWHERE,
     true},
    {"a division by zero", a_division_by_zero, FAULT_USAGE, FAULT_USAGE, ANYWHERE, true},
    {"a bus without a device", a_bus_without_a_device, FAULT_BUS, FAULT_BUS, BOARD_NOTHING_BASE,
     true},
    {"execution of data", execution_of_data, FAULT_MEMORY, FAULT_MEMORY, ANYWHERE, false},
    {"a stack overflow", a_stack_overflow, FAULT_MEMORY, FAULT_USAGE, ANYWHERE, false},
    {"a fault without a handler", a_fault_without_a_handler, FAULT_HARD, FAULT_HARD,
     BOARD_RAM_BASE + BOARD_RAM_BYTES, true},
#ifndef BOARD_WATCHDOG_UNMODELLED
    {"a program that hangs", a_program_that_hangs, FAULT_WATCHDOG, FAULT_WATCHDOG, ANYWHERE, true},
    {"an interrupt without a handler", an_interrupt_without_a_handler, FAULT_WATCHDOG,
     FAULT_WATCHDOG, ANYWHERE, true},
#endif
};
#define STOPS (sizeof stops / sizeof stops[0])

static void complain(const struct stop *stop, const char *problem, uint32_t value) {
    semihosting_print("faults: ");
    semihosting_print(stop->what);
    semihosting_print(": ");
    semihosting_print(problem);
    semihosting_print_number(value);
    semihosting_print("\n");
    progress.failed++;
}

static void check(const struct stop *stop) {
    struct fault_record fault;
    const bool noted = fault_take(&fault);
    if (!noted || (fault.kind != stop->kind && fault.kind != stop->or_kind)) {
        complain(stop, noted ? "noted as another kind: " : "not noted ", fault.kind);
    } else if (stop->address != ANYWHERE && fault.address != stop->address) {
        complain(stop, "noted at address ", fault.address);
    } else if (stop->pc_known && fault.pc - BOARD_FLASH_BASE >= BOARD_FLASH_BYTES) {
        complain(stop, "noted at pc ", fault.pc);
    } else if (fault.stack_bytes == 0 || fault.stack_bytes > stack_bytes()) {
        complain(stop, "noted with a stack of ", fault.stack_bytes);
    }
}

int main(void) {
    const struct mpu_area areas[] = {
        {BOARD_FLASH_BASE, BOARD_FLASH_BYTES, MPU_CODE},
        {BOARD_RAM_BASE, BOARD_RAM_BYTES, MPU_READ_WRITE},
        {BOARD_PERIPHERAL_BASE, BOARD_PERIPHERAL_BYTES, MPU_DEVICE},
        {BOARD_NOTHING_BASE, 0x1000u, MPU_DEVICE},
    };
    faults_init();
    mpu_init(areas, sizeof areas / sizeof areas[0]);
    if (progress.magic != PROGRESS_MAGIC) {
        progress.magic = PROGRESS_MAGIC;
        progress.next = 0;
        progress.failed = 0;
    } else {
        check(&stops[progress.next++]);
    }
    if (progress.next < STOPS) {
        stops[progress.next].cause();
        complain(&stops[progress.next], "did not stop the program ", 0);
    }
    semihosting_print("faults: ");
    semihosting_print_number(STOPS - progress.failed);
    semihosting_print(" passed, ");
    semihosting_print_number(progress.failed);
    semihosting_print(" failed\n");
    semihosting_exit(progress.failed == 0 ? 0 : 1);
}

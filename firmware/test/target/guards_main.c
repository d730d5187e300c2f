/*
 * What guards the device does guard: the memory protection unit faults on each forbidden access and
 * on no allowed one, and the watchdog resets a program that hangs. The reset is seen by a mark in
 * RAM that start-up does not clear.
 */
#include "port/cortex_m/board_port.h"
#include "test/target/semihosting.h"

#define HANGING          0x68616E67u
#define WATCHDOG_TEST_MS 50u
#define HANG_TURNS       200000000u /* many times two periods, at any emulated speed */
#define INSTRUCTION_MASK 0xF800u    /* Thumb-2: 32-bit instructions begin with 0xE800 or more */

extern uint32_t board_stack_low;

static volatile uint32_t faults;
#ifndef BOARD_WATCHDOG_UNMODELLED
__attribute__((section(".noinit"))) static volatile uint32_t mark;
#endif

/* Steps over the access that faulted. Stacked: r0-r3, r12, lr, pc. */
void fault_seen(uint32_t *stacked);
void fault_seen(uint32_t *stacked) {
    const uint16_t first = *(const uint16_t *)stacked[6];
    stacked[6] += (first & INSTRUCTION_MASK) >= 0xE800u ? 4u : 2u;
    faults = faults + 1u;
}

void mem_manage_irq(void);
__attribute__((naked)) void mem_manage_irq(void) {
    __asm volatile("mrs r0, msp\n push {r4, lr}\n bl fault_seen\n pop {r4, pc}");
}

static uint32_t failed;
static uint32_t passed;

static void expect_faults(uint32_t expected, const char *what) {
    if (faults == expected) {
        passed++;
    } else {
        failed++;
        semihosting_print("guards: ");
        semihosting_print(what);
        semihosting_print(expected == 0 ? " is forbidden, but must not be\n" : " is not caught\n");
    }
    faults = 0;
}

static void write_to(uintptr_t address, uint32_t expected, const char *what) {
    *(volatile uint32_t *)address = 1;
    expect_faults(expected, what);
}

static void read_from(uintptr_t address, uint32_t expected, const char *what) {
    (void)*(volatile uint32_t *)address;
    expect_faults(expected, what);
}

static void memory_is_limited(void) {
    board_memory_limit();
    write_to(BOARD_RAM_BASE + BOARD_RAM_BYTES, 1, "a write behind the RAM");
    read_from(BOARD_RAM_BASE + BOARD_RAM_BYTES, 1, "a read behind the RAM");
    write_to(BOARD_FLASH_BASE + 0x1000u, 1, "a write to flash");
    read_from(BOARD_FLASH_BASE + 0x1000u, 0, "a read from flash");
    write_to(BOARD_PROVISIONING_BASE, 1, "a write to the provisioning page");
    read_from(BOARD_PROVISIONING_BASE, 0, "a read from the provisioning page");
    read_from(BOARD_MODEL_BASE, 0, "a read from the model page");
#if BOARD_MODEL_BASE + BOARD_PAGE_BYTES != BOARD_STORE_BASE
    read_from(BOARD_MODEL_BASE + BOARD_PAGE_BYTES, 1, "a read behind the model page");
#endif
    write_to(BOARD_STORE_BASE + BOARD_STORE_BYTES, 1, "a write behind the store");
    write_to(BOARD_STORE_BASE, 0, "a write to the store");
    write_to((uintptr_t)&board_stack_low, 1, "a stack overflow");
    read_from(0x70000000u, 1, "a read from nowhere");
}

#ifndef BOARD_WATCHDOG_UNMODELLED
/* Does not return while the watchdog works. */
static void hang(void) {
    mark = HANGING;
    watchdog_init(WATCHDOG_TEST_MS);
    for (volatile uint32_t i = 0; i < HANG_TURNS; i++) {
    }
    semihosting_print("guards: the watchdog did not reset a program that hangs\n");
}
#endif

int main(void) {
#ifdef BOARD_WATCHDOG_UNMODELLED
    semihosting_print("guards: the emulator has no watchdog for this board: not tested\n");
#else
    if (mark != HANGING) {
        hang();
        semihosting_exit(1);
    }
    passed++;
    mark = 0;
#endif
    memory_is_limited();
    semihosting_print("guards: ");
    semihosting_print_number(passed);
    semihosting_print(" passed, ");
    semihosting_print_number(failed);
    semihosting_print(" failed\n");
    semihosting_exit(failed == 0 ? 0 : 1);
}

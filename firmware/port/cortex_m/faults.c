#include "port/cortex_m/faults.h"

#include "port/cortex_m/cortex_m.h"

#define AIRCR               (*(volatile uint32_t *)0xE000ED0Cu)
#define CCR                 (*(volatile uint32_t *)0xE000ED14u)
#define SHCSR               (*(volatile uint32_t *)0xE000ED24u)
#define CFSR                (*(volatile uint32_t *)0xE000ED28u)
#define MMFAR               (*(volatile uint32_t *)0xE000ED34u)
#define BFAR                (*(volatile uint32_t *)0xE000ED38u)
#define AIRCR_RESET_REQUEST 0x05FA0004u
#define CCR_DIVIDE_BY_ZERO  (1u << 4)
#define SHCSR_ALL_FAULTS    (7u << 16)
#define CFSR_MMFAR_VALID    (1u << 7)
#define CFSR_BFAR_VALID     (1u << 15)
#define RECORD_MAGIC        0x46415546u
#define STACKED_LR          5
#define STACKED_PC          6

/* A handler needs this much above the guard; with less, the stack begins anew from its top. */
#define HANDLER_BYTES "352"

__attribute__((section(".noinit"))) static struct fault_record record;

_Noreturn void system_reset(void) {
    __asm volatile("dsb" ::: "memory");
    AIRCR = AIRCR_RESET_REQUEST;
    for (;;) {
    }
}

void faults_init(void) {
    CCR |= CCR_DIVIDE_BY_ZERO;
    SHCSR |= SHCSR_ALL_FAULTS;
}

/* At power-up the record holds anything. */
static uint32_t check_of(const struct fault_record *r) {
    return r->magic ^ r->kind * 3u ^ r->pc * 5u ^ r->lr * 7u ^ r->status * 11u ^ r->address * 13u ^
           r->stack_bytes * 17u;
}

void fault_note(enum fault_kind kind, const uint32_t *stacked) {
    const uint32_t status = CFSR;
    record.magic = RECORD_MAGIC;
    record.kind = kind;
    record.pc = stacked != NULL ? stacked[STACKED_PC] : 0;
    record.lr = stacked != NULL ? stacked[STACKED_LR] : 0;
    record.status = status;
    record.address = status & CFSR_MMFAR_VALID ? MMFAR : status & CFSR_BFAR_VALID ? BFAR : 0;
    record.stack_bytes = stack_used_bytes();
    record.check = check_of(&record);
}

bool fault_take(struct fault_record *out) {
    const bool taken = record.magic == RECORD_MAGIC && record.check == check_of(&record);
    *out = record;
    record.magic = 0;
    return taken;
}

const char *fault_text(uint32_t kind) {
    static const char *const texts[] = {"?",         "hard fault",  "memory fault",
                                        "bus fault", "usage fault", "watchdog"};
    return texts[kind <= FAULT_WATCHDOG ? kind : 0];
}

void fault_reset(const uint32_t *stacked, enum fault_kind kind);
void fault_reset(const uint32_t *stacked, enum fault_kind kind) {
    fault_note(kind, stacked);
    system_reset();
}

/* After an overflow the stack pointer stands at or below the guard, where nothing can be pushed and
 * nothing was: the handler then takes the stack from its top, and knows no pc. */
#define FAULT_HANDLER(name, kind)                                                                  \
    void name(void);                                                                               \
    __attribute__((naked)) void name(void) {                                                       \
        __asm volatile("mrs r0, msp\n"                                                             \
                       "ldr r2, =board_stack_low + " HANDLER_BYTES "\n"                            \
                       "cmp r0, r2\n"                                                              \
                       "bhs 1f\n"                                                                  \
                       "ldr r2, =board_stack_top\n"                                                \
                       "msr msp, r2\n"                                                             \
                       "movs r0, #0\n"                                                             \
                       "1: movs r1, %0\n"                                                          \
                       "b fault_reset\n"                                                           \
                       ".ltorg" ::"i"(kind));                                                      \
    }

FAULT_HANDLER(hard_fault_irq, FAULT_HARD)
FAULT_HANDLER(mem_manage_irq, FAULT_MEMORY)
FAULT_HANDLER(bus_fault_irq, FAULT_BUS)
FAULT_HANDLER(usage_fault_irq, FAULT_USAGE)

/* The first sign that the watchdog has run out; the reset itself is the watchdog's. */
void watchdog_expired(const uint32_t *stacked);
_Noreturn void watchdog_expired(const uint32_t *stacked) {
    fault_note(FAULT_WATCHDOG, stacked);
    for (;;) {
    }
}

void nmi_irq(void);
__attribute__((naked)) void nmi_irq(void) {
    __asm volatile("mrs r0, msp\n b watchdog_expired");
}

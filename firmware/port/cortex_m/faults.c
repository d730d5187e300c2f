#include "port/cortex_m/cortex_m.h"

#define AIRCR               (*(volatile uint32_t *)0xE000ED0Cu)
#define AIRCR_RESET_REQUEST 0x05FA0004u

_Noreturn void system_reset(void) {
    __asm volatile("dsb" ::: "memory");
    AIRCR = AIRCR_RESET_REQUEST;
    for (;;) {
    }
}

/* A fault is a bug or a broken memory: start again from what the store holds. */
void hard_fault_irq(void);
void mem_manage_irq(void);
void hard_fault_irq(void) {
    system_reset();
}
void mem_manage_irq(void) {
    system_reset();
}

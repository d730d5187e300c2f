/* The deepest the stack ever was, by what is left of the paint. A frame that reserves bytes without
 * writing them can hide a few. */
#include "port/cortex_m/stack.h"

#include "port/cortex_m/cortex_m.h"

#define PAINT             0x57ACC0DEu
#define KEPT_BELOW_CALLER 64u /* this function's own frame */

extern uint32_t board_stack_low, board_stack_top;

void stack_paint(void) {
    uint32_t here;
    __asm volatile("mov %0, sp" : "=r"(here));
    volatile uint32_t *end = (uint32_t *)(uintptr_t)(here - KEPT_BELOW_CALLER);
    for (volatile uint32_t *p = &board_stack_low; p < end; p++) {
        *p = PAINT;
    }
}

uint32_t stack_bytes(void) {
    return (uint32_t)((uintptr_t)&board_stack_top - (uintptr_t)&board_stack_low);
}

uint32_t stack_used_bytes(void) {
    extern uint32_t board_stack_scan;
    const volatile uint32_t *p = &board_stack_scan; /* above the bytes that the MPU forbids */
    while (p < &board_stack_top && *p == PAINT) {
        p++;
    }
    return (uint32_t)((uintptr_t)&board_stack_top - (uintptr_t)p);
}

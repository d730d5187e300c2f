/* Vectors and reset of every board: FPU on, data copied, bss cleared, stack painted, then main().
 */
#include "board.h"
#include "port/cortex_m/stack.h"

#define SCB_VTOR        (*(volatile uint32_t *)0xE000ED08u)
#define SCB_CPACR       (*(volatile uint32_t *)0xE000ED88u)
#define FPU_FULL_ACCESS (0xFu << 20) /* also Helium on the M55 */

extern uint32_t board_stack_top;
extern uint32_t board_data_start, board_data_end, board_data_load;
extern uint32_t board_bss_start, board_bss_end;

int main(void);
void reset_handler(void);
void unhandled_irq(void);

/* Weak: a port file or a test defines the ones it needs. An unexpected interrupt stops visibly. */
void unhandled_irq(void) {
    for (;;) {
    }
}

#define WEAK_IRQ(name) void name(void) __attribute__((weak, alias("unhandled_irq")))
WEAK_IRQ(nmi_irq);
WEAK_IRQ(hard_fault_irq);
WEAK_IRQ(mem_manage_irq);
WEAK_IRQ(bus_fault_irq);
WEAK_IRQ(usage_fault_irq);
WEAK_IRQ(svcall_irq);
WEAK_IRQ(pendsv_irq);
WEAK_IRQ(systick_irq);
#define WEAK_VECTOR(number, name) WEAK_IRQ(name);
BOARD_VECTORS(WEAK_VECTOR)

typedef void (*vector)(void);

struct vector_table {
    uint32_t *initial_stack;
    vector exception[15];
    vector external[BOARD_IRQ_COUNT];
};

#define EXTERNAL_VECTOR(number, name) [number] = name,

/* Every entry has a handler; the board's own ones replace the default. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
__attribute__((section(".vectors"), used)) static const struct vector_table vectors = {
    .initial_stack = &board_stack_top,
    .exception =
        {
            [0 ... 14] = unhandled_irq,
            [0] = reset_handler,
            [1] = nmi_irq,
            [2] = hard_fault_irq,
            [3] = mem_manage_irq,
            [4] = bus_fault_irq,
            [5] = usage_fault_irq,
            [10] = svcall_irq,
            [13] = pendsv_irq,
            [14] = systick_irq,
        },
    .external = {[0 ... BOARD_IRQ_COUNT - 1] = unhandled_irq, BOARD_VECTORS(EXTERNAL_VECTOR)},
};
#pragma GCC diagnostic pop

void reset_handler(void) {
    SCB_VTOR = (uint32_t)(uintptr_t)&vectors;
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    SCB_CPACR |= FPU_FULL_ACCESS;
    __asm volatile("dsb\n isb" ::: "memory");
#endif
    const uint32_t *load = &board_data_load;
    for (uint32_t *p = &board_data_start; p < &board_data_end; p++) {
        *p = *load++;
    }
    for (uint32_t *p = &board_bss_start; p < &board_bss_end; p++) {
        *p = 0;
    }
    stack_paint();
    (void)main();
    unhandled_irq();
}

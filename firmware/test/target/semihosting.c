#include "test/target/semihosting.h"

#define SYS_WRITE0        0x04u
#define SYS_EXIT_EXTENDED 0x20u
#define APPLICATION_EXIT  0x20026u

uint32_t semihosting_call(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void semihosting_print(const char *text) {
    (void)semihosting_call(SYS_WRITE0, text);
}

void semihosting_print_number(uint32_t v) {
    char digits[11];
    uint32_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + v % 10u);
        v /= 10u;
    } while (v > 0);
    semihosting_print(digits + at);
}

_Noreturn void semihosting_exit(int code) {
    const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)code};
    (void)semihosting_call(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

/* A crash is a failed test, not a time-out; weak, for the tests of faults. */
void hard_fault_irq(void);
__attribute__((weak)) void hard_fault_irq(void) {
    semihosting_print("hard fault: 0 passed, 1 failed\n");
    semihosting_exit(1);
}

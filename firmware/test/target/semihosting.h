/* Output and exit code through the debugger (QEMU). Test images only: it opens the host to the
 * guest. */
#ifndef TEST_TARGET_SEMIHOSTING_H
#define TEST_TARGET_SEMIHOSTING_H

#include <stdint.h>

uint32_t semihosting_call(uint32_t operation, const void *argument);
void semihosting_print(const char *text);
void semihosting_print_number(uint32_t v);
_Noreturn void semihosting_exit(int code);

#endif

/* The fast kernels of this core against the portable twin; on the M3 the portable one against its
 * definition. */
#include "board.h"
#include "test/kernels/property.h"
#include "test/target/semihosting.h"

#define CASES 1800u

/*
 * A read behind the guarded block faults. On the ARMv8-M boards the block ends where the RAM ends;
 * the ARMv7-M boards of QEMU read zeros there, so their MPU forbids the 32 bytes behind it.
 */
#if defined(BOARD_AN505)
#define GUARDED ((uint8_t *)(BOARD_RAM_BASE + 0x00400000u - PROPERTY_CODES))
#elif defined(BOARD_AN547)
#define GUARDED ((uint8_t *)(BOARD_RAM_BASE + 0x00080000u - PROPERTY_CODES))
#else
#define MPU_CONTROL   (*(volatile uint32_t *)0xE000ED94u)
#define MPU_BASE      (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_SIZE      (*(volatile uint32_t *)0xE000EDA0u)
#define MPU_BASE_NEW  0x10u          /* region 0 */
#define MPU_32_BYTES  (4u << 1 | 1u) /* no access, on */
#define MPU_OTHERS_ON 5u             /* on, everything else as without it */

/* QEMU sees that an unaligned word reaches into a region only where a page of 1 KB begins. */
static uint8_t guarded[PROPERTY_CODES + 32u] __attribute__((aligned(1024)));
#define GUARDED       guarded
#endif

static void guard(void) {
#ifdef MPU_CONTROL
    MPU_BASE = (uint32_t)(guarded + PROPERTY_CODES) | MPU_BASE_NEW;
    MPU_SIZE = MPU_32_BYTES;
    MPU_CONTROL = MPU_OTHERS_ON;
    __asm volatile("dsb\n isb" ::: "memory");
#endif
}

static uint8_t block[3][PROPERTY_CODES] __attribute__((aligned(4)));
static int32_t bias[PROPERTY_ACCS];
static int32_t expected[PROPERTY_ACCS];
static int32_t actual[PROPERTY_ACCS];

static uint32_t failed;
static uint32_t passed;

static void compare(const struct kernel_set *tested, const struct kernel_set *twin) {
    const struct property_memory memory = {
        .guarded = GUARDED,
        .plain = {block[0], block[1], block[2]},
        .bias = bias,
        .expected = expected,
        .actual = actual,
    };
    const uint32_t failures = property_failures(tested, twin, &memory, 1, CASES, semihosting_print,
                                                semihosting_print_number);
    failed += failures;
    passed += CASES - failures;
}

int main(void) {
    guard();
#ifdef __ARM_FEATURE_DSP
    compare(&kernel_set_dsp, &kernel_set_c);
#else
    compare(&kernel_set_c, &kernel_set_definition);
#endif
#ifdef __ARM_FEATURE_MVE
    compare(&kernel_set_mve, &kernel_set_c);
#endif
    semihosting_print("kernels: ");
    semihosting_print_number(passed);
    semihosting_print(" passed, ");
    semihosting_print_number(failed);
    semihosting_print(" failed\n");
    semihosting_exit(failed == 0 ? 0 : 1);
}

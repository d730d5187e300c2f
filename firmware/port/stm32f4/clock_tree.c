/*
 * 168 MHz from the crystal, or from the internal oscillator when the crystal does not start (1 %
 * off, good enough for the UARTs), or 16 MHz when the PLL does not lock. Every wait is bounded.
 *
 * An emulator without a clock tree reads 0 where silicon always shows the internal oscillator as
 * on: nothing is touched then, and the CPU is taken to run at 168 MHz.
 */
#include "port/stm32f4/stm32f4.h"

#define RCC_CR      BOARD_REGISTER(BOARD_RCC_BASE, 0x00)
#define RCC_PLLCFGR BOARD_REGISTER(BOARD_RCC_BASE, 0x04)
#define RCC_CFGR    BOARD_REGISTER(BOARD_RCC_BASE, 0x08)
#define RCC_AHB1ENR BOARD_REGISTER(BOARD_RCC_BASE, 0x30)
#define RCC_AHB2ENR BOARD_REGISTER(BOARD_RCC_BASE, 0x34)
#define RCC_APB1ENR BOARD_REGISTER(BOARD_RCC_BASE, 0x40)
#define RCC_APB2ENR BOARD_REGISTER(BOARD_RCC_BASE, 0x44)
#define PWR_CR      BOARD_REGISTER(BOARD_PWR_BASE, 0x00)
#define FLASH_ACR   BOARD_REGISTER(BOARD_FLASH_REGS, 0x00)
#define RNG_CR      BOARD_REGISTER(BOARD_RNG_BASE, 0x00)
#define RNG_SR      BOARD_REGISTER(BOARD_RNG_BASE, 0x04)
#define RNG_DR      BOARD_REGISTER(BOARD_RNG_BASE, 0x08)

#define CR_HSI_ON    (1u << 0)
#define CR_HSE_ON    (1u << 16)
#define CR_HSE_READY (1u << 17)
#define CR_PLL_ON    (1u << 24)
#define CR_PLL_READY (1u << 25)

/* 1 MHz into the VCO, 336 MHz out of it, / 2 = 168 MHz for the core, / 7 = 48 MHz for the RNG. */
#define PLL_FROM_HSE (1u << 22)
#define PLL_N        (336u << 6)
#define PLL_Q        (7u << 24)
#define HSI_MHZ      16u

#define CFGR_SWITCH_MASK 3u
#define CFGR_USE_PLL     2u
#define CFGR_PLL_IN_USE  (2u << 2)
#define CFGR_STATUS_MASK (3u << 2)
#define CFGR_APB1_DIV_4  (5u << 10) /* 42 MHz */
#define CFGR_APB2_DIV_2  (4u << 13) /* 84 MHz */

/* 5 wait states at 168 MHz and 2.7..3.6 V (RM0090, table 10); prefetch and both caches. */
#define ACR_AT_168_MHZ (5u | 1u << 8 | 1u << 9 | 1u << 10)
#define PWR_SCALE_1    (1u << 14)

#define AHB1_GPIOA_GPIOB  3u
#define AHB2_RNG          (1u << 6)
#define APB1_USART2_3_PWR (1u << 17 | 1u << 18 | 1u << 28)
#define APB2_USART1       (1u << 4)

/* Turns of a loop of a few instructions at 16 MHz: more than the 2 ms a crystal takes. */
#define WAIT_TURNS_MAX 100000u

#define RNG_ON    (1u << 2)
#define RNG_READY 1u

static uint32_t apb1_hz = BOARD_CLOCK_HZ / 4u;
static uint32_t apb2_hz = BOARD_CLOCK_HZ / 2u;

static bool wait_for(volatile uint32_t *reg, uint32_t mask, uint32_t value) {
    for (uint32_t turn = 0; turn < WAIT_TURNS_MAX; turn++) {
        if ((*reg & mask) == value) {
            return true;
        }
    }
    return false;
}

static bool pll_runs(void) {
    RCC_CR |= CR_HSE_ON;
    const bool crystal = wait_for(&RCC_CR, CR_HSE_READY, CR_HSE_READY);
    RCC_PLLCFGR = (crystal ? PLL_FROM_HSE | BOARD_HSE_MHZ : HSI_MHZ) | PLL_N | PLL_Q;
    RCC_CR |= CR_PLL_ON;
    return wait_for(&RCC_CR, CR_PLL_READY, CR_PLL_READY);
}

uint32_t board_clock_init(void) {
    const bool modelled = (RCC_CR & CR_HSI_ON) != 0;
    RCC_AHB1ENR |= AHB1_GPIOA_GPIOB;
    RCC_AHB2ENR |= AHB2_RNG;
    RCC_APB1ENR |= APB1_USART2_3_PWR;
    RCC_APB2ENR |= APB2_USART1;
    if (!modelled) {
        return BOARD_CLOCK_HZ;
    }
    PWR_CR |= PWR_SCALE_1;
    FLASH_ACR = ACR_AT_168_MHZ; /* before the clock rises */
    if (pll_runs()) {
        RCC_CFGR = (RCC_CFGR & ~CFGR_SWITCH_MASK) | CFGR_APB1_DIV_4 | CFGR_APB2_DIV_2;
        RCC_CFGR |= CFGR_USE_PLL;
        if (wait_for(&RCC_CFGR, CFGR_STATUS_MASK, CFGR_PLL_IN_USE)) {
            return BOARD_CLOCK_HZ;
        }
        RCC_CFGR &= ~(CFGR_SWITCH_MASK | CFGR_APB1_DIV_4 | CFGR_APB2_DIV_2);
    }
    apb1_hz = apb2_hz = HSI_MHZ * 1000000u;
    return HSI_MHZ * 1000000u;
}

uint32_t clock_apb1_hz(void) {
    return apb1_hz;
}

uint32_t clock_apb2_hz(void) {
    return apb2_hz;
}

/* 0 where the generator does not answer: then the jitter in port/cortex_m/main.c is all there is.
 */
uint32_t board_random(void) {
    RNG_CR = RNG_ON;
    return wait_for(&RNG_SR, RNG_READY, RNG_READY) ? RNG_DR : 0;
}

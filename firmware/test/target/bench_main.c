/*
 * Instructions of one sample, counted by TIMER0 under QEMU -icount shift=5: one instruction is 32
 * ns of virtual time, one tick of the 25 MHz timer 40 ns, so instructions = ticks * 5 / 4 (+-2).
 * These are instructions, not cycles. A training step is the mean over one minibatch, update
 * included.
 */
#include "core/features.h"
#include "core/learner.h"
#include "board.h"
#include "test/golden/synthetic.h"
#include "test/target/semihosting.h"

#define STEPS 64u

static struct fqt_learner learner;
static int16_t samples[FQT_WINDOW];
static uint8_t features[STEPS][FQT_FEATURES_MAX];
static uint32_t started;

static void start(void) {
    BOARD_TIMER0->reload = 0xffffffffu;
    BOARD_TIMER0->value = 0xffffffffu;
    BOARD_TIMER0->control = 1;
    started = BOARD_TIMER0->value;
    __asm volatile("" ::: "memory");
}

static uint32_t instructions_since_start(void) {
    __asm volatile("" ::: "memory");
    const uint32_t ticks = started - BOARD_TIMER0->value;
    return (uint32_t)((uint64_t)ticks * 5u / 4u);
}

static void line(const char *name, uint32_t instructions, uint64_t macs) {
    semihosting_print(name);
    semihosting_print_number(instructions);
    semihosting_print(" instructions");
    if (macs > 0) {
        const uint32_t per_mac_q2 = (uint32_t)((uint64_t)instructions * 100u / macs);
        semihosting_print(", ");
        semihosting_print_number((uint32_t)macs);
        semihosting_print(" MACs, ");
        semihosting_print_number(per_mac_q2 / 100u);
        semihosting_print(per_mac_q2 % 100u < 10u ? ".0" : ".");
        semihosting_print_number(per_mac_q2 % 100u);
        semihosting_print(" per MAC");
    }
    semihosting_print("\n");
}

static void train(const char *name, uint16_t batch, uint16_t lambda_milli) {
    struct fqt_config config = fqt_config_default();
    struct fqt_result result;
    config.batch_size = batch;
    config.lambda_min_milli = lambda_milli;
    config.lambda_max_milli = lambda_milli;
    if (fqt_configure(&learner, &config) != FQT_OK) {
        semihosting_exit(1);
    }
    const uint64_t before = learner.counters.mac_forward + learner.counters.mac_backward;
    start();
    for (uint32_t i = 0; i < STEPS; i++) {
        if (fqt_learn(&learner, features[i], (int)(i % SYNTHETIC_CLASSES), &result) != FQT_OK) {
            semihosting_exit(1);
        }
    }
    const uint32_t spent = instructions_since_start();
    const uint64_t macs = learner.counters.mac_forward + learner.counters.mac_backward - before;
    line(name, spent / STEPS, macs / STEPS);
}

int main(void) {
    const struct fqt_shape shape = {.layers = 2, .width = {64, 32, 10}};
    struct fqt_result result;
    if (fqt_init(&learner, &shape, 1) != FQT_OK) {
        semihosting_exit(1);
    }
    for (uint32_t i = 0; i < STEPS; i++) {
        synthetic_window(1, i, i % SYNTHETIC_CLASSES, 0, samples);
        fqt_features_s16(&learner.work, samples, features[i]);
    }
    start();
    fqt_features_s16(&learner.work, samples, features[STEPS - 1]);
    line("features, one window of 512:      ", instructions_since_start(), 0);
    start();
    (void)fqt_predict(&learner, features[0], 0, &result);
    line("inference 64-32-10:               ", instructions_since_start(), 64 * 32 + 32 * 10);
    train("training step, batch 8, lambda 1:  ", 8, 1000);
    train("training step, batch 8, lambda 0.3:", 8, 300);
    train("training step, batch 8, lambda 0.1:", 8, 100);
    train("training step, batch 1, lambda 1:  ", 1, 1000);
    semihosting_exit(0);
}

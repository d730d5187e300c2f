/* The three dense products against their definition, on random shapes and on the largest values. */
#include "core/kernels.h"
#include "core/limits.h"
#include "test/unit/expect.h"

struct shape {
    uint32_t rows;
    uint32_t inputs;
    int32_t zero;
    uint8_t weights[FQT_WIDTH_MAX * FQT_WIDTH_MAX];
    int16_t x[FQT_WIDTH_MAX];
    int16_t e[FQT_WIDTH_MAX];
    int32_t bias[FQT_WIDTH_MAX];
    uint8_t selected[FQT_WIDTH_MAX];
    uint32_t count;
};

static void fill(struct shape *s, unsigned seed) {
    unsigned state = seed * 2654435761u + 1;
    s->rows = 1 + expect_random(&state) % FQT_WIDTH_MAX;
    s->inputs = 1 + expect_random(&state) % FQT_WIDTH_MAX;
    s->zero = (int32_t)(expect_random(&state) % 256);
    for (uint32_t i = 0; i < s->rows * s->inputs; i++) {
        s->weights[i] = (uint8_t)expect_random(&state);
    }
    for (uint32_t i = 0; i < FQT_WIDTH_MAX; i++) {
        s->x[i] = (int16_t)(expect_random(&state) % 511) - 255;
        s->e[i] = (int16_t)(expect_random(&state) % 511) - 255;
        s->bias[i] = (int32_t)(expect_random(&state) % (2u * FQT_BIAS_MAX)) - FQT_BIAS_MAX;
    }
    s->count = 0;
    for (uint32_t r = 0; r < s->rows; r++) {
        if (expect_random(&state) & 1) {
            s->selected[s->count++] = (uint8_t)r;
        }
    }
}

static void products_match_their_definition(const struct shape *s, unsigned seed) {
    int32_t acc[FQT_WIDTH_MAX];
    static int32_t gradient[FQT_WIDTH_MAX * FQT_WIDTH_MAX];
    kernel_forward_u8(s->weights, s->zero, s->x, s->bias, s->rows, s->inputs, acc);
    for (uint32_t r = 0; r < s->rows; r++) {
        int64_t sum = s->bias[r];
        for (uint32_t i = 0; i < s->inputs; i++) {
            sum += (int64_t)(s->weights[r * s->inputs + i] - s->zero) * s->x[i];
        }
        EXPECT(acc[r] == sum, "seed %u: forward row %u", seed, r);
    }
    kernel_error_u8(s->weights, s->zero, s->e, s->selected, s->count, s->inputs, acc);
    for (uint32_t i = 0; i < s->inputs; i++) {
        int64_t sum = 0;
        for (uint32_t k = 0; k < s->count; k++) {
            const uint32_t r = s->selected[k];
            sum += (int64_t)(s->weights[r * s->inputs + i] - s->zero) * s->e[r];
        }
        EXPECT(acc[i] == sum, "seed %u: error input %u", seed, i);
    }
    memset(gradient, 0, sizeof gradient);
    kernel_gradient_s16(s->e, s->x, s->selected, s->count, s->inputs, gradient);
    kernel_gradient_s16(s->e, s->x, s->selected, s->count, s->inputs, gradient);
    for (uint32_t r = 0, k = 0; r < s->rows; r++) {
        const int chosen = k < s->count && s->selected[k] == r;
        k += (uint32_t)chosen;
        for (uint32_t i = 0; i < s->inputs; i++) {
            const int64_t expected = chosen ? 2 * (int64_t)s->e[r] * s->x[i] : 0;
            EXPECT(gradient[r * s->inputs + i] == expected, "seed %u: gradient %u %u", seed, r, i);
        }
    }
}

int main(void) {
    static struct shape s;
    for (unsigned seed = 1; seed <= 200; seed++) {
        fill(&s, seed);
        products_match_their_definition(&s, seed);
    }
    /* Largest magnitudes everywhere: must not overflow (sanitizer). */
    s.rows = s.inputs = s.count = FQT_WIDTH_MAX;
    s.zero = 255;
    memset(s.weights, 0, sizeof s.weights);
    for (uint32_t i = 0; i < FQT_WIDTH_MAX; i++) {
        s.x[i] = -255;
        s.e[i] = 255;
        s.bias[i] = FQT_BIAS_MAX;
        s.selected[i] = (uint8_t)i;
    }
    products_match_their_definition(&s, 0);
    return expect_summary("core_kernels");
}

#include "test/kernels/property.h"

#include <string.h>

#include "core/kernels.h"

enum { WEIGHTS, INPUTS, ERRORS, SELECTION, OPERANDS };

/* What one case is made of. `rows` are channels and `inputs` taps in the depthwise kernels. */
struct property_case {
    uint32_t rows, inputs, positions, count, x_step, acc_step;
    int32_t w_zero, x_zero;
    uint8_t *operand[OPERANDS];
    const uint16_t *selected;
    uint32_t state; /* random */
};

static uint32_t draw(struct property_case *c, uint32_t below) {
    c->state ^= c->state << 13;
    c->state ^= c->state >> 17;
    c->state ^= c->state << 5;
    return (c->state >> 3) % below;
}

/* 0: any value, 1: one of the two ends, 2: always the upper, 3: always the lower end. */
static int32_t draw_between(struct property_case *c, uint32_t how, int32_t low, int32_t high) {
    switch (how) {
    case 0:
        return low + (int32_t)draw(c, (uint32_t)(high - low) + 1u);
    case 1:
        return draw(c, 2) ? high : low;
    case 2:
        return high;
    default:
        return low;
    }
}

static void draw_shape(struct property_case *c, uint32_t depthwise) {
    c->positions = 1 + draw(c, draw(c, 3) ? 20 : 3);
    if (depthwise) {
        c->rows = 1 + draw(c, 24);
        c->inputs = 1 + draw(c, 20);
    } else if (draw(c, 8) == 0) { /* long rows pass the chunks of the scratch */
        c->inputs = 1 + draw(c, PROPERTY_INPUTS);
        c->rows = 1 + draw(c, 4);
        c->positions = 1 + draw(c, 4);
    } else {
        c->inputs = 1 + draw(c, 70);
        c->rows = 1 + draw(c, draw(c, 4) ? 20 : 80);
    }
    const uint32_t patch = depthwise ? c->inputs * c->rows : c->inputs;
    c->x_step = draw(c, patch + 8);
    c->acc_step = draw(c, patch + 8);
    while ((c->positions - 1) * c->acc_step + patch > PROPERTY_ACCS ||
           (c->positions - 1) * c->x_step + patch > PROPERTY_CODES ||
           c->positions * c->rows > PROPERTY_ACCS) {
        c->positions--;
    }
    while (c->rows * c->inputs > PROPERTY_ACCS) {
        c->rows--;
    }
}

/* Each operand ends at the end of its block; one of them in the guarded block. Weights and inputs
 * begin at any address, errors and the selection at even ones. */
static void place(struct property_case *c, const struct property_memory *m, uint32_t depthwise) {
    const uint32_t patch = depthwise ? c->inputs * c->rows : c->inputs;
    const uint32_t bytes[OPERANDS] = {
        c->rows * c->inputs,
        (c->positions - 1) * c->x_step + patch,
        c->positions * c->count * 2,
        c->count * 2,
    };
    const uint32_t guarded = draw(c, OPERANDS);
    for (uint32_t k = 0, plain = 0; k < OPERANDS; k++) {
        uint8_t *block = k == guarded ? m->guarded : m->plain[plain++];
        const uint32_t slack = k == guarded ? 0 : draw(c, 4) & (k < ERRORS ? 3u : 2u);
        c->operand[k] = block + PROPERTY_CODES - slack - bytes[k];
    }
    for (uint32_t k = 0; k < ERRORS; k++) {
        const uint32_t how = draw(c, 4);
        for (uint32_t i = 0; i < bytes[k]; i++) {
            c->operand[k][i] = (uint8_t)draw_between(c, how, 0, 255);
        }
    }
}

static void draw_operands(struct property_case *c, const struct property_memory *m,
                          uint32_t depthwise) {
    c->count = draw(c, 2) ? c->rows : draw(c, c->rows + 1);
    place(c, m, depthwise);
    c->w_zero = draw_between(c, draw(c, 4), 0, 255);
    c->x_zero = draw_between(c, draw(c, 4), 0, 255);
    int16_t *e = (int16_t *)(void *)c->operand[ERRORS];
    const uint32_t how = draw(c, 4);
    for (uint32_t k = 0; k < c->positions * c->count; k++) {
        e[k] = (int16_t)draw_between(c, how, -FQT_ERROR_MAX, FQT_ERROR_MAX);
    }
    uint16_t *selected = (uint16_t *)(void *)c->operand[SELECTION];
    for (uint32_t r = 0, n = 0; r < c->rows && n < c->count; r++) {
        if (draw(c, c->rows - r) < c->count - n) {
            selected[n++] = (uint16_t)r;
        }
    }
    c->selected = c->count == c->rows && draw(c, 2) ? 0 : selected;
    for (uint32_t r = 0; r < c->rows; r++) {
        m->bias[r] = draw_between(c, 0, -1000000, 1000000);
    }
}

static void run(const struct kernel_set *k, uint32_t which, const struct property_case *c,
                const int32_t *bias, int32_t *out) {
    const uint8_t *w = c->operand[WEIGHTS];
    const uint8_t *x = c->operand[INPUTS];
    const int16_t *e = (const int16_t *)(const void *)c->operand[ERRORS];
    switch (which) {
    case 0:
        k->forward(w, c->w_zero, x, c->x_zero, c->x_step, c->positions, c->rows, c->inputs, bias,
                   out);
        break;
    case 1:
        k->error(w, c->w_zero, c->selected, c->count, c->inputs, e, c->positions, out, c->acc_step);
        break;
    case 2:
        k->gradient(e, c->selected, c->count, x, c->x_zero, c->x_step, c->positions, c->inputs,
                    out);
        break;
    case 3:
        k->depthwise_forward(w, c->w_zero, x, c->x_zero, c->x_step, c->positions, c->rows,
                             c->inputs, bias, out);
        break;
    case 4:
        k->depthwise_error(w, c->w_zero, c->selected, c->count, c->rows, c->inputs, e, c->positions,
                           out, c->acc_step);
        break;
    default:
        k->depthwise_gradient(e, c->selected, c->count, x, c->x_zero, c->x_step, c->positions,
                              c->rows, c->inputs, out);
        break;
    }
}

static const char *const kernel_names[] = {
    "forward", "error", "gradient", "depthwise_forward", "depthwise_error", "depthwise_gradient"};

uint32_t property_failures(const struct kernel_set *tested, const struct kernel_set *twin,
                           const struct property_memory *m, uint32_t first_seed, uint32_t cases,
                           void (*print)(const char *), void (*number)(uint32_t)) {
    uint32_t failures = 0;
    for (uint32_t seed = first_seed; seed < first_seed + cases; seed++) {
        const uint32_t which = seed % 6u;
        struct property_case c = {.state = seed * 2654435761u + 1u};
        draw_shape(&c, which >= 3);
        draw_operands(&c, m, which >= 3);
        /* The destination is compared as a whole: a stray write shows as well. */
        for (uint32_t i = 0; i < PROPERTY_ACCS; i++) {
            m->expected[i] = m->actual[i] = draw_between(&c, 0, -100000, 100000);
        }
        run(twin, which, &c, m->bias, m->expected);
        run(tested, which, &c, m->bias, m->actual);
        if (memcmp(m->expected, m->actual, PROPERTY_ACCS * sizeof *m->actual) != 0) {
            failures++;
            print(tested->name);
            print(" kernel_");
            print(kernel_names[which]);
            print(" differs from ");
            print(twin->name);
            print(", seed ");
            number(seed);
            print(": rows ");
            number(c.rows);
            print(" inputs ");
            number(c.inputs);
            print(" positions ");
            number(c.positions);
            print(" count ");
            number(c.count);
            print("\n");
        }
    }
    return failures;
}

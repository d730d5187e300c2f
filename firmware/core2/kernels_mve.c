/*
 * Kernels for Helium (Cortex-M55): VMLADAVA multiplies 16 codes, or 8 values of 16 bits, and adds
 * everything to one int32.
 *
 * Raw sums may wrap at 32 bits; additions are modulo 2^32 and the true result fits (see kernels.h),
 * so the wraps cancel.
 */
#include "core2/kernels.h"

#if defined(KERNEL_VARIANT_MVE) || (defined(KERNEL_SUFFIX) && defined(__ARM_FEATURE_MVE))

#include <arm_mve.h>

#define CODES     16u  /* per vector */
#define HALVES    8u   /* int16 per vector */
#define TERMS     16u  /* of one pass of error or gradient */
#define COLUMNS   32u  /* of one pass: 1 KB of scratch */
#define OUTER_MAX 4u   /* up to so many terms are added one by one */
#define WIDE_MAX  512u /* columns of one pass of that */

static inline uint32_t row_of(const uint16_t *selected, uint32_t j) {
    return selected != 0 ? selected[j] : j;
}

/* sum (w - w_zero) (x - x_zero) = sum w x - x_zero sum w - w_zero sum x + inputs w_zero x_zero */
struct sums {
    uint32_t dot[4];
    uint32_t w[4];
};

static inline void dot_4x1(const uint8_t *w, uint32_t stride, const uint8_t *x, uint32_t inputs,
                           struct sums *s) {
    const uint8_t *w0 = w, *w1 = w + stride, *w2 = w1 + stride, *w3 = w2 + stride;
    uint32_t d0 = 0, d1 = 0, d2 = 0, d3 = 0, n0 = 0, n1 = 0, n2 = 0, n3 = 0;
    for (uint32_t i = 0; i < inputs; i += CODES) {
        const mve_pred16_t p = vctp8q(inputs - i);
        const uint8x16_t v = vldrbq_z_u8(x + i, p);
        uint8x16_t row = vldrbq_z_u8(w0 + i, p);
        d0 = vmladavaq_u8(d0, row, v);
        n0 = vaddvaq_u8(n0, row);
        row = vldrbq_z_u8(w1 + i, p);
        d1 = vmladavaq_u8(d1, row, v);
        n1 = vaddvaq_u8(n1, row);
        row = vldrbq_z_u8(w2 + i, p);
        d2 = vmladavaq_u8(d2, row, v);
        n2 = vaddvaq_u8(n2, row);
        row = vldrbq_z_u8(w3 + i, p);
        d3 = vmladavaq_u8(d3, row, v);
        n3 = vaddvaq_u8(n3, row);
    }
    *s = (struct sums){{d0, d1, d2, d3}, {n0, n1, n2, n3}};
}

static inline void dot_1x1(const uint8_t *w, const uint8_t *x, uint32_t inputs, struct sums *s) {
    uint32_t d = 0, n = 0;
    for (uint32_t i = 0; i < inputs; i += CODES) {
        const mve_pred16_t p = vctp8q(inputs - i);
        const uint8x16_t row = vldrbq_z_u8(w + i, p);
        d = vmladavaq_u8(d, row, vldrbq_z_u8(x + i, p));
        n = vaddvaq_u8(n, row);
    }
    s->dot[0] = d;
    s->w[0] = n;
}

static inline uint32_t sum_of(const uint8_t *x, uint32_t inputs) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < inputs; i += CODES) {
        const mve_pred16_t p = vctp8q(inputs - i);
        sum = vaddvaq_u8(sum, vldrbq_z_u8(x + i, p));
    }
    return sum;
}

void kernel_forward_u8(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                       uint32_t x_step, uint32_t positions, uint32_t rows, uint32_t inputs,
                       const int32_t *bias, int32_t *acc) {
    const uint32_t wz = (uint32_t)w_zero;
    const uint32_t xz = (uint32_t)x_zero;
    for (uint32_t p = 0; p < positions; p++) {
        const uint8_t *patch = x + p * x_step;
        const uint32_t base = inputs * wz * xz - wz * sum_of(patch, inputs);
        for (uint32_t r = 0; r < rows;) {
            const uint32_t together = r + 4 <= rows ? 4 : 1;
            struct sums s;
            if (together == 4) {
                dot_4x1(w + r * inputs, inputs, patch, inputs, &s);
            } else {
                dot_1x1(w + r * inputs, patch, inputs, &s);
            }
            for (uint32_t k = 0; k < together; k++, r++) {
                *acc++ = (int32_t)((uint32_t)bias[r] + base + s.dot[k] - xz * s.w[k]);
            }
        }
    }
}

/*
 * Error and gradient are one product: destination[m][i] += sum_k a[m][k] (row[k][i] - zero), with
 * m positions and k selected rows of weights, or the reverse. Up to 16 rows are transposed first,
 * so that the terms of one column lie side by side; terms that do not exist meet a = 0.
 */
struct product {
    int16_t column[COLUMNS][TERMS];
    int16x8_t a[2];
};

static void transpose(const uint8_t *row, int32_t zero, uint32_t columns, int16_t *first) {
    const uint16x8_t offsets = vmulq_n_u16(vidupq_n_u16(0, 1), TERMS);
    for (uint32_t i = 0; i < columns; i += HALVES) {
        const mve_pred16_t p = vctp16q(columns - i);
        const int16x8_t v = vreinterpretq_s16_u16(vldrbq_z_u16(row + i, p));
        vstrhq_scatter_shifted_offset_p_s16(first + i * TERMS, offsets,
                                            vsubq_n_s16(v, (int16_t)zero), p);
    }
}

static inline int32_t add_column(const struct product *c, const int16_t *column, int32_t sum) {
    sum = vmladavaq_s16(sum, vldrhq_s16(column), c->a[0]);
    return vmladavaq_s16(sum, vldrhq_s16(column + HALVES), c->a[1]);
}

static void add_columns(const struct product *c, int32_t *destination, uint32_t columns) {
    const int16_t *column = c->column[0];
    uint32_t i = 0;
    for (; i + 4 <= columns; i += 4) {
        destination[0] = add_column(c, column, destination[0]);
        destination[1] = add_column(c, column + TERMS, destination[1]);
        destination[2] = add_column(c, column + 2 * TERMS, destination[2]);
        destination[3] = add_column(c, column + 3 * TERMS, destination[3]);
        destination += 4;
        column += 4 * TERMS;
    }
    for (; i < columns; i++) {
        *destination = add_column(c, column, *destination);
        destination++;
        column += TERMS;
    }
}

/* a[k] = e[k * step], zero from `terms` on */
static void load_factors(struct product *c, const int16_t *e, uint32_t step, uint32_t terms) {
    const uint16x8_t offsets = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)step);
    c->a[0] = vldrhq_gather_shifted_offset_z_s16(e, offsets, vctp16q(terms));
    c->a[1] = terms > HALVES ? vldrhq_gather_shifted_offset_z_s16(e + HALVES * step, offsets,
                                                                  vctp16q(terms - HALVES))
                             : vdupq_n_s16(0);
}

/* destination[i] += a (code[i] - zero) */
static void add_outer(const int16_t *wide, int32_t a, uint32_t columns, int32_t *destination) {
    for (uint32_t i = 0; i < columns; i += 4) {
        const mve_pred16_t p = vctp32q(columns - i);
        const int32x4_t sum = vldrwq_z_s32(destination + i, p);
        vstrwq_p_s32(destination + i, vmlaq_n_s32(sum, vldrhq_z_s32(wide + i, p), a), p);
    }
}

static void widen(const uint8_t *row, int32_t zero, uint32_t columns, int16_t *wide) {
    for (uint32_t i = 0; i < columns; i += HALVES) {
        const mve_pred16_t p = vctp16q(columns - i);
        const int16x8_t v = vreinterpretq_s16_u16(vldrbq_z_u16(row + i, p));
        vstrhq_p_s16(wide + i, vsubq_n_s16(v, (int16_t)zero), p);
    }
}

static inline uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* One position: every weight is used once, so the columns are gathered where they lie. */
static void error_gathered(const uint8_t *w, int32_t w_zero, const uint16_t *selected,
                           uint32_t count, uint32_t inputs, const int16_t *e, int32_t *acc) {
    for (uint32_t j = 0; j < count; j += TERMS) {
        const uint32_t terms = least(count - j, TERMS);
        uint16_t offset[TERMS];
        for (uint32_t k = 0; k < TERMS; k++) {
            offset[k] = (uint16_t)(row_of(selected, k < terms ? j + k : j) * inputs);
        }
        const uint16x8_t o0 = vldrhq_u16(offset);
        const uint16x8_t o1 = vldrhq_u16(offset + HALVES);
        struct product c;
        load_factors(&c, e + j, 1, terms);
        const int16x8_t a0 = c.a[0];
        const int16x8_t a1 = c.a[1];
        const int32_t base = -w_zero * vaddvaq_s16(vaddvq_s16(a0), a1);
        for (uint32_t i = 0; i < inputs; i++) {
            int32_t sum = acc[i] + base;
            sum =
                vmladavaq_s16(sum, vreinterpretq_s16_u16(vldrbq_gather_offset_u16(w + i, o0)), a0);
            sum =
                vmladavaq_s16(sum, vreinterpretq_s16_u16(vldrbq_gather_offset_u16(w + i, o1)), a1);
            acc[i] = sum;
        }
    }
}

void kernel_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected, uint32_t count,
                     uint32_t inputs, const int16_t *e, uint32_t positions, int32_t *acc,
                     uint32_t acc_step) {
    if (positions == 1 && count > 0 && row_of(selected, count - 1) * inputs <= UINT16_MAX) {
        error_gathered(w, w_zero, selected, count, inputs, e, acc);
        return;
    }
    struct product c;
    for (uint32_t j = 0; j < count; j += TERMS) {
        const uint32_t terms = least(count - j, TERMS);
        for (uint32_t i = 0; i < inputs; i += COLUMNS) {
            const uint32_t columns = least(inputs - i, COLUMNS);
            for (uint32_t k = 0; k < terms; k++) {
                transpose(w + row_of(selected, j + k) * inputs + i, w_zero, columns,
                          &c.column[0][k]);
            }
            for (uint32_t p = 0; p < positions; p++) {
                load_factors(&c, e + p * count + j, 1, terms);
                add_columns(&c, acc + p * acc_step + i, columns);
            }
        }
    }
}

/* Few positions: each is an outer product. */
static void gradient_outer(const int16_t *e, const uint16_t *selected, uint32_t count,
                           const uint8_t *x, int32_t x_zero, uint32_t inputs, int32_t *gradient) {
    int16_t wide[WIDE_MAX];
    for (uint32_t i = 0; i < inputs; i += WIDE_MAX) {
        const uint32_t columns = least(inputs - i, WIDE_MAX);
        widen(x + i, x_zero, columns, wide);
        for (uint32_t j = 0; j < count; j++) {
            add_outer(wide, e[j], columns, gradient + row_of(selected, j) * inputs + i);
        }
    }
}

void kernel_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                        const uint8_t *x, int32_t x_zero, uint32_t x_step, uint32_t positions,
                        uint32_t inputs, int32_t *gradient) {
    struct product c;
    for (uint32_t p = 0; p < positions; p += TERMS) {
        const uint32_t terms = least(positions - p, TERMS);
        const int16_t *e_p = e + p * count;
        const uint8_t *x_p = x + p * x_step;
        if (terms <= OUTER_MAX) {
            for (uint32_t k = 0; k < terms; k++) {
                gradient_outer(e_p + k * count, selected, count, x_p + k * x_step, x_zero, inputs,
                               gradient);
            }
            continue;
        }
        for (uint32_t i = 0; i < inputs; i += COLUMNS) {
            const uint32_t columns = least(inputs - i, COLUMNS);
            for (uint32_t k = 0; k < terms; k++) {
                transpose(x_p + k * x_step + i, x_zero, columns, &c.column[0][k]);
            }
            for (uint32_t j = 0; j < count; j++) {
                load_factors(&c, e_p + j, count, terms);
                add_columns(&c, gradient + row_of(selected, j) * inputs + i, columns);
            }
        }
    }
}

#endif

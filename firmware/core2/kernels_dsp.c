/*
 * Kernels for the DSP extension (Cortex-M4, M7, M33): SMLAD multiplies two pairs of int16 and adds.
 *
 * Codes are widened by UXTB16, which takes bytes 0 and 2 (or 1 and 3) of a word. Zero points leave
 * the inner loops: the operand that is used again and again is centred once, on the stack; the
 * other one's zero point becomes one multiplication by a sum. Raw sums may wrap at 32 bits:
 * additions are modulo 2^32 and the true result fits (see kernels.h), so the wraps cancel.
 *
 * The loops are assembly because their cost is: compiled intrinsics of the same blocks spill.
 */
#include "core2/kernels.h"

#if defined(KERNEL_VARIANT_DSP) || (defined(KERNEL_SUFFIX) && defined(__ARM_FEATURE_DSP))

#include <arm_acle.h>
#include <string.h>

#define ONES            0x00010001u
#define BLOCK           4u   /* codes per word */
#define PAIRED_INPUTS   128u /* of a chunk of forward with two positions: 1 KB of scratch */
#define SINGLE_INPUTS   256u /* of a chunk of forward with one position */
#define PRODUCT_COLUMNS 128u /* of a chunk of error and gradient, 4 terms deep */
#define TERMS           4u

/* One LDR; unaligned is allowed. */
static inline uint32_t word_at(const uint8_t *codes) {
    uint32_t v;
    memcpy(&v, codes, sizeof v);
    return v;
}

/* The first `length` < 4 codes, zeros above; reads no other byte. */
static inline uint32_t word_of(const uint8_t *codes, uint32_t length) {
    uint32_t v = 0;
    for (uint32_t i = 0; i < length; i++) {
        v |= (uint32_t)codes[i] << (8u * i);
    }
    return v;
}

static inline uint32_t even_codes(uint32_t word) {
    return __uxtb16(word);
}

static inline uint32_t odd_codes(uint32_t word) {
    uint32_t v;
    __asm("uxtb16 %0, %1, ror #8" : "=r"(v) : "r"(word));
    return v;
}

static inline uint32_t minus(uint32_t pair, uint32_t zeros) {
    return (uint32_t)__ssub16((int16x2_t)pair, (int16x2_t)zeros);
}

static inline uint32_t dot(uint32_t a, uint32_t b, uint32_t sum) {
    return (uint32_t)__smlad((int16x2_t)a, (int16x2_t)b, (int32_t)sum);
}

static inline uint32_t row_of(const uint16_t *selected, uint32_t j) {
    return selected != 0 ? selected[j] : j;
}

/*
 * Forward. The positions of a chunk are widened and centred first: per 4 inputs a word of even and
 * a word of odd codes, two positions interleaved. The last block is filled up with zeros, so that
 * what the weight word holds there does not matter. Returns the sum of the centred codes.
 */
static uint32_t widen(const uint8_t *x, uint32_t x_zero, uint32_t inputs, uint32_t *wide,
                      uint32_t stride) {
    const uint32_t zeros = x_zero * ONES;
    uint32_t sum = 0;
    uint32_t i = 0;
    for (; i + BLOCK <= inputs; i += BLOCK) {
        const uint32_t word = word_at(x + i);
        const uint32_t even = minus(even_codes(word), zeros);
        const uint32_t odd = minus(odd_codes(word), zeros);
        sum = dot(even, ONES, dot(odd, ONES, sum));
        wide[0] = even;
        wide[stride] = odd;
        wide += 2 * stride;
    }
    if (i < inputs) {
        uint32_t word = x_zero * 0x01010101u;
        memcpy(&word, x + i, inputs - i);
        wide[0] = minus(even_codes(word), zeros);
        wide[stride] = minus(odd_codes(word), zeros);
        sum = dot(wide[0], ONES, dot(wide[stride], ONES, sum));
    }
    return sum;
}

/* 2 rows x 2 positions: 18 instructions for 16 MACs. s = {r0 p0, r0 p1, r1 p0, r1 p1} */
static inline void dot_2x2(const uint8_t *w0, const uint8_t *w1, const uint32_t *wide,
                           uint32_t blocks, uint32_t s[4]) {
    uint32_t s00 = 0, s01 = 0, s10 = 0, s11 = 0, a, b, t, x0, x1;
    if (blocks > 0) {
        __asm volatile("1: ldr %[a], [%[w0]], #4\n"
                       "ldr %[b], [%[w1]], #4\n"
                       "ldrd %[x0], %[x1], [%[x]], #8\n"
                       "uxtb16 %[t], %[a]\n"
                       "smlad %[s00], %[t], %[x0], %[s00]\n"
                       "smlad %[s01], %[t], %[x1], %[s01]\n"
                       "uxtb16 %[t], %[b]\n"
                       "smlad %[s10], %[t], %[x0], %[s10]\n"
                       "smlad %[s11], %[t], %[x1], %[s11]\n"
                       "ldrd %[x0], %[x1], [%[x]], #8\n"
                       "uxtb16 %[t], %[a], ror #8\n"
                       "smlad %[s00], %[t], %[x0], %[s00]\n"
                       "smlad %[s01], %[t], %[x1], %[s01]\n"
                       "uxtb16 %[t], %[b], ror #8\n"
                       "smlad %[s10], %[t], %[x0], %[s10]\n"
                       "smlad %[s11], %[t], %[x1], %[s11]\n"
                       "subs %[n], #1\n"
                       "bne 1b\n"
                       : [s00] "+r"(s00), [s01] "+r"(s01), [s10] "+r"(s10), [s11] "+r"(s11),
                         [w0] "+r"(w0), [w1] "+r"(w1), [x] "+r"(wide), [n] "+r"(blocks),
                         [a] "=&r"(a), [b] "=&r"(b), [t] "=&r"(t), [x0] "=&r"(x0), [x1] "=&r"(x1)
                       :
                       : "cc", "memory");
    }
    s[0] = s00;
    s[1] = s01;
    s[2] = s10;
    s[3] = s11;
}

/* 4 rows, `stride` bytes apart, x 1 position: 23 instructions for 16 MACs. */
static inline void dot_4x1(const uint8_t *w, uint32_t stride, const uint32_t *wide, uint32_t blocks,
                           uint32_t s[4]) {
    uint32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0, a, t, x0, x1;
    const uint8_t *w2 = w + 2 * stride;
    if (blocks > 0) {
        __asm volatile("1: ldrd %[x0], %[x1], [%[x]], #8\n"
                       "ldr %[a], [%[w], %[d]]\n"
                       "uxtb16 %[t], %[a]\n"
                       "smlad %[s1], %[t], %[x0], %[s1]\n"
                       "uxtb16 %[t], %[a], ror #8\n"
                       "smlad %[s1], %[t], %[x1], %[s1]\n"
                       "ldr %[a], [%[w]], #4\n"
                       "uxtb16 %[t], %[a]\n"
                       "smlad %[s0], %[t], %[x0], %[s0]\n"
                       "uxtb16 %[t], %[a], ror #8\n"
                       "smlad %[s0], %[t], %[x1], %[s0]\n"
                       "ldr %[a], [%[w2], %[d]]\n"
                       "uxtb16 %[t], %[a]\n"
                       "smlad %[s3], %[t], %[x0], %[s3]\n"
                       "uxtb16 %[t], %[a], ror #8\n"
                       "smlad %[s3], %[t], %[x1], %[s3]\n"
                       "ldr %[a], [%[w2]], #4\n"
                       "uxtb16 %[t], %[a]\n"
                       "smlad %[s2], %[t], %[x0], %[s2]\n"
                       "uxtb16 %[t], %[a], ror #8\n"
                       "smlad %[s2], %[t], %[x1], %[s2]\n"
                       "subs %[n], #1\n"
                       "bne 1b\n"
                       : [s0] "+r"(s0), [s1] "+r"(s1), [s2] "+r"(s2), [s3] "+r"(s3), [w] "+r"(w),
                         [w2] "+r"(w2), [x] "+r"(wide), [n] "+r"(blocks), [a] "=&r"(a),
                         [t] "=&r"(t), [x0] "=&r"(x0), [x1] "=&r"(x1)
                       : [d] "r"(stride)
                       : "cc", "memory");
    }
    s[0] = s0;
    s[1] = s1;
    s[2] = s2;
    s[3] = s3;
}

/* One weight word against one position; `wide` as in widen(). */
static inline uint32_t dot_word(uint32_t word, const uint32_t *wide, uint32_t stride,
                                uint32_t sum) {
    return dot(even_codes(word), wide[0], dot(odd_codes(word), wide[stride], sum));
}

struct forward_chunk {
    const uint8_t *w; /* first row, at the first input of the chunk */
    uint32_t w_zero;
    uint32_t row_stride;
    uint32_t rows;
    uint32_t inputs;
    const int32_t *bias; /* NULL: add to acc, which an earlier chunk has begun */
};

static void put(const struct forward_chunk *c, uint32_t r, uint32_t sum, int32_t *acc) {
    const int32_t base = c->bias != 0 ? c->bias[r] : *acc;
    *acc = (int32_t)((uint32_t)base + sum);
}

static void forward_two(const struct forward_chunk *c, const uint8_t *x0, const uint8_t *x1,
                        uint32_t x_zero, int32_t *acc0, int32_t *acc1) {
    uint32_t wide[PAIRED_INPUTS];
    const uint32_t base0 = 0u - c->w_zero * widen(x0, x_zero, c->inputs, wide, 2);
    const uint32_t base1 = 0u - c->w_zero * widen(x1, x_zero, c->inputs, wide + 1, 2);
    const uint32_t blocks = c->inputs / BLOCK;
    const uint32_t tail = c->inputs % BLOCK;
    const uint32_t *last = wide + blocks * BLOCK;
    for (uint32_t r = 0; r < c->rows; r += 2) {
        const uint8_t *w0 = c->w + r * c->row_stride;
        const uint8_t *w1 = r + 1 < c->rows ? w0 + c->row_stride : w0;
        uint32_t s[4];
        dot_2x2(w0, w1, wide, blocks, s);
        if (tail > 0) {
            const uint32_t word0 = word_of(w0 + blocks * BLOCK, tail);
            const uint32_t word1 = word_of(w1 + blocks * BLOCK, tail);
            s[0] = dot_word(word0, last, 2, s[0]);
            s[1] = dot_word(word0, last + 1, 2, s[1]);
            s[2] = dot_word(word1, last, 2, s[2]);
            s[3] = dot_word(word1, last + 1, 2, s[3]);
        }
        put(c, r, s[0] + base0, acc0 + r);
        put(c, r, s[1] + base1, acc1 + r);
        if (r + 1 < c->rows) {
            put(c, r + 1, s[2] + base0, acc0 + r + 1);
            put(c, r + 1, s[3] + base1, acc1 + r + 1);
        }
    }
}

static void forward_one(const struct forward_chunk *c, const uint8_t *x, uint32_t x_zero,
                        int32_t *acc) {
    uint32_t wide[SINGLE_INPUTS / 2];
    const uint32_t base = 0u - c->w_zero * widen(x, x_zero, c->inputs, wide, 1);
    const uint32_t blocks = c->inputs / BLOCK;
    const uint32_t tail = c->inputs % BLOCK;
    uint32_t r = 0;
    for (; r + 4 <= c->rows; r += 4) {
        const uint8_t *w = c->w + r * c->row_stride;
        uint32_t s[4];
        dot_4x1(w, c->row_stride, wide, blocks, s);
        for (uint32_t k = 0; k < 4; k++, w += c->row_stride) {
            if (tail > 0) {
                s[k] = dot_word(word_of(w + blocks * BLOCK, tail), wide + 2 * blocks, 1, s[k]);
            }
            put(c, r + k, s[k] + base, acc + r + k);
        }
    }
    for (; r < c->rows; r++) {
        const uint8_t *w = c->w + r * c->row_stride;
        uint32_t sum = base;
        for (uint32_t b = 0; b < blocks; b++) {
            sum = dot_word(word_at(w + b * BLOCK), wide + 2 * b, 1, sum);
        }
        if (tail > 0) {
            sum = dot_word(word_of(w + blocks * BLOCK, tail), wide + 2 * blocks, 1, sum);
        }
        put(c, r, sum, acc + r);
    }
}

void kernel_forward_u8(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                       uint32_t x_step, uint32_t positions, uint32_t rows, uint32_t inputs,
                       const int32_t *bias, int32_t *acc) {
    for (uint32_t p = 0; p < positions;) {
        const uint32_t together = p + 2 <= positions ? 2 : 1;
        const uint32_t chunk_max = together == 2 ? PAIRED_INPUTS : SINGLE_INPUTS;
        for (uint32_t i = 0; i < inputs; i += chunk_max) {
            const struct forward_chunk chunk = {
                w + i,
                (uint32_t)w_zero,
                inputs,
                rows,
                inputs - i < chunk_max ? inputs - i : chunk_max,
                i == 0 ? bias : 0,
            };
            const uint8_t *x0 = x + p * x_step + i;
            int32_t *acc0 = acc + p * rows;
            if (together == 2) {
                forward_two(&chunk, x0, x0 + x_step, (uint32_t)x_zero, acc0, acc0 + rows);
            } else {
                forward_one(&chunk, x0, (uint32_t)x_zero, acc0);
            }
        }
        p += together;
    }
}

/*
 * Error and gradient are one product: destination[m][i] += sum_k a[m][k] (row[k][i] - zero), with
 * m positions and k selected rows of weights, or the reverse. Up to 4 rows are interleaved first,
 * per 4 columns: the 4 words {row 0, row 1} of each column, then {row 2, row 3}.
 */
static inline void interleave(uint32_t a, uint32_t b, uint32_t zeros, uint32_t *out) {
    uint32_t low, high;
    __asm("pkhbt %0, %1, %2, lsl #16" : "=r"(low) : "r"(a), "r"(b));
    __asm("pkhtb %0, %1, %2, asr #16" : "=r"(high) : "r"(b), "r"(a));
    out[0] = minus(even_codes(low), zeros);
    out[1] = minus(odd_codes(low), zeros);
    out[2] = minus(even_codes(high), zeros);
    out[3] = minus(odd_codes(high), zeros);
}

/* `pairs` 1 or 2 pairs of rows; the tail block is filled up with codes that nobody uses. */
static void interleave_rows(const uint8_t *const row[TERMS], uint32_t pairs, uint32_t zero,
                            uint32_t columns, uint32_t *packed) {
    const uint32_t zeros = zero * ONES;
    for (uint32_t pair = 0; pair < pairs; pair++) {
        const uint8_t *a = row[2 * pair];
        const uint8_t *b = row[2 * pair + 1];
        uint32_t *out = packed + pair * BLOCK;
        uint32_t i = 0;
        for (; i + BLOCK <= columns; i += BLOCK) {
            interleave(word_at(a + i), word_at(b + i), zeros, out);
            out += pairs * BLOCK;
        }
        if (i < columns) {
            interleave(word_of(a + i, columns - i), word_of(b + i, columns - i), zeros, out);
        }
    }
}

/* 14 instructions for 4 columns x 4 terms. */
static inline void add_four(int32_t *destination, const uint32_t *packed, uint32_t blocks,
                            uint32_t a0, uint32_t a1) {
    __asm volatile("1: ldmia %[b]!, {r4, r5, r6, r8}\n"
                   "ldmia %[g], {r9, r10, r11, r12}\n"
                   "smlad r9, r4, %[a0], r9\n"
                   "smlad r10, r5, %[a0], r10\n"
                   "smlad r11, r6, %[a0], r11\n"
                   "smlad r12, r8, %[a0], r12\n"
                   "ldmia %[b]!, {r4, r5, r6, r8}\n"
                   "smlad r9, r4, %[a1], r9\n"
                   "smlad r10, r5, %[a1], r10\n"
                   "smlad r11, r6, %[a1], r11\n"
                   "smlad r12, r8, %[a1], r12\n"
                   "stmia %[g]!, {r9, r10, r11, r12}\n"
                   "subs %[n], #1\n"
                   "bne 1b\n"
                   : [g] "+r"(destination), [b] "+r"(packed), [n] "+r"(blocks)
                   : [a0] "r"(a0), [a1] "r"(a1)
                   : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
}

/* 9 instructions for 4 columns x 1 or 2 terms. */
static inline void add_two(int32_t *destination, const uint32_t *packed, uint32_t blocks,
                           uint32_t a0) {
    __asm volatile("1: ldmia %[b]!, {r4, r5, r6, r8}\n"
                   "ldmia %[g], {r9, r10, r11, r12}\n"
                   "smlad r9, r4, %[a0], r9\n"
                   "smlad r10, r5, %[a0], r10\n"
                   "smlad r11, r6, %[a0], r11\n"
                   "smlad r12, r8, %[a0], r12\n"
                   "stmia %[g]!, {r9, r10, r11, r12}\n"
                   "subs %[n], #1\n"
                   "bne 1b\n"
                   : [g] "+r"(destination), [b] "+r"(packed), [n] "+r"(blocks)
                   : [a0] "r"(a0)
                   : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
}

static inline void add_blocks(int32_t *destination, const uint32_t *packed, uint32_t blocks,
                              uint32_t pairs, uint32_t a0, uint32_t a1) {
    if (pairs == 2) {
        add_four(destination, packed, blocks, a0, a1);
    } else {
        add_two(destination, packed, blocks, a0);
    }
}

static inline void add_columns(int32_t *destination, const uint32_t *packed, uint32_t columns,
                               uint32_t pairs, uint32_t a0, uint32_t a1) {
    const uint32_t blocks = columns / BLOCK;
    const uint32_t tail = columns % BLOCK;
    if (blocks > 0) {
        add_blocks(destination, packed, blocks, pairs, a0, a1);
    }
    if (tail > 0) {
        int32_t last[BLOCK] = {0};
        int32_t *rest = destination + blocks * BLOCK;
        for (uint32_t i = 0; i < tail; i++) {
            last[i] = rest[i];
        }
        add_blocks(last, packed + blocks * pairs * BLOCK, 1, pairs, a0, a1);
        for (uint32_t i = 0; i < tail; i++) {
            rest[i] = last[i];
        }
    }
}

static inline uint32_t pair_of(int32_t low, int32_t high) {
    return ((uint32_t)low & 0xffffu) | (uint32_t)high << 16;
}

/* Terms k..k+3 of factors `step` apart; those that do not exist are 0. */
struct factors {
    uint32_t first;
    uint32_t second;
};

static inline struct factors factors_of(const int16_t *e, uint32_t step, uint32_t terms) {
    struct factors f = {(uint16_t)e[0], 0};
    if (terms >= 2) {
        f.first = pair_of(e[0], e[step]);
    }
    if (terms == 4) {
        f.second = pair_of(e[2 * step], e[3 * step]);
    } else if (terms == 3) {
        f.second = (uint16_t)e[2 * step];
    }
    return f;
}

void kernel_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected, uint32_t count,
                     uint32_t inputs, const int16_t *e, uint32_t positions, int32_t *acc,
                     uint32_t acc_step) {
    uint32_t packed[PRODUCT_COLUMNS * TERMS / 2];
    for (uint32_t j = 0; j < count; j += TERMS) {
        const uint32_t terms = count - j < TERMS ? count - j : TERMS;
        const uint32_t pairs = (terms + 1) / 2;
        for (uint32_t i = 0; i < inputs; i += PRODUCT_COLUMNS) {
            const uint32_t columns = inputs - i < PRODUCT_COLUMNS ? inputs - i : PRODUCT_COLUMNS;
            const uint8_t *row[TERMS];
            for (uint32_t k = 0; k < TERMS; k++) {
                row[k] = w + row_of(selected, k < terms ? j + k : j) * inputs + i;
            }
            interleave_rows(row, pairs, (uint32_t)w_zero, columns, packed);
            for (uint32_t p = 0; p < positions; p++) {
                const struct factors f = factors_of(e + p * count + j, 1, terms);
                add_columns(acc + p * acc_step + i, packed, columns, pairs, f.first, f.second);
            }
        }
    }
}

void kernel_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                        const uint8_t *x, int32_t x_zero, uint32_t x_step, uint32_t positions,
                        uint32_t inputs, int32_t *gradient) {
    uint32_t packed[PRODUCT_COLUMNS * TERMS / 2];
    for (uint32_t p = 0; p < positions; p += TERMS) {
        const uint32_t terms = positions - p < TERMS ? positions - p : TERMS;
        const uint32_t pairs = (terms + 1) / 2;
        for (uint32_t i = 0; i < inputs; i += PRODUCT_COLUMNS) {
            const uint32_t columns = inputs - i < PRODUCT_COLUMNS ? inputs - i : PRODUCT_COLUMNS;
            const uint8_t *row[TERMS];
            for (uint32_t k = 0; k < TERMS; k++) {
                row[k] = x + (k < terms ? p + k : p) * x_step + i;
            }
            interleave_rows(row, pairs, (uint32_t)x_zero, columns, packed);
            for (uint32_t j = 0; j < count; j++) {
                const struct factors f = factors_of(e + p * count + j, count, terms);
                add_columns(gradient + row_of(selected, j) * inputs + i, packed, columns, pairs,
                            f.first, f.second);
            }
        }
    }
}

#endif

/* Forward product for the DSP extension. */
#include "core/kernels.h"

#if defined(KERNEL_VARIANT_DSP) || (defined(KERNEL_SUFFIX) && defined(__ARM_FEATURE_DSP))

#include "core/kernels_dsp.h"

#define PAIRED_INPUTS 256u /* of a chunk with two positions: 1 KB of scratch */
#define SINGLE_INPUTS 512u /* of a chunk with one position */

/*
 * Forward. The patches are widened and centred first: per 4 inputs a word of even and a word of odd
 * codes, of two positions interleaved. The last block is filled up with zeros, so that what the
 * weight word holds there does not matter.
 */
struct forward_state {
    const uint32_t *wide; /* 0: read by LDRD in this order */
    uint32_t blocks;
    const int32_t *source[2]; /* 8: what the sums start from: bias, or acc of an earlier chunk */
    uint32_t base[2];         /* 16: added to it */
    int32_t *acc[2];          /* 24 */
    uint32_t skip;            /* 32: bytes from the end of one row's blocks to the next row */
    uint32_t stride;          /* 36 */
    uint32_t left;            /* 40: groups of rows to do, not 0 */
};

/* 2 rows x 2 positions: 18 instructions for 16 MACs, and 21 per pair of rows.
 * r1, r2 rows; r3 wide; r4 blocks; r10, r12 sums of position 0; r11, lr of position 1. */
KERNEL_ASSEMBLY
forward_2x2(IN_REGISTER struct forward_state *s, IN_REGISTER const uint8_t *w0,
            IN_REGISTER const uint8_t *w1) {
    __asm volatile("push {r4-r11, lr}\n"
                   "1: ldrd r5, r6, [r0, #8]\n"
                   "ldrd r10, r12, [r5], #8\n"
                   "ldrd r11, lr, [r6], #8\n"
                   "strd r5, r6, [r0, #8]\n"
                   "ldrd r7, r8, [r0, #16]\n"
                   "add r10, r7\n"
                   "add r12, r7\n"
                   "add r11, r8\n"
                   "add lr, r8\n"
                   "ldrd r3, r4, [r0]\n"
                   "2: ldr r5, [r1], #4\n"
                   "ldr r6, [r2], #4\n"
                   "ldrd r8, r9, [r3], #8\n"
                   "uxtb16 r7, r5\n"
                   "smlad r10, r7, r8, r10\n"
                   "smlad r11, r7, r9, r11\n"
                   "uxtb16 r7, r6\n"
                   "smlad r12, r7, r8, r12\n"
                   "smlad lr, r7, r9, lr\n"
                   "ldrd r8, r9, [r3], #8\n"
                   "uxtb16 r7, r5, ror #8\n"
                   "smlad r10, r7, r8, r10\n"
                   "smlad r11, r7, r9, r11\n"
                   "uxtb16 r7, r6, ror #8\n"
                   "smlad r12, r7, r8, r12\n"
                   "smlad lr, r7, r9, lr\n"
                   "subs r4, #1\n"
                   "bne 2b\n"
                   "ldrd r5, r6, [r0, #24]\n"
                   "strd r10, r12, [r5], #8\n"
                   "strd r11, lr, [r6], #8\n"
                   "strd r5, r6, [r0, #24]\n"
                   "ldrd r5, r6, [r0, #32]\n"
                   "add r1, r2, r5\n"
                   "add r2, r1, r6\n"
                   "ldr r5, [r0, #40]\n"
                   "subs r5, #1\n"
                   "str r5, [r0, #40]\n"
                   "bne 1b\n"
                   "pop {r4-r11, pc}\n");
}

/* r1 rows 0 and 1, r2 rows 2 and 3, r3 stride, r4 wide, r10-r12 and lr sums. */
#define DOT_4X1                                                                                    \
    "ldrd r8, r9, [r4], #8\n"                                                                      \
    "ldr r6, [r1, r3]\n"                                                                           \
    "uxtb16 r7, r6\n"                                                                              \
    "smlad r11, r7, r8, r11\n"                                                                     \
    "uxtb16 r7, r6, ror #8\n"                                                                      \
    "smlad r11, r7, r9, r11\n"                                                                     \
    "ldr r6, [r1], #4\n"                                                                           \
    "uxtb16 r7, r6\n"                                                                              \
    "smlad r10, r7, r8, r10\n"                                                                     \
    "uxtb16 r7, r6, ror #8\n"                                                                      \
    "smlad r10, r7, r9, r10\n"                                                                     \
    "ldr r6, [r2, r3]\n"                                                                           \
    "uxtb16 r7, r6\n"                                                                              \
    "smlad lr, r7, r8, lr\n"                                                                       \
    "uxtb16 r7, r6, ror #8\n"                                                                      \
    "smlad lr, r7, r9, lr\n"                                                                       \
    "ldr r6, [r2], #4\n"                                                                           \
    "uxtb16 r7, r6\n"                                                                              \
    "smlad r12, r7, r8, r12\n"                                                                     \
    "uxtb16 r7, r6, ror #8\n"                                                                      \
    "smlad r12, r7, r9, r12\n"

/* 4 rows x 1 position: 44 instructions for 32 MACs, and about 24 per 4 rows. */
KERNEL_ASSEMBLY
forward_4x1(IN_REGISTER struct forward_state *s, IN_REGISTER const uint8_t *w0,
            IN_REGISTER const uint8_t *w2) {
    __asm volatile("push {r4-r11, lr}\n"
                   "1: ldr r6, [r0, #8]\n"
                   "ldmia r6!, {r10, r11, r12, lr}\n"
                   "str r6, [r0, #8]\n"
                   "ldr r7, [r0, #16]\n"
                   "add r10, r7\n"
                   "add r11, r7\n"
                   "add r12, r7\n"
                   "add lr, r7\n"
                   "ldrd r4, r5, [r0]\n"
                   "ldrd r3, r6, [r0, #36]\n"
                   "lsrs r5, #1\n"
                   "bcc 2f\n" DOT_4X1 "2: beq 4f\n"
                   "3: " DOT_4X1 DOT_4X1 "subs r5, #1\n"
                   "bne 3b\n"
                   "4: ldr r6, [r0, #24]\n"
                   "stmia r6!, {r10, r11, r12, lr}\n"
                   "str r6, [r0, #24]\n"
                   "ldr r6, [r0, #32]\n"
                   "add r1, r2, r3\n"
                   "add r1, r6\n"
                   "add r2, r1, r3, lsl #1\n"
                   "ldr r6, [r0, #40]\n"
                   "subs r6, #1\n"
                   "str r6, [r0, #40]\n"
                   "bne 1b\n"
                   "pop {r4-r11, pc}\n");
}

struct forward_chunk {
    const uint8_t *w; /* first row, at the first input of the chunk */
    uint32_t w_zero;
    uint32_t stride; /* of rows */
    uint32_t rows;
    uint32_t inputs;
    const int32_t *bias; /* NULL: acc holds what an earlier chunk has begun */
};

/* Rows from `whole` on from their first block; those before it only the incomplete last block. */
static void forward_rest(const struct forward_chunk *c, uint32_t whole, const uint32_t *wide,
                         uint32_t together, uint32_t base, int32_t *acc) {
    const uint32_t blocks = c->inputs / BLOCK;
    const uint32_t tail = c->inputs % BLOCK;
    const int32_t *source = c->bias != 0 ? c->bias : acc;
    for (uint32_t r = tail > 0 ? 0 : whole; r < c->rows; r++) {
        const uint8_t *w = c->w + r * c->stride;
        uint32_t sum = r < whole ? (uint32_t)acc[r] : (uint32_t)source[r] + base;
        for (uint32_t b = r < whole ? blocks : 0; b < blocks; b++) {
            const uint32_t word = word_at(w + b * BLOCK);
            const uint32_t *x = wide + b * 2 * together;
            sum = dot(even_codes(word), x[0], dot(odd_codes(word), x[together], sum));
        }
        if (tail > 0) {
            const uint32_t word = word_of(w + blocks * BLOCK, tail);
            const uint32_t *x = wide + blocks * 2 * together;
            sum = dot(even_codes(word), x[0], dot(odd_codes(word), x[together], sum));
        }
        acc[r] = (int32_t)sum;
    }
}

/* The incomplete last block of a patch; returns the sum of its codes. */
static uint32_t widen_tail(const uint8_t *x, uint32_t x_zero, uint32_t tail, uint32_t *wide,
                           uint32_t together) {
    uint32_t word = x_zero * 0x01010101u;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < tail; i++) {
        word = (word & ~(0xffu << (8u * i))) | (uint32_t)x[i] << (8u * i);
        sum += x[i];
    }
    wide[0] = minus(even_codes(word), x_zero * ONES);
    wide[together] = minus(odd_codes(word), x_zero * ONES);
    return sum;
}

/* Sums are those of the raw codes. 15 instructions for 8 codes. */
static void widen_two(const uint8_t *x0, const uint8_t *x1, uint32_t x_zero, uint32_t inputs,
                      uint32_t *wide, uint32_t sum[2]) {
    uint32_t blocks = inputs / BLOCK;
    const uint32_t tail = inputs % BLOCK;
    uint32_t sum0 = 0;
    uint32_t sum1 = 0;
    if (blocks > 0) {
        __asm volatile("1: ldr r4, [%[x0]], #4\n"
                       "ldr r5, [%[x1]], #4\n"
                       "usada8 %[sum0], r4, %[nil], %[sum0]\n"
                       "usada8 %[sum1], r5, %[nil], %[sum1]\n"
                       "uxtb16 r6, r4, ror #8\n"
                       "uxtb16 r8, r5, ror #8\n"
                       "uxtb16 r4, r4\n"
                       "uxtb16 r5, r5\n"
                       "ssub16 r4, r4, %[zeros]\n"
                       "ssub16 r5, r5, %[zeros]\n"
                       "ssub16 r6, r6, %[zeros]\n"
                       "ssub16 r8, r8, %[zeros]\n"
                       "stmia %[wide]!, {r4, r5, r6, r8}\n"
                       "subs %[n], #1\n"
                       "bne 1b\n"
                       : [x0] "+&r"(x0), [x1] "+&r"(x1), [wide] "+&r"(wide), [n] "+&r"(blocks),
                         [sum0] "+&r"(sum0), [sum1] "+&r"(sum1)
                       : [zeros] "r"(x_zero * ONES), [nil] "r"(0)
                       : "r4", "r5", "r6", "r8", "cc", "memory");
    }
    if (tail > 0) {
        sum0 += widen_tail(x0, x_zero, tail, wide, 2);
        sum1 += widen_tail(x1, x_zero, tail, wide + 1, 2);
    }
    sum[0] = sum0;
    sum[1] = sum1;
}

static uint32_t widen_one(const uint8_t *x, uint32_t x_zero, uint32_t inputs, uint32_t *wide) {
    const uint32_t tail = inputs % BLOCK;
    uint32_t sum = 0;
    for (uint32_t n = inputs / BLOCK; n > 0; n--) {
        const uint32_t word = word_at(x);
        sum = __usada8(word, 0, sum);
        wide[0] = minus(even_codes(word), x_zero * ONES);
        wide[1] = minus(odd_codes(word), x_zero * ONES);
        wide += 2;
        x += BLOCK;
    }
    return tail > 0 ? sum + widen_tail(x, x_zero, tail, wide, 1) : sum;
}

static void forward_two(const struct forward_chunk *c, const uint8_t *x0, const uint8_t *x1,
                        uint32_t x_zero, int32_t *acc0, int32_t *acc1) {
    uint32_t wide[PAIRED_INPUTS];
    uint32_t sum[2];
    widen_two(x0, x1, x_zero, c->inputs, wide, sum);
    struct forward_state s = {
        .wide = wide,
        .blocks = c->inputs / BLOCK,
        .source = {c->bias != 0 ? c->bias : acc0, c->bias != 0 ? c->bias : acc1},
        .base = {c->w_zero * (c->inputs * x_zero - sum[0]),
                 c->w_zero * (c->inputs * x_zero - sum[1])},
        .acc = {acc0, acc1},
        .skip = c->stride - c->inputs / BLOCK * BLOCK,
        .stride = c->stride,
        .left = c->rows / 2,
    };
    const uint32_t whole = s.blocks > 0 ? s.left * 2 : 0;
    if (whole > 0) {
        forward_2x2(&s, c->w, c->w + c->stride);
    }
    if (whole < c->rows || c->inputs % BLOCK > 0) {
        forward_rest(c, whole, wide, 2, s.base[0], acc0);
        forward_rest(c, whole, wide + 1, 2, s.base[1], acc1);
    }
}

static void forward_one(const struct forward_chunk *c, const uint8_t *x, uint32_t x_zero,
                        int32_t *acc) {
    uint32_t wide[SINGLE_INPUTS / 2];
    const uint32_t sum = widen_one(x, x_zero, c->inputs, wide);
    struct forward_state s = {
        .wide = wide,
        .blocks = c->inputs / BLOCK,
        .source = {c->bias != 0 ? c->bias : acc, 0},
        .base = {c->w_zero * (c->inputs * x_zero - sum), 0},
        .acc = {acc, 0},
        .skip = c->stride - c->inputs / BLOCK * BLOCK,
        .stride = c->stride,
        .left = c->rows / 4,
    };
    const uint32_t whole = s.blocks > 0 ? s.left * 4 : 0;
    if (whole > 0) {
        forward_4x1(&s, c->w, c->w + 2 * c->stride);
    }
    if (whole < c->rows || c->inputs % BLOCK > 0) {
        forward_rest(c, whole, wide, 1, s.base[0], acc);
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
                .w = w + i,
                .w_zero = (uint32_t)w_zero,
                .stride = inputs,
                .rows = rows,
                .inputs = least(inputs - i, chunk_max),
                .bias = i == 0 ? bias : 0,
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

#endif

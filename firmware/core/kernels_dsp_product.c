/* Error and weight gradient for the DSP extension. */
#include "core/kernels.h"

#if defined(KERNEL_VARIANT_DSP) || (defined(KERNEL_SUFFIX) && defined(__ARM_FEATURE_DSP))

#include "core/kernels_dsp.h"

#define PRODUCT_WORDS 256u /* interleaved rows: 1 KB of scratch */
#define SINGLE_ROWS   64u  /* of a pass of the error of one position: 384 bytes */

/*
 * Error and gradient are one product: destination[m][i] += sum_k a[m][k] (row[k][i] - zero), with
 * m positions and k selected rows of weights, or the reverse. It is done 4, then 2, then 1 terms at
 * a time. Their rows are interleaved and centred first, per 4 columns: 4 words {row 0, row 1}, then
 * 4 words {row 2, row 3}.
 */
struct product_state {
    const uint32_t *packed; /* 0: read by LDM in this order */
    uint32_t blocks;
    const int16_t *e;
    uint32_t e_step;          /* 12: bytes between the terms of one m */
    uint32_t e_advance;       /* bytes to the next m */
    int32_t *destination;     /* 20: of the next m, or of row 0 with a selection */
    uint32_t stride;          /* bytes */
    const uint16_t *selected; /* 28: m is a selected row, unless NULL */
    uint32_t left;            /* 32: m to do, not 0 */
    uint32_t mask;            /* 36: of a pair of factors; 0xffff if there is one only */
};

/* r2 packed, r3 blocks, r4 e, r5 e_step, r6 e_advance, r1 destination of this m */
#define NEXT_M                                                                                     \
    "1: ldmia r0, {r2, r3, r4, r5, r6, r7, r8, r9}\n"                                              \
    "cmp r9, #0\n"                                                                                 \
    "beq 2f\n"                                                                                     \
    "ldrh r10, [r9], #2\n"                                                                         \
    "str r9, [r0, #28]\n"                                                                          \
    "mla r1, r10, r8, r7\n"                                                                        \
    "b 3f\n"                                                                                       \
    "2: mov r1, r7\n"                                                                              \
    "add r7, r8\n"                                                                                 \
    "str r7, [r0, #20]\n"                                                                          \
    "3: "

#define END_OF_M                                                                                   \
    "ldr r4, [r0, #32]\n"                                                                          \
    "subs r4, #1\n"                                                                                \
    "str r4, [r0, #32]\n"                                                                          \
    "bne 1b\n"

#define ADD_PAIR(factors)                                                                          \
    "ldmia r2!, {r4, r5, r6, r7}\n"                                                                \
    "smlad r9, r4, " factors ", r9\n"                                                              \
    "smlad r10, r5, " factors ", r10\n"                                                            \
    "smlad r11, r6, " factors ", r11\n"                                                            \
    "smlad r12, r7, " factors ", r12\n"

#define ADD_FOUR                                                                                   \
    "ldmia r1, {r9, r10, r11, r12}\n" ADD_PAIR("r8")                                               \
        ADD_PAIR("lr") "stmia r1!, {r9, r10, r11, r12}\n"

#define ADD_TWO "ldmia r1, {r9, r10, r11, r12}\n" ADD_PAIR("r8") "stmia r1!, {r9, r10, r11, r12}\n"

/* 26 instructions for 8 columns x 4 terms, and about 25 per m. */
KERNEL_ASSEMBLY
add_four_terms(IN_REGISTER struct product_state *s) {
    __asm volatile("push {r4-r11, lr}\n" NEXT_M "ldrh r8, [r4]\n"
                   "ldrh r10, [r4, r5]\n"
                   "add r12, r4, r5, lsl #1\n"
                   "ldrh lr, [r12]\n"
                   "ldrh r12, [r12, r5]\n"
                   "orr r8, r8, r10, lsl #16\n"
                   "orr lr, lr, r12, lsl #16\n"
                   "add r4, r6\n"
                   "str r4, [r0, #8]\n"
                   "lsrs r3, #1\n"
                   "bcc 4f\n" ADD_FOUR "4: beq 6f\n"
                   "5: " ADD_FOUR ADD_FOUR "subs r3, #1\n"
                   "bne 5b\n"
                   "6: " END_OF_M "pop {r4-r11, pc}\n");
}

/* 16 instructions for 8 columns x 1 or 2 terms, and about 22 per m. */
KERNEL_ASSEMBLY
add_two_terms(IN_REGISTER struct product_state *s) {
    __asm volatile("push {r4-r11, lr}\n" NEXT_M "ldrh r8, [r4]\n"
                   "ldrh r10, [r4, r5]\n"
                   "ldr r12, [r0, #36]\n"
                   "orr r8, r8, r10, lsl #16\n"
                   "and r8, r12\n"
                   "add r4, r6\n"
                   "str r4, [r0, #8]\n"
                   "lsrs r3, #1\n"
                   "bcc 4f\n" ADD_TWO "4: beq 6f\n"
                   "5: " ADD_TWO ADD_TWO "subs r3, #1\n"
                   "bne 5b\n"
                   "6: " END_OF_M "pop {r4-r11, pc}\n");
}

/* One pair of rows; `skip` bytes between its blocks. 16 instructions for 8 codes. */
static void interleave_rows(const uint8_t *a, const uint8_t *b, uint32_t zero, uint32_t columns,
                            uint32_t *out, uint32_t skip) {
    uint32_t blocks = columns / BLOCK;
    __asm volatile("1: ldr r6, [%[a]], #4\n"
                   "ldr r8, [%[b]], #4\n"
                   "pkhbt r5, r6, r8, lsl #16\n"
                   "pkhtb r8, r8, r6, asr #16\n"
                   "uxtb16 r4, r5\n"
                   "uxtb16 r5, r5, ror #8\n"
                   "uxtb16 r6, r8\n"
                   "uxtb16 r8, r8, ror #8\n"
                   "ssub16 r4, r4, %[zeros]\n"
                   "ssub16 r5, r5, %[zeros]\n"
                   "ssub16 r6, r6, %[zeros]\n"
                   "ssub16 r8, r8, %[zeros]\n"
                   "stmia %[out]!, {r4, r5, r6, r8}\n"
                   "add %[out], %[skip]\n"
                   "subs %[n], #1\n"
                   "bne 1b\n"
                   : [a] "+&r"(a), [b] "+&r"(b), [out] "+&r"(out), [n] "+&r"(blocks)
                   : [zeros] "r"(zero * ONES), [skip] "r"(skip)
                   : "r4", "r5", "r6", "r8", "cc", "memory");
}

/* What one product reads and writes; k are the terms, m the destinations. */
struct product {
    const uint8_t *row; /* of term 0 */
    uint32_t row_step;
    const uint16_t *row_selected; /* term k is row row_selected[k], unless NULL */
    uint32_t zero;
    uint32_t columns;
    const int16_t *e; /* of term 0 of m = 0 */
    uint32_t e_step;  /* elements between terms */
    uint32_t e_advance;
    int32_t *destination;
    uint32_t stride;            /* elements between destinations */
    const uint16_t *m_selected; /* destination m is row m_selected[m], unless NULL */
    uint32_t m_count;
};

static const uint8_t *term_row(const struct product *c, uint32_t k) {
    return c->row + row_of(c->row_selected, k) * c->row_step;
}

/* Columns behind the last complete block, one by one. */
static void add_tail(const struct product *c, uint32_t k, uint32_t terms, uint32_t from) {
    for (uint32_t m = 0; m < c->m_count; m++) {
        const int16_t *e = c->e + m * c->e_advance + k * c->e_step;
        int32_t *destination = c->destination + row_of(c->m_selected, m) * c->stride;
        for (uint32_t t = 0; t < terms; t++) {
            const uint8_t *row = term_row(c, k + t);
            for (uint32_t i = from; i < c->columns; i++) {
                destination[i] += e[t * c->e_step] * (row[i] - (int32_t)c->zero);
            }
        }
    }
}

/* Terms k .. k + terms - 1; terms is 4, 2 or 1. */
static void add_terms(const struct product *c, uint32_t k, uint32_t terms) {
    uint32_t packed[PRODUCT_WORDS];
    const uint32_t pairs = terms == 4 ? 2 : 1;
    const uint32_t skip = (pairs - 1) * BLOCK * 4; /* the block of the other pair */
    const uint32_t chunk_max = PRODUCT_WORDS / pairs;
    const uint32_t complete = c->columns / BLOCK * BLOCK;
    for (uint32_t i = 0; i < complete; i += chunk_max) {
        const uint32_t columns = least(complete - i, chunk_max);
        const uint8_t *first = term_row(c, k) + i;
        interleave_rows(first, terms > 1 ? term_row(c, k + 1) + i : first, c->zero, columns, packed,
                        skip);
        if (terms == 4) {
            interleave_rows(term_row(c, k + 2) + i, term_row(c, k + 3) + i, c->zero, columns,
                            packed + BLOCK, skip);
        }
        struct product_state s = {
            .packed = packed,
            .blocks = columns / BLOCK,
            .e = c->e + k * c->e_step,
            .e_step = terms > 1 ? c->e_step * 2 : 0,
            .e_advance = c->e_advance * 2,
            .destination = c->destination + i,
            .stride = c->stride * 4,
            .selected = c->m_selected,
            .left = c->m_count,
            .mask = terms > 1 ? 0xffffffffu : 0xffffu,
        };
        if (terms == 4) {
            add_four_terms(&s);
        } else {
            add_two_terms(&s);
        }
    }
    if (complete < c->columns) {
        add_tail(c, k, terms, complete);
    }
}

static void add_product(const struct product *c, uint32_t terms) {
    if (c->m_count == 0) {
        return;
    }
    for (uint32_t k = 0; k < terms;) {
        const uint32_t together = terms - k >= 4 ? 4 : terms - k >= 2 ? 2 : 1;
        add_terms(c, k, together);
        k += together;
    }
}

/*
 * Error of one position: every weight is used once, so nothing is kept interleaved. The sums of 4
 * columns stay in registers over up to 64 rows, taken in pairs.
 */
struct row_pair {
    const uint8_t *a;
    const uint8_t *b;
    uint32_t factors;
};

struct single_state {
    const struct row_pair *pair; /* 0: read by LDM in this order */
    uint32_t pairs;
    uint32_t base;
    uint32_t left; /* 12: blocks of columns to do, not 0 */
};

/* r1 column, r2 pair, r10-r12 and lr sums */
#define SINGLE_PAIR                                                                                \
    "ldmia r2!, {r4, r5, r6}\n"                                                                    \
    "ldr r4, [r4, r1]\n"                                                                           \
    "ldr r5, [r5, r1]\n"                                                                           \
    "pkhbt r7, r4, r5, lsl #16\n"                                                                  \
    "pkhtb r5, r5, r4, asr #16\n"                                                                  \
    "uxtb16 r4, r7\n"                                                                              \
    "uxtb16 r7, r7, ror #8\n"                                                                      \
    "smlad r10, r4, r6, r10\n"                                                                     \
    "smlad r11, r7, r6, r11\n"                                                                     \
    "uxtb16 r4, r5\n"                                                                              \
    "uxtb16 r5, r5, ror #8\n"                                                                      \
    "smlad r12, r4, r6, r12\n"                                                                     \
    "smlad lr, r5, r6, lr\n"

/* 54 instructions for 4 columns x 8 rows, and 20 per 4 columns. */
KERNEL_ASSEMBLY add_single(IN_REGISTER struct single_state *s, IN_REGISTER uint32_t column,
                           IN_REGISTER int32_t *destination) {
    __asm volatile("push {r4-r11, lr}\n"
                   "mov r8, r2\n"
                   "1: ldmia r0, {r2, r3, r4}\n"
                   "ldmia r8, {r10, r11, r12, lr}\n"
                   "add r10, r4\n"
                   "add r11, r4\n"
                   "add r12, r4\n"
                   "add lr, r4\n"
                   "ands r9, r3, #3\n"
                   "beq 3f\n"
                   "2: " SINGLE_PAIR "subs r9, #1\n"
                   "bne 2b\n"
                   "3: lsrs r3, #2\n"
                   "beq 5f\n"
                   "4: " SINGLE_PAIR SINGLE_PAIR SINGLE_PAIR SINGLE_PAIR "subs r3, #1\n"
                   "bne 4b\n"
                   "5: stmia r8!, {r10, r11, r12, lr}\n"
                   "add r1, #4\n"
                   "ldr r4, [r0, #12]\n"
                   "subs r4, #1\n"
                   "str r4, [r0, #12]\n"
                   "bne 1b\n"
                   "pop {r4-r11, pc}\n");
}

/* noinline: its table is not on the stack of the product with several positions. */
__attribute__((noinline)) static void error_single(const uint8_t *w, uint32_t w_zero,
                                                   const uint16_t *selected, uint32_t count,
                                                   uint32_t inputs, const int16_t *e,
                                                   int32_t *acc) {
    struct row_pair pair[SINGLE_ROWS / 2];
    const uint32_t complete = inputs / BLOCK * BLOCK;
    for (uint32_t j = 0; j < count; j += SINGLE_ROWS) {
        const uint32_t rows = least(count - j, SINGLE_ROWS);
        uint32_t sum = 0;
        for (uint32_t k = 0; k < rows; k += 2) {
            const uint32_t second = k + 1 < rows ? k + 1 : k;
            struct row_pair *p = &pair[k / 2];
            p->a = w + row_of(selected, j + k) * inputs;
            p->b = w + row_of(selected, j + second) * inputs;
            p->factors = (uint16_t)e[j + k] | (second > k ? (uint32_t)e[j + second] << 16 : 0);
            sum = dot(p->factors, ONES, sum);
        }
        if (complete > 0) {
            struct single_state s = {pair, (rows + 1) / 2, 0u - w_zero * sum, complete / BLOCK};
            add_single(&s, 0, acc);
        }
        for (uint32_t i = complete; i < inputs; i++) {
            for (uint32_t k = 0; k < rows; k++) {
                acc[i] += e[j + k] * (w[row_of(selected, j + k) * inputs + i] - (int32_t)w_zero);
            }
        }
    }
}

void kernel_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected, uint32_t count,
                     uint32_t inputs, const int16_t *e, uint32_t positions, int32_t *acc,
                     uint32_t acc_step) {
    if (positions == 1) {
        error_single(w, (uint32_t)w_zero, selected, count, inputs, e, acc);
        return;
    }
    const struct product product = {
        .row = w,
        .row_step = inputs,
        .row_selected = selected,
        .zero = (uint32_t)w_zero,
        .columns = inputs,
        .e = e,
        .e_step = 1,
        .e_advance = count,
        .destination = acc,
        .stride = acc_step,
        .m_count = positions,
    };
    add_product(&product, count);
}

void kernel_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                        const uint8_t *x, int32_t x_zero, uint32_t x_step, uint32_t positions,
                        uint32_t inputs, int32_t *gradient) {
    const struct product product = {
        .row = x,
        .row_step = x_step,
        .zero = (uint32_t)x_zero,
        .columns = inputs,
        .e = e,
        .e_step = count,
        .e_advance = 1,
        .destination = gradient,
        .stride = inputs,
        .m_selected = selected,
        .m_count = count,
    };
    add_product(&product, positions);
}

#endif

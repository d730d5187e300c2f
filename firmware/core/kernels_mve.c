/*
 * Kernels for Helium (Cortex-M55): VMLADAVA multiplies 16 codes, or 8 values of 16 bits, and adds
 * everything to one int32.
 *
 * The loops are assembly for DLSTP/LETP, which cost one instruction per turn and take care of the
 * incomplete last vector; the compiler knows neither.
 * Raw sums may wrap at 32 bits; additions are modulo 2^32 and the true result fits (see kernels.h),
 * so the wraps cancel.
 */
#include "core/kernels.h"

#if defined(KERNEL_VARIANT_MVE) || (defined(KERNEL_SUFFIX) && defined(__ARM_FEATURE_MVE))

#include <arm_mve.h>

#define HALVES  8u   /* int16 per vector */
#define TERMS   16u  /* of one pass of error or gradient */
#define COLUMNS 32u  /* of one pass: 1 KB of scratch */
#define OUTER   4u   /* up to so many terms are added one by one */
#define WIDE    256u /* columns of one pass of that: 512 bytes */
#define XSUMS   16u  /* positions of one pass of forward */

static inline uint32_t row_of(const uint16_t *selected, uint32_t j) {
    return selected != 0 ? selected[j] : j;
}

static inline uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/*
 * Forward: sum (w - w_zero) (x - x_zero)
 *        = sum w x - x_zero sum w - w_zero sum x + inputs w_zero x_zero
 */
static uint32_t sum_of(const uint8_t *codes, uint32_t count) {
    register uint32_t sum __asm("r4") = 0;
    __asm volatile("dlstp.8 lr, %[n]\n"
                   "1: vldrb.u8 q0, [%[x]], #16\n"
                   "vaddva.u8 %[s], q0\n"
                   "letp lr, 1b\n"
                   : [x] "+r"(codes), [s] "+r"(sum)
                   : [n] "r"(count)
                   : "lr", "q0", "memory");
    return sum;
}

/* 9 instructions for 4 rows x 16 inputs. */
static inline void sum_4(const uint8_t *w, uint32_t stride, uint32_t inputs, uint32_t s[4]) {
    const uint8_t *w1 = w + stride;
    const uint8_t *w2 = w1 + stride;
    const uint8_t *w3 = w2 + stride;
    register uint32_t s0 __asm("r4") = 0;
    register uint32_t s1 __asm("r6") = 0;
    register uint32_t s2 __asm("r8") = 0;
    register uint32_t s3 __asm("r10") = 0;
    __asm volatile("dlstp.8 lr, %[n]\n"
                   "1: vldrb.u8 q0, [%[w0]], #16\n"
                   "vaddva.u8 %[s0], q0\n"
                   "vldrb.u8 q1, [%[w1]], #16\n"
                   "vaddva.u8 %[s1], q1\n"
                   "vldrb.u8 q0, [%[w2]], #16\n"
                   "vaddva.u8 %[s2], q0\n"
                   "vldrb.u8 q1, [%[w3]], #16\n"
                   "vaddva.u8 %[s3], q1\n"
                   "letp lr, 1b\n"
                   : [w0] "+r"(w), [w1] "+r"(w1), [w2] "+r"(w2), [w3] "+r"(w3), [s0] "+r"(s0),
                     [s1] "+r"(s1), [s2] "+r"(s2), [s3] "+r"(s3)
                   : [n] "r"(inputs)
                   : "lr", "q0", "q1", "memory");
    s[0] = s0;
    s[1] = s1;
    s[2] = s2;
    s[3] = s3;
}

/* 10 instructions for 4 rows x 16 inputs; s is added to. */
static inline void dot_4(const uint8_t *w, uint32_t stride, const uint8_t *x, uint32_t inputs,
                         uint32_t s[4]) {
    const uint8_t *w1 = w + stride;
    const uint8_t *w2 = w1 + stride;
    const uint8_t *w3 = w2 + stride;
    register uint32_t s0 __asm("r4") = s[0];
    register uint32_t s1 __asm("r6") = s[1];
    register uint32_t s2 __asm("r8") = s[2];
    register uint32_t s3 __asm("r10") = s[3];
    __asm volatile("dlstp.8 lr, %[n]\n"
                   "1: vldrb.u8 q0, [%[x]], #16\n"
                   "vldrb.u8 q1, [%[w0]], #16\n"
                   "vmladava.u8 %[s0], q0, q1\n"
                   "vldrb.u8 q2, [%[w1]], #16\n"
                   "vmladava.u8 %[s1], q0, q2\n"
                   "vldrb.u8 q1, [%[w2]], #16\n"
                   "vmladava.u8 %[s2], q0, q1\n"
                   "vldrb.u8 q2, [%[w3]], #16\n"
                   "vmladava.u8 %[s3], q0, q2\n"
                   "letp lr, 1b\n"
                   : [x] "+r"(x), [w0] "+r"(w), [w1] "+r"(w1), [w2] "+r"(w2), [w3] "+r"(w3),
                     [s0] "+r"(s0), [s1] "+r"(s1), [s2] "+r"(s2), [s3] "+r"(s3)
                   : [n] "r"(inputs)
                   : "lr", "q0", "q1", "q2", "memory");
    s[0] = s0;
    s[1] = s1;
    s[2] = s2;
    s[3] = s3;
}

/* The last, fewer than 4 rows. */
static inline uint32_t dot_1(const uint8_t *w, const uint8_t *x, uint32_t inputs) {
    register uint32_t sum __asm("r4") = 0;
    __asm volatile("dlstp.8 lr, %[n]\n"
                   "1: vldrb.u8 q0, [%[x]], #16\n"
                   "vldrb.u8 q1, [%[w]], #16\n"
                   "vmladava.u8 %[s], q0, q1\n"
                   "letp lr, 1b\n"
                   : [x] "+r"(x), [w] "+r"(w), [s] "+r"(sum)
                   : [n] "r"(inputs)
                   : "lr", "q0", "q1", "memory");
    return sum;
}

struct forward_pass {
    const uint8_t *x;
    uint32_t x_step;
    uint32_t positions; /* at most XSUMS */
    uint32_t rows;
    uint32_t inputs;
    uint32_t base[XSUMS]; /* what only depends on the position */
};

/* Four rows from w on; acc is that of the first position. */
static inline void forward_4(const struct forward_pass *f, const uint8_t *w, uint32_t x_zero,
                             const int32_t *bias, int32_t *acc) {
    uint32_t of_row[4];
    sum_4(w, f->inputs, f->inputs, of_row);
    for (uint32_t k = 0; k < 4; k++) {
        of_row[k] = (uint32_t)bias[k] - x_zero * of_row[k];
    }
    const uint8_t *x = f->x;
    for (uint32_t p = 0; p < f->positions; p++) {
        const uint32_t base = f->base[p];
        uint32_t s[4] = {of_row[0] + base, of_row[1] + base, of_row[2] + base, of_row[3] + base};
        dot_4(w, f->inputs, x, f->inputs, s);
        acc[0] = (int32_t)s[0];
        acc[1] = (int32_t)s[1];
        acc[2] = (int32_t)s[2];
        acc[3] = (int32_t)s[3];
        acc += f->rows;
        x += f->x_step;
    }
}

static void forward_1(const struct forward_pass *f, const uint8_t *w, uint32_t x_zero, int32_t bias,
                      int32_t *acc) {
    const uint32_t of_row = (uint32_t)bias - x_zero * sum_of(w, f->inputs);
    for (uint32_t p = 0; p < f->positions; p++) {
        acc[p * f->rows] =
            (int32_t)(of_row + f->base[p] + dot_1(w, f->x + p * f->x_step, f->inputs));
    }
}

void kernel_forward_u8(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                       uint32_t x_step, uint32_t positions, uint32_t rows, uint32_t inputs,
                       const int32_t *bias, int32_t *acc) {
    const uint32_t wz = (uint32_t)w_zero;
    const uint32_t xz = (uint32_t)x_zero;
    for (uint32_t p = 0; p < positions; p += XSUMS) {
        struct forward_pass f = {x + p * x_step, x_step, least(positions - p, XSUMS),
                                 rows,           inputs, {0}};
        for (uint32_t k = 0; k < f.positions; k++) {
            f.base[k] = wz * (inputs * xz - sum_of(f.x + k * x_step, inputs));
        }
        uint32_t r = 0;
        for (; r + 4 <= rows; r += 4) {
            forward_4(&f, w + r * inputs, xz, bias + r, acc + p * rows + r);
        }
        for (; r < rows; r++) {
            forward_1(&f, w + r * inputs, xz, bias[r], acc + p * rows + r);
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
    int16_t a[2][TERMS]; /* of two m */
};

/* column[i][0] = row[i] - zero; 5 instructions for 8 codes. */
static void transpose(const uint8_t *row, int32_t zero, uint32_t columns, int16_t *column) {
    const uint16x8_t offsets = vmulq_n_u16(vidupq_n_u16(0, 1), TERMS);
    const int16x8_t zeros = vdupq_n_s16((int16_t)zero);
    __asm volatile("dlstp.16 lr, %[n]\n"
                   "1: vldrb.u16 q0, [%[row]], #8\n"
                   "vsub.i16 q0, q0, %q[zeros]\n"
                   "vstrh.16 q0, [%[column], %q[offsets], uxtw #1]\n"
                   "add %[column], #256\n"
                   "letp lr, 1b\n"
                   : [row] "+l"(row), [column] "+r"(column)
                   : [n] "r"(columns), [zeros] "w"(zeros), [offsets] "w"(offsets)
                   : "lr", "q0", "memory");
}

#define ADD_COLUMN(s)                                                                              \
    "vldrh.u16 q2, [%[c]], #16\n"                                                                  \
    "vmladava.s16 " s ", q0, q2\n"                                                                 \
    "vldrh.u16 q3, [%[c]], #16\n"                                                                  \
    "vmladava.s16 " s ", q1, q3\n"

/* 21 instructions for 4 columns x 16 terms. */
static inline void add_columns(const struct product *product, const int16_t *a, uint32_t columns,
                               int32_t *g) {
    const int16_t *c = product->column[0];
    const uint32_t blocks = columns / 4;
    const uint32_t rest = columns % 4;
    __asm volatile(
        "vldrh.u16 q0, [%[a]]\n"
        "vldrh.u16 q1, [%[a], #16]\n"
        "wls lr, %[blocks], 2f\n"
        "1: ldrd r4, r6, [%[g]]\n"
        "ldrd r8, r10, [%[g], #8]\n" ADD_COLUMN("r4") ADD_COLUMN("r6") ADD_COLUMN("r8")
            ADD_COLUMN("r10") "strd r8, r10, [%[g], #8]\n"
                              "strd r4, r6, [%[g]], #16\n"
                              "le lr, 1b\n"
                              "2: wls lr, %[rest], 4f\n"
                              "3: ldr r4, [%[g]]\n" ADD_COLUMN("r4") "str r4, [%[g]], #4\n"
                                                                     "le lr, 3b\n"
                                                                     "4:\n"
        : [c] "+r"(c), [g] "+r"(g)
        : [a] "r"(a), [blocks] "r"(blocks), [rest] "r"(rest)
        : "r4", "r6", "r8", "r10", "lr", "q0", "q1", "q2", "q3", "memory");
}

/* The same for two m with one load of the columns: 33 instructions for 4 columns x 32 MACs. */
static inline void add_columns_2(const struct product *product, uint32_t blocks, int32_t *g0,
                                 int32_t *g1) {
    const int16_t *c = product->column[0];
    const int16_t *a = product->a[0];
    __asm volatile(
        "vldrh.u16 q0, [%[a]]\n"
        "vldrh.u16 q1, [%[a], #16]\n"
        "vldrh.u16 q4, [%[a], #32]\n"
        "vldrh.u16 q5, [%[a], #48]\n"
        "dls lr, %[blocks]\n"
        "1: ldrd r4, r6, [%[g0]]\n"
        "ldrd r8, r10, [%[g1]]\n" ADD_COLUMN("r4") "vmladava.s16 r8, q4, q2\n"
                                                   "vmladava.s16 r8, q5, q3\n" ADD_COLUMN(
                                                       "r6") "vmladava.s16 r10, q4, q2\n"
                                                             "vmladava.s16 r10, q5, q3\n"
                                                             "strd r4, r6, [%[g0]], #8\n"
                                                             "strd r8, r10, [%[g1]], #8\n"
                                                             "le lr, 1b\n"
        : [c] "+r"(c), [g0] "+r"(g0), [g1] "+r"(g1)
        : [a] "r"(a), [blocks] "r"(blocks)
        : "r4", "r6", "r8", "r10", "lr", "q0", "q1", "q2", "q3", "q4", "q5", "memory");
}

/* The same for at most 8 terms: 11 instructions for 2 columns x 2 m. */
static inline void add_columns_2x8(const struct product *product, uint32_t blocks, int32_t *g0,
                                   int32_t *g1) {
    const int16_t *c = product->column[0];
    const int16_t *a = product->a[0];
    __asm volatile("vldrh.u16 q0, [%[a]]\n"
                   "vldrh.u16 q1, [%[a], #32]\n"
                   "dls lr, %[blocks]\n"
                   "1: ldrd r4, r6, [%[g0]]\n"
                   "ldrd r8, r10, [%[g1]]\n"
                   "vldrh.u16 q2, [%[c]], #32\n"
                   "vmladava.s16 r4, q0, q2\n"
                   "vmladava.s16 r8, q1, q2\n"
                   "vldrh.u16 q3, [%[c]], #32\n"
                   "vmladava.s16 r6, q0, q3\n"
                   "vmladava.s16 r10, q1, q3\n"
                   "strd r4, r6, [%[g0]], #8\n"
                   "strd r8, r10, [%[g1]], #8\n"
                   "le lr, 1b\n"
                   : [c] "+r"(c), [g0] "+r"(g0), [g1] "+r"(g1)
                   : [a] "r"(a), [blocks] "r"(blocks)
                   : "r4", "r6", "r8", "r10", "lr", "q0", "q1", "q2", "q3", "memory");
}

/* a[k] = e[k * step], zero from `terms` on */
static inline void load_factors(const int16_t *e, uint32_t step, uint32_t terms, int16_t *a) {
    const uint16x8_t offsets = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)step);
    if (terms == TERMS) {
        vstrhq_s16(a, vldrhq_gather_shifted_offset_s16(e, offsets));
        vstrhq_s16(a + HALVES, vldrhq_gather_shifted_offset_s16(e + HALVES * step, offsets));
        return;
    }
    vstrhq_s16(a, vldrhq_gather_shifted_offset_z_s16(e, offsets, vctp16q(terms)));
    if (terms > HALVES) {
        vstrhq_s16(a + HALVES, vldrhq_gather_shifted_offset_z_s16(e + HALVES * step, offsets,
                                                                  vctp16q(terms - HALVES)));
    } else {
        vstrhq_s16(a + HALVES, vdupq_n_s16(0));
    }
}

/* What one product reads and writes; k are the terms, m the destinations. */
struct operands {
    const uint8_t *row; /* of term 0 */
    uint32_t row_step;
    const uint16_t *row_selected; /* term k is row row_selected[k], unless NULL */
    int32_t zero;
    uint32_t columns;
    const int16_t *e; /* of term 0 of m = 0 */
    uint32_t e_step;  /* elements between terms */
    uint32_t e_advance;
    int32_t *destination;
    uint32_t stride;            /* elements between destinations */
    const uint16_t *m_selected; /* destination m is row m_selected[m], unless NULL */
    uint32_t m_count;
};

/* Terms k .. k + terms - 1 (at most TERMS), columns i .. i + columns - 1 (at most COLUMNS). */
static void add_pass(const struct operands *o, uint32_t k, uint32_t terms, uint32_t i,
                     uint32_t columns) {
    struct product product;
    for (uint32_t t = 0; t < terms; t++) {
        transpose(o->row + row_of(o->row_selected, k + t) * o->row_step + i, o->zero, columns,
                  &product.column[0][t]);
    }
    /* Two at a time if they cannot meet within one turn of the loop. */
    const uint32_t together = o->stride >= 2 && columns % 2 == 0 ? 2 : 1;
    const int16_t *e = o->e + k * o->e_step;
    for (uint32_t m = 0; m < o->m_count;) {
        int32_t *g0 = o->destination + row_of(o->m_selected, m) * o->stride + i;
        load_factors(e + m * o->e_advance, o->e_step, terms, product.a[0]);
        if (together == 2 && m + 2 <= o->m_count) {
            load_factors(e + (m + 1) * o->e_advance, o->e_step, terms, product.a[1]);
            int32_t *g1 = o->destination + row_of(o->m_selected, m + 1) * o->stride + i;
            if (terms <= HALVES) {
                add_columns_2x8(&product, columns / 2, g0, g1);
            } else {
                add_columns_2(&product, columns / 2, g0, g1);
            }
            m += 2;
        } else {
            add_columns(&product, product.a[0], columns, g0);
            m++;
        }
    }
}

static void add_product(const struct operands *o, uint32_t first, uint32_t terms) {
    for (uint32_t k = first; k < terms; k += TERMS) {
        for (uint32_t i = 0; i < o->columns; i += COLUMNS) {
            add_pass(o, k, least(terms - k, TERMS), i, least(o->columns - i, COLUMNS));
        }
    }
}

static void add_constant(int32_t *destination, int32_t value, uint32_t count) {
    __asm volatile("dlstp.32 lr, %[n]\n"
                   "1: vldrw.32 q0, [%[d]]\n"
                   "vadd.i32 q0, q0, %[v]\n"
                   "vstrw.32 q0, [%[d]], #16\n"
                   "letp lr, 1b\n"
                   : [d] "+r"(destination)
                   : [n] "r"(count), [v] "r"(value)
                   : "lr", "q0", "memory");
}

#define GATHER_COLUMN(s)                                                                           \
    "vldrb.u16 q4, [%[w], q0]\n"                                                                   \
    "vmladava.s16 " s ", q2, q4\n"                                                                 \
    "vldrb.u16 q5, [%[w], q1]\n"                                                                   \
    "vmladava.s16 " s ", q3, q5\n"                                                                 \
    "add %[w], #1\n"

/* 25 instructions for 4 columns x 16 rows. */
static void gather_columns(const uint8_t *w, const uint16_t *offset, const int16_t *a,
                           uint32_t columns, int32_t *g) {
    const uint32_t blocks = columns / 4;
    const uint32_t rest = columns % 4;
    __asm volatile(
        "vldrh.u16 q0, [%[o]]\n"
        "vldrh.u16 q1, [%[o], #16]\n"
        "vldrh.u16 q2, [%[a]]\n"
        "vldrh.u16 q3, [%[a], #16]\n"
        "wls lr, %[blocks], 2f\n"
        "1: ldrd r4, r6, [%[g]]\n"
        "ldrd r8, r10, [%[g], #8]\n" GATHER_COLUMN("r4") GATHER_COLUMN("r6") GATHER_COLUMN("r8")
            GATHER_COLUMN("r10") "strd r8, r10, [%[g], #8]\n"
                                 "strd r4, r6, [%[g]], #16\n"
                                 "le lr, 1b\n"
                                 "2: wls lr, %[rest], 4f\n"
                                 "3: ldr r4, [%[g]]\n" GATHER_COLUMN("r4") "str r4, [%[g]], #4\n"
                                                                           "le lr, 3b\n"
                                                                           "4:\n"
        : [w] "+r"(w), [g] "+r"(g)
        : [o] "r"(offset), [a] "r"(a), [blocks] "r"(blocks), [rest] "r"(rest)
        : "r4", "r6", "r8", "r10", "lr", "q0", "q1", "q2", "q3", "q4", "q5", "memory");
}

/* One position: every weight is used once, so the columns are gathered where they lie. */
static void error_gathered(const uint8_t *w, int32_t w_zero, const uint16_t *selected,
                           uint32_t count, uint32_t inputs, const int16_t *e, int32_t *acc) {
    int32_t sum = 0;
    for (uint32_t j = 0; j < count; j += TERMS) {
        const uint32_t terms = least(count - j, TERMS);
        uint16_t offset[TERMS];
        int16_t a[TERMS];
        for (uint32_t k = 0; k < TERMS; k++) {
            offset[k] = (uint16_t)(row_of(selected, k < terms ? j + k : j) * inputs);
        }
        load_factors(e + j, 1, terms, a);
        gather_columns(w, offset, a, inputs, acc);
        for (uint32_t k = 0; k < terms; k++) {
            sum += e[j + k];
        }
    }
    add_constant(acc, -w_zero * sum, inputs);
}

void kernel_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected, uint32_t count,
                     uint32_t inputs, const int16_t *e, uint32_t positions, int32_t *acc,
                     uint32_t acc_step) {
    if (count == 0) {
        return;
    }
    if (positions == 1 && row_of(selected, count - 1) * inputs <= UINT16_MAX) {
        error_gathered(w, w_zero, selected, count, inputs, e, acc);
        return;
    }
    const struct operands operands = {
        .row = w,
        .row_step = inputs,
        .row_selected = selected,
        .zero = w_zero,
        .columns = inputs,
        .e = e,
        .e_step = 1,
        .e_advance = count,
        .destination = acc,
        .stride = acc_step,
        .m_count = positions,
    };
    add_product(&operands, 0, count);
}

/* wide[i] = row[i] - zero */
static void widen(const uint8_t *row, int32_t zero, uint32_t columns, int16_t *wide) {
    const int16x8_t zeros = vdupq_n_s16((int16_t)zero);
    __asm volatile("dlstp.16 lr, %[n]\n"
                   "1: vldrb.u16 q0, [%[row]], #8\n"
                   "vsub.i16 q0, q0, %q[zeros]\n"
                   "vstrh.16 q0, [%[wide]], #16\n"
                   "letp lr, 1b\n"
                   : [row] "+l"(row), [wide] "+r"(wide)
                   : [n] "r"(columns), [zeros] "w"(zeros)
                   : "lr", "q0", "memory");
}

/* destination[i] += a wide[i]; 5 instructions for 4 columns. */
static inline void add_outer(const int16_t *wide, int32_t a, uint32_t columns,
                             int32_t *destination) {
    __asm volatile("dlstp.32 lr, %[n]\n"
                   "1: vldrh.s32 q0, [%[x]], #8\n"
                   "vldrw.32 q1, [%[d]]\n"
                   "vmla.s32 q1, q0, %[a]\n"
                   "vstrw.32 q1, [%[d]], #16\n"
                   "letp lr, 1b\n"
                   : [x] "+l"(wide), [d] "+r"(destination)
                   : [n] "r"(columns), [a] "r"(a)
                   : "lr", "q0", "q1", "memory");
}

/* One position: an outer product. */
static void gradient_outer(const struct operands *o, uint32_t k) {
    int16_t wide[WIDE];
    for (uint32_t i = 0; i < o->columns; i += WIDE) {
        const uint32_t columns = least(o->columns - i, WIDE);
        widen(o->row + k * o->row_step + i, o->zero, columns, wide);
        for (uint32_t m = 0; m < o->m_count; m++) {
            add_outer(wide, o->e[k * o->e_step + m], columns,
                      o->destination + row_of(o->m_selected, m) * o->stride + i);
        }
    }
}

void kernel_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                        const uint8_t *x, int32_t x_zero, uint32_t x_step, uint32_t positions,
                        uint32_t inputs, int32_t *gradient) {
    const struct operands operands = {
        .row = x,
        .row_step = x_step,
        .zero = x_zero,
        .columns = inputs,
        .e = e,
        .e_step = count,
        .e_advance = 1,
        .destination = gradient,
        .stride = inputs,
        .m_selected = selected,
        .m_count = count,
    };
    const uint32_t alone = positions % TERMS <= OUTER ? positions % TERMS : 0;
    for (uint32_t k = 0; k < alone; k++) {
        gradient_outer(&operands, k);
    }
    add_product(&operands, alone, positions);
}

#endif

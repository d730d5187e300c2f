/* Ranges, scales and zero points; a range seen in one minibatch quantises the next (in hindsight).
 */
#ifndef FQT_CORE_QUANT_H
#define FQT_CORE_QUANT_H

#include <stdbool.h>

#include "core/arith.h"
#include "core/model.h"

/* Spans below this are widened to it, so that a scale is never 0 or subnormal. */
#define FQT_SPAN_MIN 1e-6f
#define FQT_SPAN_MAX 1e6f

static inline bool fqt_range_is_empty(const struct fqt_range *range) {
    return range->min == 0.0f && range->max == 0.0f;
}

/* v beyond half of FQT_SPAN_MAX counts as that, so that a range stays one that can be loaded. */
static inline void fqt_range_include(struct fqt_range *range, float v) {
    const float limit = 0.5f * FQT_SPAN_MAX;
    v = v > limit ? limit : v < -limit ? -limit : v;
    range->min = v < range->min ? v : range->min;
    range->max = v > range->max ? v : range->max;
}

/* Moving average with weight alpha of the new value; an empty range takes the new one at once. */
void fqt_range_follow(struct fqt_range *range, const struct fqt_range *seen, float alpha);

/* scale = (max - min) / 255, zero = round(-min / scale): 0 is exactly representable. */
struct fqt_quant fqt_quant_of(const struct fqt_range *range);

bool fqt_quant_is_valid(const struct fqt_quant *quant);
bool fqt_range_is_valid(const struct fqt_range *range);

#endif

#include "core/quant.h"

void fqt_range_follow(struct fqt_range *range, const struct fqt_range *seen, float alpha) {
    if (fqt_range_is_empty(range)) {
        *range = *seen;
        return;
    }
    range->min = range->min + alpha * (seen->min - range->min);
    range->max = range->max + alpha * (seen->max - range->max);
}

struct fqt_quant fqt_quant_of(const struct fqt_range *range) {
    const float span = range->max - range->min;
    const float bounded = span > FQT_SPAN_MIN ? span : FQT_SPAN_MIN;
    struct fqt_quant quant;
    quant.scale = bounded / 255.0f;
    const int32_t zero = fqt_round_f32(-range->min / quant.scale);
    quant.zero = zero < 0 ? 0 : zero > 255 ? 255 : zero;
    return quant;
}

bool fqt_quant_is_valid(const struct fqt_quant *quant) {
    return fqt_is_finite_f32(quant->scale) && quant->scale >= FQT_SPAN_MIN / 256.0f &&
           quant->scale <= FQT_SPAN_MAX && quant->zero >= 0 && quant->zero <= 255;
}

bool fqt_range_is_valid(const struct fqt_range *range) {
    return fqt_is_finite_f32(range->min) && fqt_is_finite_f32(range->max) && range->min <= 0.0f &&
           range->max >= 0.0f && range->max - range->min <= FQT_SPAN_MAX;
}

#include "core/arith.h"
#include "core/kernels.h"
#include "core/quant.h"
#include "core/step.h"

#define LOSS_MAX 16.0f

struct fqt_quant fqt_input_quant(const struct fqt_learner *learner, uint32_t index) {
    const struct fqt_quant features = {FQT_FEATURE_SCALE, FQT_FEATURE_ZERO};
    return index == 0 ? features : learner->layer[index - 1].output_quant;
}

/* ReLU and requantisation: y = clamp(round(multiplier * max(acc, 0)), 0, 255); the zero point is 0.
 */
static void requantise(struct fqt_learner *learner, uint32_t index, float multiplier) {
    const struct fqt_layer *layer = &learner->layer[index];
    int16_t *y = learner->x[index + 1];
    uint16_t clipped = 0;
    for (uint32_t r = 0; r < layer->outputs; r++) {
        const int32_t a = learner->acc[r] > 0 ? learner->acc[r] : 0;
        int32_t q = fqt_round_f32((float)a * multiplier);
        if (q > 255) {
            q = 255;
            clipped++;
        }
        y[r] = (int16_t)q;
    }
    learner->clipped[index] = clipped;
}

uint64_t fqt_forward(struct fqt_learner *learner, const uint8_t *features) {
    const uint32_t last = learner->shape.layers - 1u;
    uint64_t macs = 0;
    for (uint32_t i = 0; i < learner->shape.width[0]; i++) {
        learner->x[0][i] = (int16_t)(features[i] - FQT_FEATURE_ZERO);
    }
    for (uint32_t index = 0; index <= last; index++) {
        struct fqt_layer *layer = &learner->layer[index];
        kernel_forward_u8(learner->codes + layer->weight_offset, layer->weight_quant.zero,
                          learner->x[index], learner->bias + layer->row_offset, layer->outputs,
                          layer->inputs, learner->acc);
        macs += (uint64_t)layer->outputs * layer->inputs;
        const float scale = fqt_input_quant(learner, index).scale * layer->weight_quant.scale;
        int32_t acc_max = 0;
        for (uint32_t r = 0; r < layer->outputs; r++) {
            acc_max = learner->acc[r] > acc_max ? learner->acc[r] : acc_max;
        }
        learner->acc_max[index] = acc_max;
        if (index == last) {
            for (uint32_t r = 0; r < layer->outputs; r++) {
                learner->value[r] = (float)learner->acc[r] * scale;
            }
            learner->clipped[index] = 0;
        } else {
            requantise(learner, index, scale / layer->output_quant.scale);
        }
    }
    return macs;
}

uint32_t fqt_largest(const float *value, uint32_t n) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++) {
        best = value[i] > value[best] ? i : best;
    }
    return best;
}

float fqt_softmax(float *value, uint32_t classes, uint32_t target) {
    const float top = value[fqt_largest(value, classes)];
    const float margin = top - value[target];
    float sum = 0.0f; /* 1..16: the largest term is 1 */
    for (uint32_t i = 0; i < classes; i++) {
        value[i] = fqt_exp_f32(value[i] - top);
        sum = sum + value[i];
    }
    for (uint32_t i = 0; i < classes; i++) {
        value[i] = value[i] / sum;
    }
    const float loss = fqt_log_f32(sum) + margin;
    return loss < 0.0f ? 0.0f : loss < LOSS_MAX ? loss : LOSS_MAX;
}

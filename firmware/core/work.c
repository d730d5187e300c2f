/* Where each stage keeps its scratch; plan.c takes the largest. */
#include <string.h>

#include "core/step.h"
#include "core/tuning.h"

static uint32_t place(uint32_t *used, uint32_t bytes) {
    const uint32_t at = *used;
    *used += (bytes + 3u) & ~3u;
    return at;
}

static uint32_t patch_bytes(const struct fqt_step *step) {
    return step->direct ? 0 : step->block * fqt_patch_codes(step);
}

struct fqt_forward_work fqt_forward_work(const struct fqt_plan *plan, uint32_t index) {
    const struct fqt_layer_plan *layer = &plan->layer[index];
    const struct fqt_step *step = &plan->step[layer->step];
    struct fqt_forward_work work = {.bytes = 0};
    work.patches = place(&work.bytes, patch_bytes(step));
    work.acc = place(&work.bytes, step->block * layer->rows * 4u);
    return work;
}

struct fqt_gradient_work fqt_gradient_work(const struct fqt_plan *plan, uint32_t index) {
    const struct fqt_layer_plan *layer = &plan->layer[index];
    const struct fqt_step *step = &plan->step[layer->step];
    const bool deep = step->kind == FQT_DEPTHWISE;
    const uint32_t rows = deep || layer->rows < FQT_ROW_BLOCK ? layer->rows : FQT_ROW_BLOCK;
    const uint32_t at_once = step->kind == FQT_LINEAR ? plan->batch_max
                             : deep || !step->direct  ? step->block
                                                      : layer->positions;
    struct fqt_gradient_work work = {.bytes = 0};
    work.gradient = place(&work.bytes, rows * layer->inputs * 4u);
    work.errors = place(&work.bytes, at_once * rows * 2u);
    work.patches = place(&work.bytes, patch_bytes(step));
    work.row = place(&work.bytes, step->kind == FQT_LINEAR ? layer->inputs * 2u : 0);
    return work;
}

struct fqt_error_work fqt_error_work(const struct fqt_plan *plan, uint32_t index) {
    const struct fqt_layer_plan *layer = &plan->layer[index];
    const struct fqt_step *step = &plan->step[layer->step];
    const bool plane = step->in.h > 1;
    const uint32_t width = step->in.w + 2u * step->pad_w;
    const uint32_t kernel = plane ? step->kernel_h : step->kernel_w;
    const uint32_t stride = plane ? step->stride_h : step->stride_w;
    const uint32_t at_once = plane ? 1u : step->block;
    struct fqt_error_work work = {.bytes = 0};
    work.units = (at_once - 1) * stride + (kernel > stride ? kernel : stride);
    work.unit = plane ? width * step->in.c : step->in.c;
    work.window = place(&work.bytes, work.units * work.unit * 4u);
    work.patch = place(&work.bytes, plane ? fqt_patch_codes(step) * 4u : 0);
    work.errors = place(&work.bytes, step->block * layer->rows * 2u);
    return work;
}

void fqt_gather(const struct fqt_step *step, const uint8_t *x, uint8_t pad, uint32_t first,
                uint32_t count, uint8_t *patches) {
    const int32_t width = step->in.w;
    const int32_t height = step->in.h;
    const uint32_t c = step->in.c;
    for (uint32_t p = first; p < first + count; p++) {
        const int32_t top = (int32_t)(p / step->out.w * step->stride_h) - step->pad_h;
        const int32_t left = (int32_t)(p % step->out.w * step->stride_w) - step->pad_w;
        const int32_t skip = left < 0 ? -left : 0;
        const int32_t end = left + step->kernel_w > width ? width - left : step->kernel_w;
        for (int32_t y = top; y < top + step->kernel_h; y++) {
            if (y < 0 || y >= height || end <= skip) {
                memset(patches, pad, step->kernel_w * c);
            } else {
                memset(patches, pad, (uint32_t)skip * c);
                memcpy(patches + (uint32_t)skip * c, x + (uint32_t)(y * width + left + skip) * c,
                       (uint32_t)(end - skip) * c);
                memset(patches + (uint32_t)end * c, pad, (uint32_t)(step->kernel_w - end) * c);
            }
            patches += step->kernel_w * c;
        }
    }
}

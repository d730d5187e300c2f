#include "reference/layers.h"

#include <string.h>

/*
 * The two loops that cost time, compiled for wide vector registers too, where the host has them.
 * The order of the additions is written out, so every variant gives the same sums.
 */
#define LANES 8
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("avx2", "default"), optimize("O3")))
#else
#define WIDE
#endif

typedef ref_real lanes __attribute__((vector_size(LANES * sizeof(ref_real))));

static inline __attribute__((always_inline)) void
add_scaled(ref_real *restrict sum, const ref_real *restrict v, ref_real factor, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        sum[i] += factor * v[i];
    }
}

static WIDE void rows_forward(const struct ref_layer *layer, const ref_real *patch, ref_real *y) {
    const uint32_t n = layer->inputs;
    for (uint32_t r = 0; r < layer->rows; r++) {
        const ref_real *weight = layer->weight + (size_t)r * n;
        lanes lane = {0};
        uint32_t i = 0;
        for (; i + LANES <= n; i += LANES) {
            lanes a;
            lanes b;
            memcpy(&a, weight + i, sizeof a);
            memcpy(&b, patch + i, sizeof b);
            lane += a * b;
        }
        ref_real sum = layer->bias[r];
        for (; i < n; i++) {
            sum += weight[i] * patch[i];
        }
        for (uint32_t k = 0; k < LANES; k++) {
            sum += lane[k];
        }
        y[r] = sum;
    }
}

/* Adds to the gradients, and to patch_error; either patch may be NULL: not wanted. */
static WIDE void rows_backward(const struct ref_layer *layer, const ref_real *e,
                               const ref_real *patch, ref_real *patch_error) {
    const uint32_t n = layer->inputs;
    for (uint32_t r = 0; r < layer->rows; r++) {
        if (e[r] != 0 && patch != NULL) {
            add_scaled(layer->weight_gradient + (size_t)r * n, patch, e[r], n);
            layer->bias_gradient[r] += e[r];
        }
        if (e[r] != 0 && patch_error != NULL) {
            add_scaled(patch_error, layer->weight + (size_t)r * n, e[r], n);
        }
    }
}

/* Part of a kernel that lies inside the input, at one output position. */
struct window {
    uint32_t h_begin; /* kernel rows [h_begin, h_end) */
    uint32_t h_end;
    uint32_t w_begin;
    uint32_t w_end;
    int32_t top; /* input row under kernel row 0 */
    int32_t left;
};

static uint32_t clip(int32_t v, uint32_t max) {
    return v < 0 ? 0 : (uint32_t)v > max ? max : (uint32_t)v;
}

static struct window window_at(const struct ref_layer *layer, uint32_t oy, uint32_t ox) {
    const int32_t top = (int32_t)(oy * layer->stride_h) - (int32_t)layer->pad_h;
    const int32_t left = (int32_t)(ox * layer->stride_w) - (int32_t)layer->pad_w;
    return (struct window){
        .h_begin = clip(-top, layer->kernel_h),
        .h_end = clip((int32_t)layer->in.h - top, layer->kernel_h),
        .w_begin = clip(-left, layer->kernel_w),
        .w_end = clip((int32_t)layer->in.w - left, layer->kernel_w),
        .top = top,
        .left = left,
    };
}

static size_t input_at(const struct ref_layer *layer, const struct window *at, uint32_t ky,
                       uint32_t kx) {
    const size_t y = (size_t)(at->top + (int32_t)ky);
    const size_t x = (size_t)(at->left + (int32_t)kx);
    return (y * layer->in.w + x) * layer->in.c;
}

/* A whole patch that is contiguous in the input needs no copy. */
static bool is_contiguous(const struct ref_layer *layer) {
    return layer->kernel_h == 1 && layer->pad_w == 0 && layer->pad_h == 0;
}

static const ref_real *gather(struct reference *net, const struct ref_layer *layer,
                              const struct window *at, const ref_real *x) {
    if (is_contiguous(layer)) {
        return x + input_at(layer, at, 0, 0);
    }
    const uint32_t c = layer->in.c;
    memset(net->patch, 0, sizeof(ref_real) * layer->inputs);
    for (uint32_t ky = at->h_begin; ky < at->h_end; ky++) {
        if (at->w_begin < at->w_end) {
            memcpy(net->patch + ((size_t)ky * layer->kernel_w + at->w_begin) * c,
                   x + input_at(layer, at, ky, at->w_begin),
                   sizeof(ref_real) * c * (at->w_end - at->w_begin));
        }
    }
    return net->patch;
}

static void scatter(const struct reference *net, const struct ref_layer *layer,
                    const struct window *at, ref_real *below) {
    const uint32_t c = layer->in.c;
    for (uint32_t ky = at->h_begin; ky < at->h_end; ky++) {
        if (at->w_begin < at->w_end) {
            add_scaled(below + input_at(layer, at, ky, at->w_begin),
                       net->patch_error + ((size_t)ky * layer->kernel_w + at->w_begin) * c, 1,
                       c * (at->w_end - at->w_begin));
        }
    }
}

/* A linear layer is one position whose patch is the whole input. */
static void conv_forward(struct reference *net, struct ref_layer *layer, const ref_real *x) {
    ref_real *y = layer->output;
    for (uint32_t oy = 0; oy < layer->out.h; oy++) {
        for (uint32_t ox = 0; ox < layer->out.w; ox++) {
            const struct window at = window_at(layer, oy, ox);
            const ref_real *patch = gather(net, layer, &at, x);
            rows_forward(layer, patch, y);
            y += layer->rows;
        }
    }
}

static void conv_backward(struct reference *net, struct ref_layer *layer, const ref_real *x,
                          bool trains, ref_real *below) {
    const ref_real *e = layer->error;
    const uint32_t n = layer->inputs;
    for (uint32_t oy = 0; oy < layer->out.h; oy++) {
        for (uint32_t ox = 0; ox < layer->out.w; ox++, e += layer->rows) {
            const struct window at = window_at(layer, oy, ox);
            const ref_real *patch = trains ? gather(net, layer, &at, x) : NULL;
            ref_real *patch_error = net->patch_error;
            if (below != NULL && is_contiguous(layer)) {
                patch_error = below + input_at(layer, &at, 0, 0);
            } else if (below != NULL) {
                memset(patch_error, 0, sizeof(ref_real) * n);
            }
            rows_backward(layer, e, patch, below != NULL ? patch_error : NULL);
            if (below != NULL && !is_contiguous(layer)) {
                scatter(net, layer, &at, below);
            }
        }
    }
}

static void depthwise_forward(struct ref_layer *layer, const ref_real *x) {
    const uint32_t kw = layer->kernel_w;
    ref_real *y = layer->output;
    for (uint32_t oy = 0; oy < layer->out.h; oy++) {
        for (uint32_t ox = 0; ox < layer->out.w; ox++, y += layer->rows) {
            const struct window at = window_at(layer, oy, ox);
            memcpy(y, layer->bias, sizeof(ref_real) * layer->rows);
            for (uint32_t ky = at.h_begin; ky < at.h_end; ky++) {
                for (uint32_t kx = at.w_begin; kx < at.w_end; kx++) {
                    const ref_real *pixel = x + input_at(layer, &at, ky, kx);
                    for (uint32_t r = 0; r < layer->rows; r++) {
                        y[r] += layer->weight[(size_t)r * layer->inputs + ky * kw + kx] * pixel[r];
                    }
                }
            }
        }
    }
}

static void depthwise_backward(struct ref_layer *layer, const ref_real *x, bool trains,
                               ref_real *below) {
    const uint32_t kw = layer->kernel_w;
    const ref_real *e = layer->error;
    for (uint32_t oy = 0; oy < layer->out.h; oy++) {
        for (uint32_t ox = 0; ox < layer->out.w; ox++, e += layer->rows) {
            const struct window at = window_at(layer, oy, ox);
            for (uint32_t r = 0; trains && r < layer->rows; r++) {
                layer->bias_gradient[r] += e[r];
            }
            for (uint32_t ky = at.h_begin; ky < at.h_end; ky++) {
                for (uint32_t kx = at.w_begin; kx < at.w_end; kx++) {
                    const size_t pixel = input_at(layer, &at, ky, kx);
                    for (uint32_t r = 0; r < layer->rows; r++) {
                        const size_t w = (size_t)r * layer->inputs + ky * kw + kx;
                        if (trains) {
                            layer->weight_gradient[w] += e[r] * x[pixel + r];
                        }
                        if (below != NULL) {
                            below[pixel + r] += e[r] * layer->weight[w];
                        }
                    }
                }
            }
        }
    }
}

static void pool_forward(struct ref_layer *layer, const ref_real *x) {
    const bool average = layer->kind == FQT_AVG_POOL || layer->kind == FQT_GLOBAL_AVG_POOL;
    const uint32_t c = layer->in.c;
    uint32_t o = 0;
    for (uint32_t oy = 0; oy < layer->out.h; oy++) {
        for (uint32_t ox = 0; ox < layer->out.w; ox++) {
            const struct window at = window_at(layer, oy, ox);
            const uint32_t area = (at.h_end - at.h_begin) * (at.w_end - at.w_begin);
            for (uint32_t k = 0; k < c; k++, o++) {
                ref_real sum = 0;
                size_t best = input_at(layer, &at, at.h_begin, at.w_begin) + k;
                for (uint32_t ky = at.h_begin; ky < at.h_end; ky++) {
                    for (uint32_t kx = at.w_begin; kx < at.w_end; kx++) {
                        const size_t i = input_at(layer, &at, ky, kx) + k;
                        sum += x[i];
                        best = x[i] > x[best] ? i : best;
                    }
                }
                layer->output[o] = average ? sum / (ref_real)area : x[best];
                layer->source[o] = (uint32_t)best;
            }
        }
    }
}

static void pool_backward(const struct ref_layer *layer, ref_real *below) {
    const bool average = layer->kind == FQT_AVG_POOL || layer->kind == FQT_GLOBAL_AVG_POOL;
    const uint32_t c = layer->in.c;
    uint32_t o = 0;
    for (uint32_t oy = 0; oy < layer->out.h; oy++) {
        for (uint32_t ox = 0; ox < layer->out.w; ox++) {
            const struct window at = window_at(layer, oy, ox);
            const uint32_t area = (at.h_end - at.h_begin) * (at.w_end - at.w_begin);
            for (uint32_t k = 0; k < c; k++, o++) {
                if (!average) {
                    below[layer->source[o]] += layer->error[o];
                    continue;
                }
                for (uint32_t ky = at.h_begin; ky < at.h_end; ky++) {
                    for (uint32_t kx = at.w_begin; kx < at.w_end; kx++) {
                        below[input_at(layer, &at, ky, kx) + k] += layer->error[o] / (ref_real)area;
                    }
                }
            }
        }
    }
}

void ref_layer_forward(struct reference *net, struct ref_layer *layer, const ref_real *x) {
    if (layer->kind == FQT_LINEAR || layer->kind == FQT_CONV) {
        conv_forward(net, layer, x);
    } else if (layer->kind == FQT_DEPTHWISE) {
        depthwise_forward(layer, x);
    } else {
        pool_forward(layer, x);
    }
    const uint32_t n = ref_count(&layer->out);
    for (uint32_t i = 0; layer->relu && i < n; i++) {
        layer->output[i] = layer->output[i] > 0 ? layer->output[i] : 0;
    }
}

void ref_layer_backward(struct reference *net, struct ref_layer *layer, const ref_real *x,
                        ref_real *error_below) {
    const uint32_t n = ref_count(&layer->out);
    for (uint32_t i = 0; layer->relu && i < n; i++) {
        layer->error[i] = layer->output[i] > 0 ? layer->error[i] : 0;
    }
    if (error_below != NULL) {
        memset(error_below, 0, sizeof(ref_real) * ref_count(&layer->in));
    }
    const bool trains = layer->weight_layer >= (int32_t)net->first_trainable;
    if (layer->kind == FQT_LINEAR || layer->kind == FQT_CONV) {
        conv_backward(net, layer, x, trains, error_below);
    } else if (layer->kind == FQT_DEPTHWISE) {
        depthwise_backward(layer, x, trains, error_below);
    } else if (error_below != NULL) {
        pool_backward(layer, error_below);
    }
}

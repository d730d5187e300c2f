#include "test/golden/specs.h"

const struct fqt_model_spec bearing_mlp = {
    .name = "bearing-mlp",
    .input = FQT_INPUT_SPECTRA,
    .mode = FQT_MODE_FINE,
    .layer_count = 2,
    .batch_max = 16,
    .in_h = 1,
    .in_w = 1,
    .in_c = 64,
    .layers =
        {
            {.kind = FQT_LINEAR, .relu = true, .out_channels = 32},
            {.kind = FQT_LINEAR, .out_channels = 9},
        },
};

#define CONV1D(filters, kernel, stride)                                                            \
    {                                                                                              \
        .kind = FQT_CONV, .relu = true, .out_channels = (filters), .kernel_h = 1,                  \
        .kernel_w = (kernel), .stride_h = 1, .stride_w = (stride)                                  \
    }

const struct fqt_model_spec bearing_cnn = {
    .name = "bearing-cnn",
    .input = FQT_INPUT_WINDOW,
    .mode = FQT_MODE_FINE,
    .layer_count = 6,
    .batch_max = 16,
    .in_h = 1,
    .in_w = 512,
    .in_c = 1,
    .layers =
        {
            CONV1D(16, 32, 4),
            CONV1D(16, 8, 2),
            CONV1D(32, 8, 2),
            {.kind = FQT_GLOBAL_AVG_POOL},
            {.kind = FQT_LINEAR, .relu = true, .out_channels = 32},
            {.kind = FQT_LINEAR, .out_channels = 9},
        },
};

const struct fqt_model_spec every_kind = {
    .name = "every-kind",
    .input = FQT_INPUT_CODES,
    .mode = FQT_MODE_FINE,
    .layer_count = 9,
    .batch_max = 8,
    .in_h = 9,
    .in_w = 7,
    .in_c = 3,
    .input_zero = 120,
    .input_scale = 0.02f,
    .layers =
        {
            {FQT_CONV, true, 6, 3, 3, 1, 1, 1, 1},      /* 9 x 7 x 6 */
            {FQT_DEPTHWISE, true, 6, 3, 2, 2, 1, 1, 0}, /* 5 x 6 x 6 */
            {FQT_MAX_POOL, false, 0, 2, 2, 1, 1, 0, 0}, /* 4 x 5 x 6, overlapping */
            {FQT_CONV, true, 8, 1, 1, 1, 1, 0, 0},      /* 4 x 5 x 8 */
            {FQT_AVG_POOL, false, 0, 2, 2, 1, 2, 0, 0}, /* 3 x 2 x 8, overlapping */
            {FQT_CONV, false, 7, 2, 1, 1, 1, 1, 0},     /* 4 x 2 x 7, no ReLU */
            {FQT_GLOBAL_MAX_POOL, false, 0, 0, 0, 0, 0, 0, 0},
            {FQT_LINEAR, true, 10, 0, 0, 0, 0, 0, 0},
            {FQT_LINEAR, false, 4, 0, 0, 0, 0, 0, 0},
        },
};

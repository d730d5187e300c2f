#include "core/counters.h"

#include <string.h>

void fqt_counters_clear(struct fqt_counters *counters) {
    memset(counters, 0, sizeof *counters);
    fqt_window_restart(counters);
}

void fqt_window_restart(struct fqt_counters *counters) {
    counters->window_loss_min_q12 = UINT32_MAX;
    counters->window_loss_max_q12 = 0;
    counters->input.window_min = INT16_MAX;
    counters->input.window_max = INT16_MIN;
    for (int i = 0; i < FQT_LAYERS_MAX; i++) {
        counters->layer[i].window_gradient_max_q24 = 0;
    }
}

void fqt_count_input_s16(struct fqt_input_counters *input, const int16_t *samples, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        const int32_t s = samples[i];
        input->sum += s;
        input->sq_sum += (uint32_t)(s * s);
        if (samples[i] < input->window_min) {
            input->window_min = samples[i];
        }
        if (samples[i] > input->window_max) {
            input->window_max = samples[i];
        }
    }
    input->n += n;
}

/* What the device says about itself: TrainingReport and DeviceStatus. */
#include <string.h>

#include "app/agent_internal.h"

static void fill_layer(const struct agent *agent, uint8_t index, fqt_layer_counters *out) {
    const struct fqt_layer_counters *counters = &agent->learner.counters.layer[index];
    memset(out, 0, sizeof *out);
    out->grad_norm_square_sum = (int64_t)counters->gradient_sq_sum_q24;
    out->grad_samples = (int64_t)counters->gradient_samples;
    out->grad_sum = counters->step_gradient_sum_q24;
    out->grad_square_sum = (int64_t)counters->step_gradient_sq_sum_q24;
    out->grad_abs_max = (int64_t)counters->window_gradient_max_q24;
    out->update_norm_square_sum = (int64_t)counters->update_sq_sum_q24;
    out->update_steps = (int64_t)counters->updates;
    out->weight_norm_square = (int64_t)counters->weight_sq_q24;
    out->codes_changed = (int64_t)counters->codes_changed;
    out->codes_visited = (int64_t)counters->codes_visited;
    out->saturated_x = (int64_t)counters->x_saturated;
    out->total_x = (int64_t)counters->x_codes;
    out->saturated_e = (int64_t)counters->e_saturated;
    out->total_e = (int64_t)counters->e_codes;
    out->saturated_w = (int64_t)counters->w_saturated;
    out->structures_updated = (int64_t)counters->structures_updated;
    out->structures_offered = (int64_t)counters->structures_offered;
}

static void fill_layers(const struct agent *agent, fqt_training_report *report) {
    const uint8_t layers = agent->learner.plan->layers;
    uint8_t first = 0;
    while (first < layers && agent->learner.counters.layer[first].gradient_samples == 0) {
        first++;
    }
    report->first_layer = first;
    report->layers_count = (size_t)(layers - first);
    for (uint8_t i = first; i < layers; i++) {
        fill_layer(agent, i, &report->layers[i - first]);
    }
}

static void fill_samples(const struct fqt_counters *counters, fqt_training_report *report) {
    const bool any_loss = counters->window_loss_min_q12 != UINT32_MAX;
    const bool any_input = counters->input.window_min <= counters->input.window_max;
    report->samples_seen = (int64_t)counters->samples;
    report->samples_labelled = (int64_t)counters->labelled;
    report->samples_correct = (int64_t)counters->correct;
    report->samples_trained = (int64_t)counters->trained;
    report->loss_sum = (int64_t)counters->loss_sum_q12;
    report->loss_square_sum = (int64_t)counters->loss_sq_sum_q24;
    report->loss_min = any_loss ? (int32_t)counters->window_loss_min_q12 : 0;
    report->loss_max = (int32_t)counters->window_loss_max_q12;
    report->confidence_sum = (int64_t)counters->confidence_sum_q15;
    report->confidence_square_sum = (int64_t)counters->confidence_sq_sum_q30;
    report->input_count = (int64_t)counters->input.n;
    report->input_sum = counters->input.sum;
    report->input_square_sum = (int64_t)counters->input.sq_sum;
    report->input_min = any_input ? counters->input.window_min : 0;
    report->input_max = any_input ? counters->input.window_max : 0;
}

bool agent_report_due(const struct agent *agent, uint64_t now_ms) {
    return now_ms >= agent->next_report_ms;
}

size_t agent_report(struct agent *agent, uint64_t now_ms, uint8_t *out, size_t cap) {
    agent_step(agent, now_ms);
    const struct fqt_counters *counters = &agent->learner.counters;
    fqt_training_report report;
    memset(&report, 0, sizeof report);
    memcpy(report.device, agent->who.device, sizeof report.device);
    report.boot_counter = (int32_t)agent->boot_counter;
    report.boot_nonce = (int32_t)agent->boot_nonce;
    report.sequence = agent->report_sequence + 1;
    report.uptime_ms = (int64_t)agent_uptime_ms(agent, now_ms);
    if (agent->wall_offset_ms != 0) {
        report.learnt_time_ms = agent->wall_offset_ms + report.uptime_ms;
    }
    fill_samples(counters, &report);
    fill_layers(agent, &report);
    report.macs_forward = (int64_t)counters->mac_forward;
    report.macs_backward = (int64_t)counters->mac_backward;
    report.energy_micro_joule =
        energy_microjoule(&agent->energy, counters->mac_forward + counters->mac_backward);
    report.budget_version = agent->duty.version;
    report.samples_throttled = agent->throttled;
    size_t length;
    if (fqt_training_report_encode(&report, out, cap, &length) != FQT_WIRE_OK) {
        return 0;
    }
    agent->report_sequence++;
    fqt_window_restart(&agent->learner.counters);
    const uint64_t interval_ms = (uint64_t)agent->duty.terms.report_interval_ms;
    const uint64_t late_ms =
        now_ms > agent->next_report_ms ? (now_ms - agent->next_report_ms) % interval_ms : 0;
    agent->next_report_ms = now_ms + interval_ms - late_ms; /* stays on its grid */
    return length;
}

size_t agent_status(const struct agent *agent, bool online, uint8_t *out, size_t cap) {
    fqt_device_status status;
    memset(&status, 0, sizeof status);
    memcpy(status.device, agent->who.device, sizeof status.device);
    memcpy(status.cohort, agent->who.cohort, sizeof status.cohort);
    memcpy(status.board, agent->who.board, sizeof status.board);
    memcpy(status.firmware, AGENT_FIRMWARE_VERSION, sizeof AGENT_FIRMWARE_VERSION);
    status.state = online ? FQT_DEVICE_STATE_ONLINE : FQT_DEVICE_STATE_OFFLINE;
    status.boot_counter = (int32_t)agent->boot_counter;
    status.boot_nonce = (int32_t)agent->boot_nonce;
    status.model_fingerprint = (int64_t)agent->model_fingerprint;
    status.report_schema = (int64_t)FQT_TRAINING_REPORT_FINGERPRINT;
    status.budget_schema = (int64_t)FQT_UPDATE_BUDGET_FINGERPRINT;
    status.attributes_count = agent->who.attributes_count;
    memcpy(status.attributes, agent->who.attributes, sizeof status.attributes);
    status.layer_count = agent->learner.plan->layers;
    status.factory_terms = agent->who.factory_terms;
    status.budget_version = agent->duty.highest_version;
    size_t length;
    return fqt_device_status_encode(&status, out, cap, &length) == FQT_WIRE_OK ? length : 0;
}

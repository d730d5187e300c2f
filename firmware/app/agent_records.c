/* The three records that outlive a power cut: their layouts, and what a record of another firmware
 * or model is worth (nothing). */
#include <string.h>

#include "app/agent_internal.h"
#include "wire/le.h"

#define STATE_LAYOUT 1u

/* layout u8 | boot counter u32 | highest version i64 | version i64 | bucket pJ i64 | time left ms
 * i64 (-1 = never ends) | on expiry u8 | reason u8 | training u8 | 10 x i32 in the order of
 * BudgetTerms.avsc */
#define STATE_BYTES (1u + 4u + 4u * 8u + 3u + 40u)

static uint8_t *put_u32(uint8_t *at, uint32_t value) {
    le_store_u32(at, value);
    return at + 4;
}

static uint8_t *put_s64(uint8_t *at, int64_t value) {
    le_store_u64(at, (uint64_t)value);
    return at + 8;
}

bool agent_save_state(struct agent *agent, const struct agent_duty *duty, uint64_t now_ms) {
    uint8_t state[STATE_BYTES];
    const fqt_budget_terms *terms = &duty->terms;
    int64_t left_ms = -1;
    if (duty->expires) {
        left_ms = duty->expires_at_ms > now_ms ? (int64_t)(duty->expires_at_ms - now_ms) : 0;
    }
    uint8_t *at = state;
    *at++ = STATE_LAYOUT;
    at = put_u32(at, agent->boot_counter);
    at = put_s64(at, duty->highest_version);
    at = put_s64(at, duty->version);
    at = put_s64(at, agent->energy.level_pj);
    at = put_s64(at, left_ms);
    *at++ = (uint8_t)duty->on_expiry;
    *at++ = (uint8_t)duty->reason;
    *at++ = terms->training ? 1 : 0;
    const int32_t numbers[] = {
        terms->lambda_min_permille,
        terms->lambda_max_permille,
        terms->first_trainable_layer,
        terms->learning_rate,
        terms->batch_size,
        terms->train_every_nth,
        terms->pseudo_label_permille,
        terms->energy_capacity_milli_joule,
        terms->energy_refill_milli_joule_per_hour,
        terms->report_interval_ms,
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        at = put_u32(at, (uint32_t)numbers[i]);
    }
    return agent->store.save(agent->store.context, AGENT_STATE, state, sizeof state);
}

static void read_terms(const uint8_t *at, fqt_budget_terms *terms) {
    int32_t *const numbers[] = {
        &terms->lambda_min_permille,
        &terms->lambda_max_permille,
        &terms->first_trainable_layer,
        &terms->learning_rate,
        &terms->batch_size,
        &terms->train_every_nth,
        &terms->pseudo_label_permille,
        &terms->energy_capacity_milli_joule,
        &terms->energy_refill_milli_joule_per_hour,
        &terms->report_interval_ms,
    };
    terms->training = at[0] == 1;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        *numbers[i] = (int32_t)le_load_u32(at + 1 + 4 * i);
    }
}

uint32_t agent_load_state(struct agent *agent, uint64_t now_ms, int64_t *level_pj) {
    uint8_t state[AGENT_STATE_BYTES_MAX];
    const size_t length = agent->store.load(agent->store.context, AGENT_STATE, state, sizeof state);
    if (length != STATE_BYTES || state[0] != STATE_LAYOUT) {
        return 0;
    }
    struct agent_duty duty = {.highest_version = (int64_t)le_load_u64(state + 5),
                              .version = (int64_t)le_load_u64(state + 13)};
    const int64_t left_ms = (int64_t)le_load_u64(state + 29);
    duty.on_expiry = state[37] == FQT_EXPIRY_ACTION_FACTORY ? FQT_EXPIRY_ACTION_FACTORY
                                                            : FQT_EXPIRY_ACTION_FREEZE;
    duty.reason =
        state[38] < FQT_REASON_CODE_COUNT ? (fqt_reason_code)state[38] : FQT_REASON_CODE_UNKNOWN;
    duty.expires = left_ms >= 0;
    duty.expires_at_ms = duty.expires ? now_ms + (uint64_t)left_ms : 0;
    read_terms(state + 39, &duty.terms);
    if (duty.version == 0) {
        duty.terms = agent->who.factory_terms; /* a new provisioning page may have changed them */
    }
    if (terms_bad_field(&duty.terms) == NULL) {
        agent->duty = duty;
        *level_pj = (int64_t)le_load_u64(state + 21);
    }
    return le_load_u32(state + 1);
}

/* ---- weights ---- */

static bool save_scratch(struct agent *agent, enum agent_record record, size_t page_length) {
    le_store_u64(agent->scratch, agent->model_fingerprint);
    return agent->store.save(agent->store.context, record, agent->scratch, 8 + page_length);
}

bool agent_save_weights(struct agent *agent, enum agent_record record) {
    const size_t length =
        model_export(&agent->learner, agent->scratch + 8, sizeof agent->scratch - 8);
    return length > 0 && save_scratch(agent, record, length);
}

/* Page length; the page is at scratch + 8. Weights learnt from another factory model don't count.
 */
static size_t fetch(struct agent *agent, enum agent_record record) {
    const size_t length =
        agent->store.load(agent->store.context, record, agent->scratch, sizeof agent->scratch);
    if (length <= 8 || le_load_u64(agent->scratch) != agent->model_fingerprint) {
        return 0;
    }
    return length - 8;
}

bool agent_stage_weights(struct agent *agent, fqt_weights_action action) {
    if (action == FQT_WEIGHTS_ACTION_FACTORY) {
        /* An empty page: the next boot finds no weights that fit and keeps the factory ones. */
        agent->scratch[8] = 0;
        return save_scratch(agent, AGENT_WEIGHTS, 1);
    }
    const size_t length = fetch(agent, AGENT_GOOD);
    return length > 0 && save_scratch(agent, AGENT_WEIGHTS, length);
}

bool agent_load_weights(struct agent *agent, enum agent_record record) {
    const size_t length = fetch(agent, record);
    return length > 0 && model_load(&agent->learner, agent->scratch + 8, length) == PAGE_OK;
}

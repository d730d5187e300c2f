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
    const struct store_piece piece = {state, sizeof state};
    return agent->store.save(agent->store.context, AGENT_STATE, &piece, 1);
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
    size_t length;
    const uint8_t *state = agent->store.view(agent->store.context, AGENT_STATE, &length);
    if (state == NULL || length != STATE_BYTES || state[0] != STATE_LAYOUT) {
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

#define FINGERPRINT_BYTES 8u

bool agent_save_weights(struct agent *agent, enum agent_record record) {
    struct model_pieces page;
    struct store_piece pieces[1 + sizeof page.piece / sizeof page.piece[0]];
    uint8_t fingerprint[FINGERPRINT_BYTES];
    le_store_u64(fingerprint, agent->model_fingerprint);
    pieces[0] = (struct store_piece){fingerprint, sizeof fingerprint};
    model_pieces(&agent->learner, &agent->model, &page);
    memcpy(pieces + 1, page.piece, page.count * sizeof page.piece[0]);
    return agent->store.save(agent->store.context, record, pieces, 1 + page.count);
}

/* The page of a record, NULL when there is none. Weights learnt from another factory model don't
 * count. */
static const uint8_t *find_page(const struct agent *agent, enum agent_record record,
                                size_t *length) {
    const uint8_t *bytes = agent->store.view(agent->store.context, record, length);
    if (bytes == NULL || *length <= FINGERPRINT_BYTES ||
        le_load_u64(bytes) != agent->model_fingerprint) {
        return NULL;
    }
    *length -= FINGERPRINT_BYTES;
    return bytes + FINGERPRINT_BYTES;
}

bool agent_stage_weights(struct agent *agent, fqt_weights_action action) {
    /* An empty page: the next boot finds no weights that fit and keeps the factory ones. */
    static const uint8_t empty[1] = {0};
    uint8_t fingerprint[FINGERPRINT_BYTES];
    const uint8_t *page = empty;
    size_t length = sizeof empty;
    if (action != FQT_WEIGHTS_ACTION_FACTORY) {
        page = find_page(agent, AGENT_GOOD, &length);
    }
    le_store_u64(fingerprint, agent->model_fingerprint);
    const struct store_piece pieces[] = {{fingerprint, sizeof fingerprint}, {page, length}};
    return page != NULL && agent->store.save(agent->store.context, AGENT_WEIGHTS, pieces, 2);
}

bool agent_load_weights(struct agent *agent, enum agent_record record) {
    size_t length;
    const uint8_t *page = find_page(agent, record, &length);
    return page != NULL &&
           model_load(&agent->learner, &agent->model, agent->model_page, page, length) == PAGE_OK;
}

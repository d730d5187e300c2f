/*
 * The rules by which a device obeys:
 *
 *   bad format, key, tag, schema, device or range -> REFUSED, state kept
 *   version lower than the highest ever applied   -> REFUSED (REPLAYED), state kept
 *   the same version                              -> REPEATED: no one-shot action, time to live
 * does not start again higher                                        -> stored first, then applied,
 * then APPLIED
 *
 * Everything before the tag is checked on bytes only; nothing of an unauthenticated message is
 * believed.
 */
#include <string.h>

#include "app/agent_internal.h"
#include "wire/sha256.h"

struct judgement {
    fqt_ack_outcome outcome;
    fqt_refusal_reason refusal;
    const char *field;
    int64_t answered_version;
};

static bool tag_is_right(const struct agent *agent, const uint8_t *payload, size_t length) {
    const char *topic = agent_topic(agent, AGENT_TOPIC_BUDGET);
    const size_t tag_at = length - SHA256_DIGEST_BYTES;
    struct hmac_sha256 hmac;
    uint8_t tag[SHA256_DIGEST_BYTES];
    hmac_sha256_init(&hmac, agent->who.key, sizeof agent->who.key);
    hmac_sha256_update(&hmac, (const uint8_t *)topic, strlen(topic));
    hmac_sha256_update(&hmac, payload, tag_at);
    hmac_sha256_final(&hmac, tag);
    return tags_equal(tag, payload + tag_at, sizeof tag);
}

static fqt_refusal_reason authenticate(const struct agent *agent, const uint8_t *payload,
                                       size_t length, fqt_update_budget *budget) {
    uint64_t fingerprint;
    if (length < FQT_AVRO_HEADER_BYTES + AGENT_SIGNATURE_BYTES ||
        !fqt_avro_fingerprint(payload, length - AGENT_SIGNATURE_BYTES, &fingerprint)) {
        return FQT_REFUSAL_REASON_BAD_FORMAT;
    }
    if (payload[length - AGENT_SIGNATURE_BYTES] != agent->who.key_id) {
        return FQT_REFUSAL_REASON_UNKNOWN_KEY;
    }
    if (!tag_is_right(agent, payload, length)) {
        return FQT_REFUSAL_REASON_BAD_SIGNATURE;
    }
    switch (fqt_update_budget_decode(payload, length - AGENT_SIGNATURE_BYTES, budget)) {
    case FQT_WIRE_OK:
        return FQT_REFUSAL_REASON_NONE;
    case FQT_WIRE_UNKNOWN_SCHEMA:
        return FQT_REFUSAL_REASON_UNKNOWN_SCHEMA;
    default:
        return FQT_REFUSAL_REASON_BAD_FORMAT;
    }
}

static const char *bad_field(const struct agent *agent, const fqt_update_budget *budget) {
    if (budget->version < 1) {
        return "version";
    }
    if (budget->policy_version < 0) {
        return "policyVersion";
    }
    if (budget->issued_at_ms < 1) {
        return "issuedAtMs";
    }
    if (budget->time_to_live_s < 0) {
        return "timeToLiveS";
    }
    return agent_bad_term(agent, &budget->terms);
}

/* ---- applying ---- */

static bool weights_are_good(const struct agent_duty *duty) {
    return duty->version == 0 || duty->reason == FQT_REASON_CODE_INITIAL ||
           duty->reason == FQT_REASON_CODE_STABLE || duty->reason == FQT_REASON_CODE_RECOVERED;
}

/* True when the store holds all that the new budget needs from it. */
static bool prepare_weights(struct agent *agent, const fqt_update_budget *budget) {
    if (budget->weights == FQT_WEIGHTS_ACTION_KEEP) {
        const uint64_t hash = fqt_weights_hash(&agent->learner);
        if (!weights_are_good(&agent->duty) || hash == agent->good_hash) {
            return true;
        }
        if (!agent_save_weights(agent, AGENT_GOOD)) {
            return false;
        }
        agent->good_hash = hash;
        return true;
    }
    if (budget->weights == FQT_WEIGHTS_ACTION_LAST_GOOD && agent->duty.highest_version == 0) {
        return true; /* the factory weights are still the last good ones */
    }
    return agent_stage_weights(agent, budget->weights);
}

static void switch_weights(struct agent *agent, fqt_weights_action action) {
    if (action == FQT_WEIGHTS_ACTION_LAST_GOOD) {
        (void)agent_load_weights(agent, AGENT_GOOD); /* read a moment ago by prepare_weights */
    } else if (action == FQT_WEIGHTS_ACTION_FACTORY) {
        (void)model_load(&agent->learner, &agent->model, agent->model_page, agent->model_page,
                         agent->model_length);
    }
    agent->saved_updates = agent->learner.counters.updates;
}

static struct agent_duty duty_of(const fqt_update_budget *budget, uint64_t now_ms) {
    return (struct agent_duty){
        .highest_version = budget->version,
        .version = budget->version,
        .terms = budget->terms,
        .on_expiry = budget->on_expiry,
        .reason = budget->reason,
        .expires = budget->time_to_live_s > 0,
        .expires_at_ms = now_ms + (uint64_t)budget->time_to_live_s * 1000u,
    };
}

/* Stored before it is applied: after a power cut in between, the broker's retained copy is judged
 * again as a higher or as the same version, and both end in the same state. */
static bool apply(struct agent *agent, const fqt_update_budget *budget, uint64_t now_ms) {
    const struct agent_duty duty = duty_of(budget, now_ms);
    if (!prepare_weights(agent, budget) || !agent_save_state(agent, &duty, now_ms)) {
        agent->saved_updates = UINT64_MAX; /* the stored weights may differ: save them again */
        return false;
    }
    if (budget->weights != FQT_WEIGHTS_ACTION_KEEP) {
        switch_weights(agent, budget->weights);
    }
    agent->duty = duty;
    agent_obey(agent, now_ms);
    if (budget->reset_error_max) {
        fqt_reset_error_max(&agent->learner);
    }
    agent->wall_offset_ms = budget->issued_at_ms - (int64_t)agent_uptime_ms(agent, now_ms);
    return true;
}

static struct judgement refuse(fqt_refusal_reason reason) {
    return (struct judgement){FQT_ACK_OUTCOME_REFUSED, reason, "", 0};
}

static struct judgement judge(struct agent *agent, const uint8_t *payload, size_t length,
                              uint64_t now_ms) {
    fqt_update_budget budget;
    const fqt_refusal_reason refusal = authenticate(agent, payload, length, &budget);
    if (refusal != FQT_REFUSAL_REASON_NONE) {
        return refuse(refusal);
    }
    struct judgement judgement = refuse(FQT_REFUSAL_REASON_WRONG_DEVICE);
    judgement.answered_version = budget.version;
    if (strcmp(budget.device, agent->who.device) != 0) {
        judgement.field = "device";
        return judgement;
    }
    judgement.field = bad_field(agent, &budget);
    if (judgement.field != NULL) {
        judgement.refusal = FQT_REFUSAL_REASON_OUT_OF_RANGE;
        return judgement;
    }
    judgement.field = "";
    if (budget.version < agent->duty.highest_version) {
        judgement.refusal = FQT_REFUSAL_REASON_REPLAYED;
    } else if (budget.version == agent->duty.highest_version) {
        judgement.outcome = FQT_ACK_OUTCOME_REPEATED;
        judgement.refusal = FQT_REFUSAL_REASON_NONE;
    } else if (apply(agent, &budget, now_ms)) {
        judgement.outcome = FQT_ACK_OUTCOME_APPLIED;
        judgement.refusal = FQT_REFUSAL_REASON_NONE;
    } else {
        judgement.refusal = FQT_REFUSAL_REASON_STORE_FAILED;
    }
    return judgement;
}

static size_t write_ack(const struct agent *agent, const struct judgement *judgement,
                        uint64_t now_ms, uint8_t *out, size_t cap) {
    fqt_budget_ack ack;
    memset(&ack, 0, sizeof ack);
    memcpy(ack.device, agent->who.device, sizeof ack.device);
    ack.boot_counter = (int32_t)agent->boot_counter;
    ack.boot_nonce = (int32_t)agent->boot_nonce;
    ack.uptime_ms = (int64_t)agent_uptime_ms(agent, now_ms);
    ack.answered_version = judgement->answered_version;
    ack.outcome = judgement->outcome;
    ack.refusal = judgement->refusal;
    memcpy(ack.field, judgement->field, strlen(judgement->field) + 1);
    ack.version_in_force = agent->duty.version;
    ack.terms_in_force = agent->duty.terms;
    size_t length;
    return fqt_budget_ack_encode(&ack, out, cap, &length) == FQT_WIRE_OK ? length : 0;
}

size_t agent_budget(struct agent *agent, const char *topic, size_t topic_length,
                    const uint8_t *payload, size_t length, uint64_t now_ms, uint8_t *ack,
                    size_t cap) {
    const char *own = agent_topic(agent, AGENT_TOPIC_BUDGET);
    agent_step(agent, now_ms);
    struct judgement judgement = refuse(FQT_REFUSAL_REASON_WRONG_DEVICE);
    if (topic_length == strlen(own) && memcmp(topic, own, topic_length) == 0) {
        judgement = judge(agent, payload, length, now_ms);
    }
    return write_ack(agent, &judgement, now_ms, ack, cap);
}

size_t agent_budget_oversize(struct agent *agent, uint64_t now_ms, uint8_t *ack, size_t cap) {
    const struct judgement judgement = refuse(FQT_REFUSAL_REASON_OVERSIZE);
    return write_ack(agent, &judgement, now_ms, ack, cap);
}

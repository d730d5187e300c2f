#include "app/agent.h"

#include <string.h>

#include "app/agent_internal.h"
#include "wire/crc.h"

#define SHARDS 64u /* Topics.SHARDS: fixed by the protocol */

static void append(char *out, size_t *at, const char *text) {
    const size_t length = strlen(text);
    memcpy(out + *at, text, length + 1);
    *at += length;
}

/* "fqt/v1/up/07/device/report": shard = CRC-32 of the id modulo 64, two digits. */
static void make_topic(struct agent *agent, enum agent_topic which, const char *direction,
                       const char *kind) {
    const char *device = agent->who.device;
    const uint32_t shard = crc32_ieee(0, (const uint8_t *)device, strlen(device)) % SHARDS;
    const char digits[] = {(char)('0' + shard / 10u), (char)('0' + shard % 10u), '/', 0};
    char *out = agent->topics[which];
    size_t at = 0;
    append(out, &at, "fqt/v1/");
    append(out, &at, direction);
    append(out, &at, digits);
    append(out, &at, device);
    append(out, &at, kind);
}

const char *agent_topic(const struct agent *agent, enum agent_topic topic) {
    return agent->topics[topic];
}

uint64_t agent_uptime_ms(const struct agent *agent, uint64_t now_ms) {
    return now_ms - agent->booted_at_ms;
}

/* Per sample a weight gradient and an error product, per minibatch a step of every weight: what a
 * minibatch can cost at most. */
static uint64_t macs_of_a_batch(const struct agent *agent, unsigned first_trainable) {
    const struct fqt_plan *plan = agent->learner.plan;
    uint64_t macs = 0;
    for (unsigned i = first_trainable; i < plan->layers; i++) {
        const struct fqt_layer_plan *layer = &plan->layer[i];
        macs += 2u * (uint64_t)layer->macs * (uint64_t)agent->duty.terms.batch_size +
                (uint64_t)layer->rows * layer->inputs;
    }
    return macs;
}

const char *agent_bad_term(const struct agent *agent, const fqt_budget_terms *terms) {
    const struct fqt_plan *plan = agent->learner.plan;
    const int32_t first = terms->first_trainable_layer;
    const char *field = terms_bad_field(terms);
    if (field != NULL) {
        return field;
    }
    if (first != AGENT_LAST_LAYER && (first < plan->frozen || first >= plan->layers)) {
        return "firstTrainableLayer";
    }
    return terms->batch_size <= plan->batch_max ? NULL : "batchSize";
}

static struct fqt_config config_of(const struct agent *agent) {
    const fqt_budget_terms *terms = &agent->duty.terms;
    const int32_t last = agent->learner.plan->layers - 1;
    const int32_t first = terms->first_trainable_layer;
    return (struct fqt_config){
        .training = terms->training,
        .lambda_min_milli = (uint16_t)terms->lambda_min_permille,
        .lambda_max_milli = (uint16_t)terms->lambda_max_permille,
        .first_trainable_layer = (uint8_t)(first < last ? first : last),
        .learning_rate_q20 = (uint32_t)terms->learning_rate,
        .batch_size = (uint16_t)terms->batch_size,
        .train_every_nth = (uint16_t)terms->train_every_nth,
        .pseudo_confidence_q15 = (uint16_t)(terms->pseudo_label_permille * 32768 / 1000),
    };
}

void agent_obey(struct agent *agent, uint64_t now_ms) {
    const struct fqt_config config = config_of(agent);
    (void)fqt_configure(&agent->learner, &config); /* ranges were checked: terms_bad_field */
    agent->reserved_macs = macs_of_a_batch(agent, config.first_trainable_layer);
    energy_resize(&agent->energy, agent->duty.terms.energy_capacity_milli_joule,
                  agent->duty.terms.energy_refill_milli_joule_per_hour, now_ms);
    const uint64_t next_ms = now_ms + (uint64_t)agent->duty.terms.report_interval_ms;
    if (next_ms < agent->next_report_ms) {
        agent->next_report_ms = next_ms;
    }
}

/* The seed of stochastic rounding: another one per device and boot, the same when both are
 * repeated. */
static uint64_t sample_seed(const struct agent *agent) {
    const char *device = agent->who.device;
    return page_fingerprint((const uint8_t *)device, strlen(device)) + agent->boot_counter;
}

static void init_duty(struct agent *agent, const struct agent_setup *setup) {
    int64_t level_pj = -1;
    agent->duty = (struct agent_duty){.terms = agent->who.factory_terms,
                                      .on_expiry = FQT_EXPIRY_ACTION_FREEZE,
                                      .reason = FQT_REASON_CODE_INITIAL};
    const uint32_t stored_boot = agent_load_state(agent, setup->now_ms, &level_pj);
    agent->boot_counter = setup->boot_counter != 0 ? setup->boot_counter : stored_boot + 1u;
    energy_init(&agent->energy, agent->who.board, agent->duty.terms.energy_capacity_milli_joule,
                agent->duty.terms.energy_refill_milli_joule_per_hour, setup->now_ms);
    if (level_pj >= 0 && level_pj < agent->energy.level_pj) {
        agent->energy.level_pj = level_pj;
    }
}

enum page_status agent_init(struct agent *agent, const struct agent_setup *setup,
                            const char **bad_page) {
    memset(agent, 0, sizeof *agent);
    *bad_page = "provisioning page";
    enum page_status status =
        provisioning_read(setup->provisioning_page, setup->provisioning_length, &agent->who);
    if (status != PAGE_OK) {
        return status;
    }
    agent->model = setup->model;
    agent->model_page = setup->model_page;
    agent->model_length = model_page_length(setup->model_page, setup->model_length);
    agent->model_fingerprint = page_fingerprint(agent->model_page, agent->model_length);
    agent->store = setup->store;
    agent->boot_nonce = setup->boot_nonce;
    agent->booted_at_ms = setup->now_ms;
    init_duty(agent, setup);
    *bad_page = "model page";
    if (fqt_window_samples(setup->model.plan) != FQT_WINDOW) {
        return PAGE_OTHER_WINDOW;
    }
    status = model_init(&agent->learner, &agent->model, setup->arena, setup->model_page,
                        setup->model_length, sample_seed(agent));
    if (status != PAGE_OK) {
        return status;
    }
    if (agent_bad_term(agent, &agent->who.factory_terms) != NULL) {
        *bad_page = "provisioning page";
        return PAGE_BAD_FIELD;
    }
    if (agent_bad_term(agent, &agent->duty.terms) != NULL) {
        agent->duty.version = 0; /* a budget for the model of before */
        agent->duty.terms = agent->who.factory_terms;
    }
    make_topic(agent, AGENT_TOPIC_REPORT, "up/", "/report");
    make_topic(agent, AGENT_TOPIC_STATUS, "up/", "/status");
    make_topic(agent, AGENT_TOPIC_ACK, "up/", "/ack");
    make_topic(agent, AGENT_TOPIC_BUDGET, "down/", "/budget");
    (void)agent_load_weights(agent, AGENT_WEIGHTS); /* none stored: the factory weights stay */
    agent->next_report_ms = UINT64_MAX;
    agent_obey(agent, setup->now_ms);
    agent->next_checkpoint_ms = setup->now_ms + AGENT_CHECKPOINT_MS;
    (void)agent_save_state(agent, &agent->duty,
                           setup->now_ms); /* the nonce tells boots apart too */
    return PAGE_OK;
}

/* The safe default that the budget itself named. */
static void end_budget(struct agent *agent, uint64_t now_ms) {
    agent->duty.expires = false;
    if (agent->duty.on_expiry == FQT_EXPIRY_ACTION_FACTORY) {
        agent->duty.version = 0;
        agent->duty.terms = agent->who.factory_terms;
    } else {
        agent->duty.terms.training = false;
    }
    agent_obey(agent, now_ms);
    (void)agent_save_state(agent, &agent->duty, now_ms); /* else it ends again after a power cut */
}

static void checkpoint(struct agent *agent, uint64_t now_ms) {
    agent->next_checkpoint_ms = now_ms + AGENT_CHECKPOINT_MS;
    if (agent->saved_updates != agent->learner.counters.updates &&
        agent_save_weights(agent, AGENT_WEIGHTS)) {
        agent->saved_updates = agent->learner.counters.updates;
    }
    (void)agent_save_state(agent, &agent->duty, now_ms);
}

void agent_step(struct agent *agent, uint64_t now_ms) {
    if (agent->duty.expires && now_ms >= agent->duty.expires_at_ms) {
        end_budget(agent, now_ms);
    }
    energy_refill(&agent->energy, now_ms);
    if (now_ms >= agent->next_checkpoint_ms) {
        checkpoint(agent, now_ms);
    }
}

/* Switches only between minibatches, so that an empty bucket never costs a batch that is already
 * paid for. */
static void throttle(struct agent *agent) {
    if (!agent->duty.terms.training || agent->learner.batch_fill != 0) {
        return;
    }
    struct fqt_config config = agent->learner.config;
    config.training = energy_covers(&agent->energy, agent->reserved_macs);
    if (config.training != agent->learner.config.training) {
        (void)fqt_configure(&agent->learner, &config);
    }
}

static void count_throttled(struct agent *agent, int label, const struct fqt_result *result) {
    const uint16_t pseudo_q15 = agent->learner.config.pseudo_confidence_q15;
    const bool eligible =
        label != FQT_NO_LABEL || (pseudo_q15 != 0 && result->confidence_q15 >= pseudo_q15);
    if (!eligible) {
        return;
    }
    agent->throttle_phase++;
    if (agent->throttle_phase % (uint32_t)agent->duty.terms.train_every_nth == 0) {
        agent->throttled++;
    }
}

enum fqt_status agent_window(struct agent *agent, const int16_t *samples, int label,
                             uint64_t now_ms) {
    agent_step(agent, now_ms);
    throttle(agent);
    struct fqt_result result;
    const uint64_t before = agent->learner.counters.mac_backward;
    const enum fqt_status status = fqt_learn_window(&agent->learner, samples, label, &result);
    if (status != FQT_OK) {
        return status;
    }
    if (agent->learner.config.training) {
        energy_spend(&agent->energy, agent->learner.counters.mac_backward - before);
    } else if (agent->duty.terms.training) {
        count_throttled(agent, label, &result);
    }
    return FQT_OK;
}

size_t agent_export_model(const struct agent *agent, uint8_t *out, size_t cap) {
    return model_export(&agent->learner, &agent->model, out, cap);
}

uint64_t agent_weights_hash(const struct agent *agent) {
    return fqt_weights_hash(&agent->learner);
}

/* The agent: what it reports, what it obeys, what it refuses, and what survives its reboot. */
#include "app/agent.h"
#include "mqtt/mqtt_states.h"
#include "test/unit/agent_fixture.h"
#include "test/unit/expect.h"
#include "wire/crc.h"
#include "wire/le.h"

static struct agent agent;
static struct memory_store store;
static uint8_t provisioning[PROVISIONING_PAGE_MAX];
static _Alignas(4) uint8_t model[FIXTURE_MODEL_PAGE_MAX];
static size_t provisioning_length;
static size_t model_length;
static unsigned next_window;

static enum page_status boot(uint64_t now_ms) {
    const struct agent_setup setup = {
        .provisioning_page = provisioning,
        .provisioning_length = provisioning_length,
        .model = fixture_model(),
        .arena = fixture_arena(),
        .model_page = model,
        .model_length = model_length,
        .boot_nonce = 0xCAFE,
        .store = memory_store(&store),
        .now_ms = now_ms,
    };
    const char *bad_page;
    return agent_init(&agent, &setup, &bad_page);
}

static void start_with(const fqt_budget_terms *factory) {
    memset(&store, 0, sizeof store);
    provisioning_length = fixture_provisioning_page(provisioning, factory);
    model_length = fixture_model_page(model, 11);
    next_window = 0;
    EXPECT_EQ(boot(0), PAGE_OK);
}

static void start(void) {
    const fqt_budget_terms terms = fixture_terms();
    start_with(&terms);
}

static void windows(unsigned count, uint64_t now_ms) {
    int16_t samples[FQT_WINDOW];
    for (unsigned i = 0; i < count; i++) {
        const int label = fixture_window(next_window++, samples);
        EXPECT_EQ(agent_window(&agent, samples, label, now_ms), FQT_OK);
    }
}

static fqt_training_report report(uint64_t now_ms) {
    uint8_t out[FQT_TRAINING_REPORT_BYTES_MAX];
    fqt_training_report decoded;
    memset(&decoded, 0, sizeof decoded);
    const size_t length = agent_report(&agent, now_ms, out, sizeof out);
    EXPECT(fqt_training_report_decode(out, length, &decoded) == FQT_WIRE_OK, "report unreadable");
    return decoded;
}

static fqt_budget_ack receive(const uint8_t *payload, size_t length, uint64_t now_ms) {
    uint8_t out[FQT_BUDGET_ACK_BYTES_MAX];
    fqt_budget_ack ack;
    memset(&ack, 0, sizeof ack);
    const char *topic = agent_topic(&agent, AGENT_TOPIC_BUDGET);
    const size_t ack_length =
        agent_budget(&agent, topic, strlen(topic), payload, length, now_ms, out, sizeof out);
    EXPECT(fqt_budget_ack_decode(out, ack_length, &ack) == FQT_WIRE_OK, "ack unreadable");
    return ack;
}

static fqt_budget_ack send(const fqt_update_budget *budget, uint64_t now_ms) {
    uint8_t payload[256];
    const size_t length =
        fixture_sign(agent_topic(&agent, AGENT_TOPIC_BUDGET), budget, payload, sizeof payload);
    EXPECT(length > 0, "budget %lld not encoded", (long long)budget->version);
    return receive(payload, length, now_ms);
}

static void applies(const fqt_update_budget *budget, uint64_t now_ms) {
    const fqt_budget_ack ack = send(budget, now_ms);
    EXPECT(ack.outcome == FQT_ACK_OUTCOME_APPLIED, "version %lld: outcome %d, refusal %d, '%s'",
           (long long)budget->version, ack.outcome, ack.refusal, ack.field);
}

/* ---- reports ---- */

static void topics_carry_the_shard(void) {
    start();
    EXPECT(strcmp(agent_topic(&agent, AGENT_TOPIC_REPORT), "fqt/v1/up/48/press-07/report") == 0,
           "topic %s", agent_topic(&agent, AGENT_TOPIC_REPORT));
    EXPECT(strcmp(agent_topic(&agent, AGENT_TOPIC_BUDGET), "fqt/v1/down/48/press-07/budget") == 0,
           "topic %s", agent_topic(&agent, AGENT_TOPIC_BUDGET));
}

static void reports_are_cumulative_and_numbered(void) {
    start();
    windows(20, 1000);
    EXPECT(!agent_report_due(&agent, 4999) && agent_report_due(&agent, 5000), "interval 5 s");
    const fqt_training_report first = report(5200);
    EXPECT_EQ(first.sequence, 1);
    EXPECT_EQ(first.boot_counter, 1);
    EXPECT_EQ(first.boot_nonce, 0xCAFE);
    EXPECT_EQ(first.samples_seen, 20);
    EXPECT_EQ(first.samples_labelled, 20);
    EXPECT_EQ(first.samples_trained, 20);
    EXPECT_EQ(first.input_count, 20 * FQT_WINDOW);
    EXPECT_EQ(first.macs_forward, 20 * (64 * 32 + 32 * FIXTURE_OUTPUTS));
    EXPECT_EQ(first.energy_micro_joule, (first.macs_forward + first.macs_backward) * 900 / 1000000);
    EXPECT_EQ(first.layers_count, 2);
    EXPECT_EQ(first.layers[1].grad_samples, 20);
    EXPECT(first.loss_min > 0 && first.loss_max > first.loss_min, "loss of the window");
    EXPECT(!agent_report_due(&agent, 9999) && agent_report_due(&agent, 10000), "on its grid");
    const fqt_training_report second = report(10000);
    EXPECT_EQ(second.sequence, 2);
    EXPECT_EQ(second.samples_seen, 20);
    EXPECT_EQ(second.loss_sum, first.loss_sum);
    EXPECT_EQ(second.loss_max, 0); /* a new window, still empty */
    EXPECT_EQ(second.input_min, 0);
    windows(1, 11000);
    EXPECT_EQ(report(15000).samples_seen, 21);
    uint8_t small[20];
    EXPECT_EQ(agent_report(&agent, 20000, small, sizeof small), 0);
    EXPECT_EQ(report(20000).sequence, 4); /* a report that did not fit took no number */
}

static void a_frozen_device_still_measures_its_last_layer(void) {
    fqt_budget_terms frozen = fixture_terms();
    frozen.training = false;
    start_with(&frozen);
    windows(12, 100);
    const fqt_training_report r = report(5000);
    EXPECT_EQ(r.samples_trained, 0);
    EXPECT_EQ(r.first_layer, 1);
    EXPECT_EQ(r.layers_count, 1);
    EXPECT_EQ(r.layers[0].grad_samples, 12);
    EXPECT_EQ(r.samples_throttled, 0);
    EXPECT_EQ(agent.energy.level_pj, agent.energy.capacity_pj);
}

static void a_bad_label_counts_nothing(void) {
    int16_t samples[FQT_WINDOW] = {0};
    start();
    EXPECT_EQ(agent_window(&agent, samples, FIXTURE_OUTPUTS, 10), FQT_BAD_SAMPLE);
    EXPECT_EQ(report(5000).samples_seen, 0);
}

/* The claim on the report's size, with counters as large as after 10 million windows. */
static void reports_are_small(void) {
    uint8_t out[FQT_TRAINING_REPORT_BYTES_MAX];
    start();
    windows(400, 10);
    const size_t young = agent_report(&agent, 5000, out, sizeof out);
    struct fqt_counters *c = &agent.learner.counters;
    uint64_t *sums[] = {&c->samples,     &c->labelled,           &c->correct,
                        &c->trained,     &c->loss_sum_q12,       &c->loss_sq_sum_q24,
                        &c->mac_forward, &c->confidence_sum_q15, &c->confidence_sq_sum_q30,
                        &c->input.n,     &c->input.sq_sum,       &c->mac_backward};
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        *sums[i] *= 25000;
    }
    for (int i = 0; i < 2; i++) {
        struct fqt_layer_counters *l = &c->layer[i];
        uint64_t *layer_sums[] = {&l->gradient_samples,
                                  &l->gradient_sq_sum_q24,
                                  &l->step_gradient_sq_sum_q24,
                                  &l->update_sq_sum_q24,
                                  &l->codes_changed,
                                  &l->codes_visited,
                                  &l->structures_updated,
                                  &l->structures_offered,
                                  &l->x_saturated,
                                  &l->x_codes,
                                  &l->e_saturated,
                                  &l->e_codes,
                                  &l->w_saturated};
        for (size_t k = 0; k < sizeof layer_sums / sizeof layer_sums[0]; k++) {
            *layer_sums[k] *= 25000;
        }
    }
    const size_t old = agent_report(&agent, 5000000000, out, sizeof out);
    fqt_training_report report;
    EXPECT_EQ(fqt_training_report_decode(out, old, &report), FQT_WIRE_OK);
    report.layers[2] = report.layers[0];
    report.layers[3] = report.layers[0];
    report.layers_count = 4;
    size_t four;
    EXPECT_EQ(fqt_training_report_encode(&report, out, sizeof out, &four), FQT_WIRE_OK);
    printf("report of 2 layers: %zu bytes after 400 windows, %zu after 10 million; of 4: %zu\n",
           young, old, four);
    EXPECT(young <= 200 && old <= 280 && four <= 460, "%zu, %zu, %zu bytes", young, old, four);
}

/* ---- budgets ---- */

static void budgets_are_applied_repeated_and_refused_as_replay(void) {
    start();
    fqt_update_budget budget = fixture_budget(7);
    budget.terms.training = false;
    budget.terms.report_interval_ms = 700;
    fqt_budget_ack ack = send(&budget, 1000);
    EXPECT_EQ(ack.outcome, FQT_ACK_OUTCOME_APPLIED);
    EXPECT_EQ(ack.answered_version, 7);
    EXPECT_EQ(ack.version_in_force, 7);
    EXPECT_EQ(ack.terms_in_force.report_interval_ms, 700);
    EXPECT_EQ(ack.uptime_ms, 1000);
    EXPECT(agent_report_due(&agent, 1700), "the new interval holds at once");
    EXPECT_EQ(send(&budget, 1100).outcome, FQT_ACK_OUTCOME_REPEATED);
    budget = fixture_budget(6);
    ack = send(&budget, 1200);
    EXPECT_EQ(ack.outcome, FQT_ACK_OUTCOME_REFUSED);
    EXPECT_EQ(ack.refusal, FQT_REFUSAL_REASON_REPLAYED);
    EXPECT_EQ(ack.version_in_force, 7);
    EXPECT(!ack.terms_in_force.training, "state kept");
    EXPECT_EQ(report(2000).learnt_time_ms, 1790000001000);
}

static void damaged_budgets_are_refused_byte_by_byte(void) {
    uint8_t payload[256];
    uint8_t damaged[256];
    start();
    const fqt_update_budget budget = fixture_budget(7);
    const size_t length =
        fixture_sign(agent_topic(&agent, AGENT_TOPIC_BUDGET), &budget, payload, sizeof payload);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        memcpy(damaged, payload, length);
        damaged[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        const fqt_budget_ack ack = receive(damaged, length, 10);
        EXPECT(ack.outcome == FQT_ACK_OUTCOME_REFUSED && ack.answered_version == 0,
               "bit %zu flipped: outcome %d", bit, ack.outcome);
    }
    for (size_t cut = 0; cut < length; cut++) {
        EXPECT(receive(payload, cut, 10).outcome == FQT_ACK_OUTCOME_REFUSED, "cut to %zu", cut);
    }
    EXPECT_EQ(agent.duty.highest_version, 0);
    EXPECT_EQ(receive(payload, length, 10).outcome, FQT_ACK_OUTCOME_APPLIED);
}

/* Signed with the right key, and still no budget: every body is cut and damaged behind a valid tag.
 */
static void signed_nonsense_is_refused(void) {
    uint8_t body[FQT_UPDATE_BUDGET_BYTES_MAX];
    uint8_t payload[256];
    const char *topic;
    size_t length;
    start();
    topic = agent_topic(&agent, AGENT_TOPIC_BUDGET);
    const fqt_update_budget budget = fixture_budget(7);
    EXPECT_EQ(fqt_update_budget_encode(&budget, body, sizeof body, &length), FQT_WIRE_OK);
    for (size_t cut = 0; cut < length; cut++) {
        const size_t n = fixture_sign_bytes(topic, body, cut, FIXTURE_KEY_ID, payload);
        EXPECT(receive(payload, n, 10).refusal == FQT_REFUSAL_REASON_BAD_FORMAT, "cut %zu", cut);
    }
    for (unsigned seed = 1; seed <= EXPECT_ROUNDS(3000); seed++) {
        unsigned random = seed * 2654435761u;
        uint8_t noisy[FQT_UPDATE_BUDGET_BYTES_MAX];
        memcpy(noisy, body, length);
        for (unsigned i = 0; i <= expect_random(&random) % 4; i++) {
            noisy[10 + expect_random(&random) % (length - 10)] = (uint8_t)expect_random(&random);
        }
        const size_t n = fixture_sign_bytes(topic, noisy, length, FIXTURE_KEY_ID, payload);
        (void)receive(payload, n, 10);
        EXPECT(terms_bad_field(&agent.duty.terms) == NULL, "seed %u: %s is in force out of range",
               seed, terms_bad_field(&agent.duty.terms));
    }
}

static void unknown_keys_schemas_and_devices_are_told_apart(void) {
    uint8_t body[FQT_UPDATE_BUDGET_BYTES_MAX];
    uint8_t payload[256];
    size_t length;
    start();
    const char *topic = agent_topic(&agent, AGENT_TOPIC_BUDGET);
    fqt_update_budget budget = fixture_budget(7);
    (void)fqt_update_budget_encode(&budget, body, sizeof body, &length);
    size_t n = fixture_sign_bytes(topic, body, length, FIXTURE_KEY_ID + 1, payload);
    EXPECT_EQ(receive(payload, n, 10).refusal, FQT_REFUSAL_REASON_UNKNOWN_KEY);
    body[5] ^= 1;
    n = fixture_sign_bytes(topic, body, length, FIXTURE_KEY_ID, payload);
    EXPECT_EQ(receive(payload, n, 10).refusal, FQT_REFUSAL_REASON_UNKNOWN_SCHEMA);
    memcpy(budget.device, "press-08", 9);
    const fqt_budget_ack ack = send(&budget, 10);
    EXPECT_EQ(ack.refusal, FQT_REFUSAL_REASON_WRONG_DEVICE);
    EXPECT(strcmp(ack.field, "device") == 0, "field '%s'", ack.field);
    uint8_t out[FQT_BUDGET_ACK_BYTES_MAX];
    fqt_budget_ack oversize;
    const size_t oversize_length = agent_budget_oversize(&agent, 10, out, sizeof out);
    EXPECT_EQ(fqt_budget_ack_decode(out, oversize_length, &oversize), FQT_WIRE_OK);
    EXPECT_EQ(oversize.refusal, FQT_REFUSAL_REASON_OVERSIZE);
}

static void a_layer_that_is_not_there_is_refused(void) {
    start();
    const fqt_budget_terms before = agent.duty.terms;
    fqt_update_budget budget = fixture_budget(7);
    budget.terms.first_trainable_layer = 2; /* the model has layers 0 and 1 */
    const fqt_budget_ack ack = send(&budget, 10);
    EXPECT_EQ(ack.refusal, FQT_REFUSAL_REASON_OUT_OF_RANGE);
    EXPECT(strcmp(ack.field, "firstTrainableLayer") == 0, "field '%s'", ack.field);
    EXPECT(memcmp(&before, &agent.duty.terms, sizeof before) == 0, "the terms in force changed");
    budget.terms.first_trainable_layer = 15;
    applies(&budget, 20);
    EXPECT_EQ(agent.learner.config.first_trainable_layer, 1);
}

static void a_budget_ends_and_does_not_start_again(void) {
    start();
    fqt_update_budget budget = fixture_budget(1);
    budget.time_to_live_s = 10;
    applies(&budget, 1000);
    windows(3, 10999);
    EXPECT_EQ(report(10999).samples_trained, 3);
    windows(3, 11000);
    EXPECT_EQ(report(11000).samples_trained, 3);
    EXPECT_EQ(send(&budget, 12000).outcome, FQT_ACK_OUTCOME_REPEATED);
    windows(3, 12000);
    EXPECT_EQ(report(13000).samples_trained, 3);
    budget = fixture_budget(2);
    budget.time_to_live_s = 1;
    budget.terms.report_interval_ms = 100;
    budget.on_expiry = FQT_EXPIRY_ACTION_FACTORY;
    applies(&budget, 13000);
    EXPECT_EQ(report(13500).budget_version, 2);
    const fqt_training_report after = report(14000);
    EXPECT_EQ(after.budget_version, 0);
    EXPECT_EQ(agent.duty.terms.report_interval_ms, 5000);
    EXPECT_EQ(agent.duty.highest_version, 2);
}

static void a_budget_whose_store_fails_is_refused(void) {
    start();
    windows(16, 100);
    const uint64_t hash = agent_weights_hash(&agent);
    fqt_update_budget budget = fixture_budget(3);
    budget.weights = FQT_WEIGHTS_ACTION_FACTORY;
    store.failing = true;
    const fqt_budget_ack ack = send(&budget, 200);
    EXPECT_EQ(ack.outcome, FQT_ACK_OUTCOME_REFUSED);
    EXPECT_EQ(ack.refusal, FQT_REFUSAL_REASON_STORE_FAILED);
    EXPECT_EQ(ack.version_in_force, 0);
    EXPECT_EQ(agent_weights_hash(&agent), hash);
    store.failing = false;
    applies(&budget, 300);
    EXPECT(agent_weights_hash(&agent) != hash, "the weights are the factory's");
}

static void a_cut_right_after_the_acknowledgement_loses_nothing(void) {
    start();
    fqt_update_budget budget = fixture_budget(5);
    budget.terms.training = false;
    applies(&budget, 100);
    EXPECT_EQ(boot(0), PAGE_OK);
    EXPECT_EQ(agent.duty.version, 5);
    EXPECT(!agent.duty.terms.training, "terms");
    budget.version = 4;
    EXPECT_EQ(send(&budget, 10).refusal, FQT_REFUSAL_REASON_REPLAYED);
}

/* ---- energy ---- */

static void an_empty_bucket_stops_training_and_time_fills_it(void) {
    fqt_budget_terms terms = fixture_terms();
    terms.energy_capacity_milli_joule = 1;
    terms.energy_refill_milli_joule_per_hour = 1;
    start_with(&terms);
    windows(8000, 0);
    const fqt_training_report r = report(5000);
    EXPECT(r.samples_trained > 100 && r.samples_trained < 7990, "%lld trained",
           (long long)r.samples_trained);
    EXPECT_EQ(r.samples_trained + r.samples_throttled, 8000);
    EXPECT(agent.energy.level_pj >= 0, "the bucket is overdrawn");
    EXPECT_EQ(agent.learner.counters.updates * 8, r.samples_trained); /* no batch was cut short */
    EXPECT(r.macs_backward * 900 <= 1000000000 + 5 * 278000, "more was spent than there was");
    windows(200, 1800000); /* half an hour later: half a bucket */
    const fqt_training_report later = report(1800000);
    EXPECT(later.samples_trained > r.samples_trained, "the bucket has been filled");
    EXPECT(later.macs_backward * 900 <= 1500000000 + 278000, "more was spent than came in");
}

static void a_bucket_of_nothing_trains_nothing(void) {
    fqt_budget_terms terms = fixture_terms();
    terms.energy_capacity_milli_joule = 0;
    terms.energy_refill_milli_joule_per_hour = 1000000;
    start_with(&terms);
    windows(50, 3600000);
    EXPECT_EQ(report(3600000).samples_trained, 0);
}

static void refills_lose_nothing_to_rounding(void) {
    struct energy energy;
    energy_init(&energy, "mps2-an386", 1000, 7, 0);
    energy.level_pj = 0;
    for (uint64_t ms = 1; ms <= 3600000; ms++) {
        energy_refill(&energy, ms);
    }
    EXPECT_EQ(energy.level_pj, 7000000000);
    energy_resize(&energy, 1000, 7, 3600000);
    EXPECT_EQ(energy.level_pj, 7000000000); /* the same size gives nothing away */
    energy_resize(&energy, 1500, 7, 3600000);
    EXPECT_EQ(energy.level_pj, 507000000000);
    energy_resize(&energy, 100, 7, 3600000);
    EXPECT_EQ(energy.level_pj, 100000000000);
}

static void every_nth_sample_is_trained_on(void) {
    start();
    fqt_update_budget budget = fixture_budget(1);
    budget.terms.train_every_nth = 4;
    applies(&budget, 0);
    windows(80, 100);
    EXPECT_EQ(report(5000).samples_trained, 20);
}

static void without_labels_only_sure_samples_are_trained_on(void) {
    int16_t samples[FQT_WINDOW];
    start();
    windows(300, 0);
    fqt_update_budget budget = fixture_budget(1);
    applies(&budget, 10);
    const int64_t before = report(5000).samples_trained;
    for (unsigned i = 0; i < 40; i++) {
        (void)fixture_window(i, samples);
        EXPECT_EQ(agent_window(&agent, samples, FQT_NO_LABEL, 20), FQT_OK);
    }
    EXPECT_EQ(report(10000).samples_trained, before);
    budget = fixture_budget(2);
    budget.terms.pseudo_label_permille = 500;
    applies(&budget, 30);
    for (unsigned i = 0; i < 40; i++) {
        (void)fixture_window(i, samples);
        EXPECT_EQ(agent_window(&agent, samples, FQT_NO_LABEL, 40), FQT_OK);
    }
    const fqt_training_report r = report(15000);
    EXPECT(r.samples_trained > before + 20, "%lld", (long long)(r.samples_trained - before));
    EXPECT_EQ(r.samples_labelled, 300);
}

/* ---- weights and power cuts ---- */

static void last_good_weights_come_back(void) {
    start();
    windows(64, 0);
    const uint64_t good = agent_weights_hash(&agent);
    fqt_update_budget budget = fixture_budget(1);
    budget.reason = FQT_REASON_CODE_DOMAIN_DRIFT;
    applies(&budget, 100);
    windows(64, 200);
    budget.version = 2; /* more drift: no good weights to remember now */
    applies(&budget, 300);
    windows(64, 400);
    EXPECT(agent_weights_hash(&agent) != good, "training moved the weights");
    budget.version = 3;
    budget.weights = FQT_WEIGHTS_ACTION_LAST_GOOD;
    budget.reason = FQT_REASON_CODE_ROLLBACK;
    applies(&budget, 500);
    EXPECT_EQ(agent_weights_hash(&agent), good);
    windows(16, 600);
    EXPECT_EQ(send(&budget, 700).outcome, FQT_ACK_OUTCOME_REPEATED);
    EXPECT(agent_weights_hash(&agent) != good, "a repeated budget acted again");
}

static void a_reboot_keeps_budget_weights_and_energy(void) {
    start();
    windows(64, 0);
    fqt_update_budget budget = fixture_budget(9);
    budget.time_to_live_s = 3600;
    budget.terms.energy_capacity_milli_joule = 2000;
    applies(&budget, 1000);
    windows(64, 2000);
    agent_step(&agent, AGENT_CHECKPOINT_MS + 1);
    const uint64_t hash = agent_weights_hash(&agent);
    const int64_t level_pj = agent.energy.level_pj;
    EXPECT_EQ(boot(0), PAGE_OK);
    EXPECT_EQ(agent.boot_counter, 2);
    EXPECT_EQ(agent_weights_hash(&agent), hash);
    EXPECT_EQ(agent.energy.level_pj, level_pj);
    EXPECT_EQ(agent.duty.version, 9);
    EXPECT_EQ(agent.duty.expires_at_ms, 1000 + 3600000 - AGENT_CHECKPOINT_MS - 1);
    EXPECT_EQ(send(&budget, 10).outcome, FQT_ACK_OUTCOME_REPEATED);
    EXPECT_EQ(report(20).samples_seen, 0);
    /* other factory weights: the learnt ones belong to another model */
    model_length = fixture_model_page(model, 12);
    EXPECT_EQ(boot(0), PAGE_OK);
    EXPECT(agent_weights_hash(&agent) != hash, "weights of another model were taken");
    EXPECT_EQ(agent.duty.version, 9);
}

static void factory_weights_come_back_and_survive_a_cut(bool trained_page) {
    start();
    if (trained_page) {
        windows(64, 0);
        model_length = agent_export_model(&agent, model, sizeof model);
        memset(&store, 0, sizeof store);
        EXPECT_EQ(boot(0), PAGE_OK);
    }
    const uint64_t factory = agent_weights_hash(&agent);
    windows(64, 0);
    agent_step(&agent, AGENT_CHECKPOINT_MS);
    EXPECT(agent_weights_hash(&agent) != factory, "learnt");
    fqt_update_budget budget = fixture_budget(1);
    budget.weights = FQT_WEIGHTS_ACTION_FACTORY;
    applies(&budget, AGENT_CHECKPOINT_MS + 1);
    EXPECT_EQ(agent_weights_hash(&agent), factory);
    EXPECT_EQ(report(AGENT_CHECKPOINT_MS + 2).samples_seen, 64);
    EXPECT_EQ(boot(0), PAGE_OK);
    EXPECT_EQ(agent_weights_hash(&agent), factory);
}

/* ---- pages ---- */

static void every_damaged_page_is_refused(void) {
    start();
    for (size_t bit = 0; bit < 8 * provisioning_length; bit++) {
        provisioning[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        EXPECT(boot(0) != PAGE_OK, "bit %zu of the provisioning page", bit);
        provisioning[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t bit = 0; bit < 8 * model_length; bit++) {
        model[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        EXPECT(boot(0) != PAGE_OK, "bit %zu of the model page", bit);
        model[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t cut = 0; cut < model_length; cut++) {
        struct provisioning who;
        EXPECT(provisioning_read(provisioning, cut, &who) != PAGE_OK, "cut to %zu", cut);
        EXPECT(model_init(&agent.learner, &agent.model, fixture_arena(), model, cut, 1) != PAGE_OK,
               "cut to %zu", cut);
    }
    EXPECT_EQ(boot(0), PAGE_OK);
}

/* The checksum is right and the content is not: whatever is accepted is in range, and nothing is
 * read outside of the page. */
static void damage_behind_a_right_checksum_is_survived(void) {
    static _Alignas(4) uint8_t page[FIXTURE_MODEL_PAGE_MAX];
    static _Alignas(4) uint8_t trained[FIXTURE_MODEL_PAGE_MAX];
    unsigned refused = 0;
    start();
    windows(32, 0);
    const size_t length = agent_export_model(&agent, trained, sizeof trained);
    for (unsigned seed = 1; seed <= EXPECT_ROUNDS(4000); seed++) {
        unsigned random = seed * 2654435761u;
        const unsigned changes = 1 + expect_random(&random) % 3;
        const size_t reach = seed % 2 ? 120 : length - 16; /* headers and numbers, or anything */
        memcpy(page, trained, length);
        for (unsigned i = 0; i < changes; i++) {
            page[16 + expect_random(&random) % reach] = (uint8_t)expect_random(&random);
        }
        page[7] = seed % 16 == 0 ? (uint8_t)expect_random(&random) : page[7];
        le_store_u32(page + 12, crc32_ieee(0, page + 16, length - 16));
        if (model_init(&agent.learner, &agent.model, fixture_arena(), page, length, seed) ==
            PAGE_OK) {
            windows(2, 0);
        } else {
            refused++;
        }
    }
    EXPECT(refused > EXPECT_ROUNDS(500) && refused < EXPECT_ROUNDS(3500), "%u of %u refused",
           refused, EXPECT_ROUNDS(4000));
    start();
    for (unsigned seed = 1; seed <= EXPECT_ROUNDS(4000); seed++) {
        unsigned random = seed * 2654435761u;
        struct provisioning who = {.factory_terms = fixture_terms()};
        memcpy(page, provisioning, provisioning_length);
        page[12 + expect_random(&random) % (provisioning_length - 12)] =
            (uint8_t)expect_random(&random);
        le_store_u32(page + 8, crc32_ieee(0, page + 12, provisioning_length - 12));
        (void)provisioning_read(page, provisioning_length, &who);
        EXPECT(terms_bad_field(&who.factory_terms) == NULL && who.attributes_count <= 4 &&
                   memchr(who.device, 0, sizeof who.device) != NULL,
               "seed %u", seed);
    }
}

int main(void) {
    topics_carry_the_shard();
    reports_are_cumulative_and_numbered();
    a_frozen_device_still_measures_its_last_layer();
    a_bad_label_counts_nothing();
    reports_are_small();
    budgets_are_applied_repeated_and_refused_as_replay();
    damaged_budgets_are_refused_byte_by_byte();
    signed_nonsense_is_refused();
    unknown_keys_schemas_and_devices_are_told_apart();
    a_layer_that_is_not_there_is_refused();
    a_budget_ends_and_does_not_start_again();
    a_budget_whose_store_fails_is_refused();
    a_cut_right_after_the_acknowledgement_loses_nothing();
    an_empty_bucket_stops_training_and_time_fills_it();
    a_bucket_of_nothing_trains_nothing();
    refills_lose_nothing_to_rounding();
    every_nth_sample_is_trained_on();
    without_labels_only_sure_samples_are_trained_on();
    last_good_weights_come_back();
    a_reboot_keeps_budget_weights_and_energy();
    factory_weights_come_back_and_survive_a_cut(false);
    factory_weights_come_back_and_survive_a_cut(true);
    every_damaged_page_is_refused();
    damage_behind_a_right_checksum_is_survived();
    return expect_summary("agent");
}

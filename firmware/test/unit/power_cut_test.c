/*
 * What a device remembers: boot counter, budget and weights, each the old or the new one after a
 * power cut at every step of every write, and never a mixture. And what remembering wears.
 */
#include "app/flash_store.h"
#include "test/unit/agent_fixture.h"
#include "test/unit/expect.h"
#include "test/unit/flash_model.h"

#define STATE_AREA   1024u  /* 4 places, so that areas change often */
#define WEIGHTS_AREA 10240u /* 3 places */
#define DAY_MS       86400000u
#ifdef EXPECT_ON_TARGET
#define EXPECT_STRIDE 61u
#else
#define EXPECT_STRIDE 3u
#endif

static struct flash_power power;
static struct flash_model models[AGENT_RECORDS];
static struct flash_store flash_store;
static struct agent agent;
static uint8_t provisioning[PROVISIONING_PAGE_MAX];
static _Alignas(4) uint8_t model_page[FIXTURE_MODEL_PAGE_MAX];
static size_t provisioning_length, model_length;
static unsigned next_window;

/* What was on the flash and in RAM before the operation that is cut. */
static struct {
    struct agent agent;
    struct flash_store flash_store;
    uint8_t arena[FIXTURE_ARENA_BYTES];
    uint8_t bytes[AGENT_RECORDS][STORE_AREAS][WEIGHTS_AREA];
} before;

static void new_flash(uint32_t state_area, uint32_t weights_area) {
    for (unsigned i = 0; i < AGENT_RECORDS; i++) {
        EXPECT_EQ(models[i].mistakes, 0);
        flash_model_new(&models[i], &power, i == AGENT_STATE ? state_area : weights_area);
    }
}

static enum page_status boot(void) {
    struct flash flash[AGENT_RECORDS];
    const char *bad_page;
    for (unsigned i = 0; i < AGENT_RECORDS; i++) {
        flash[i] = flash_model_flash(&models[i]);
    }
    const struct model model = fixture_model();
    const struct agent_setup setup = {
        .provisioning_page = provisioning,
        .provisioning_length = provisioning_length,
        .model = model,
        .arena = fixture_arena(),
        .model_page = model_page,
        .model_length = model_length,
        .boot_nonce = 5,
        .store = flash_store_open(&flash_store, flash, &model),
    };
    return agent_init(&agent, &setup, &bad_page);
}

static void windows(unsigned count, uint64_t now_ms) {
    int16_t samples[FQT_WINDOW];
    for (unsigned i = 0; i < count; i++) {
        const int label = fixture_window(next_window++, samples);
        EXPECT_EQ(agent_window(&agent, samples, label, now_ms), FQT_OK);
    }
}

static fqt_ack_outcome obeys(int64_t version, uint64_t now_ms) {
    uint8_t payload[256];
    uint8_t out[FQT_BUDGET_ACK_BYTES_MAX];
    fqt_budget_ack ack = {.outcome = FQT_ACK_OUTCOME_REFUSED};
    const char *topic = agent_topic(&agent, AGENT_TOPIC_BUDGET);
    const fqt_update_budget budget = fixture_budget(version);
    const size_t length = fixture_sign(topic, &budget, payload, sizeof payload);
    const size_t ack_length =
        agent_budget(&agent, topic, strlen(topic), payload, length, now_ms, out, sizeof out);
    EXPECT_EQ(fqt_budget_ack_decode(out, ack_length, &ack), FQT_WIRE_OK);
    return ack.outcome;
}

/* A device that has been used: booted `boots` times, budget 1, weights saved once. */
static void used_device(unsigned boots) {
    fqt_budget_terms terms = fixture_terms();
    terms.batch_size = 4;
    provisioning_length = fixture_provisioning_page(provisioning, &terms);
    model_length = fixture_model_page(model_page, 11);
    next_window = 0;
    new_flash(STATE_AREA, WEIGHTS_AREA);
    for (unsigned i = 0; i < boots; i++) {
        EXPECT_EQ(boot(), PAGE_OK);
        windows(8, 10);
        EXPECT_EQ(obeys(1, 20), i == 0 ? FQT_ACK_OUTCOME_APPLIED : FQT_ACK_OUTCOME_REPEATED);
        agent_step(&agent, AGENT_CHECKPOINT_MS);
    }
    windows(8, AGENT_CHECKPOINT_MS + 1);
}

static void remember(void) {
    before.agent = agent;
    before.flash_store = flash_store;
    memcpy(before.arena, fixture_arena(), sizeof before.arena);
    for (unsigned r = 0; r < AGENT_RECORDS; r++) {
        for (unsigned area = 0; area < STORE_AREAS; area++) {
            memcpy(before.bytes[r][area], models[r].bytes[area], models[r].area_bytes);
        }
    }
}

static void go_back(void) {
    agent = before.agent;
    flash_store = before.flash_store;
    memcpy(fixture_arena(), before.arena, sizeof before.arena);
    for (unsigned r = 0; r < AGENT_RECORDS; r++) {
        for (unsigned area = 0; area < STORE_AREAS; area++) {
            memcpy(models[r].bytes[area], before.bytes[r][area], models[r].area_bytes);
        }
    }
}

/* Returns whether the device called the operation done. */
typedef bool operation(void);

static bool a_budget(void) {
    return obeys(2, AGENT_CHECKPOINT_MS + 2) == FQT_ACK_OUTCOME_APPLIED;
}

static bool a_checkpoint(void) {
    agent_step(&agent, 3 * AGENT_CHECKPOINT_MS);
    return false;
}

static bool a_boot(void) {
    return boot() == PAGE_OK && false;
}

static unsigned erases_of_all(void) {
    unsigned sum = 0;
    for (unsigned r = 0; r < AGENT_RECORDS; r++) {
        sum += models[r].erases[0] + models[r].erases[1];
    }
    return sum;
}

/* The step to cut at moves by one over the first 64, then by stride: a payload's bytes are alike.
 */
static void cut_everywhere(const char *what, unsigned boots, operation *work, unsigned stride,
                           bool erases) {
    used_device(boots);
    const uint32_t counter = agent.boot_counter;
    const uint64_t learnt = agent_weights_hash(&agent);
    remember();
    EXPECT_EQ(boot(), PAGE_OK);
    const uint64_t stored = agent_weights_hash(&agent); /* the weights that the flash holds */
    go_back();
    flash_power_on(&power, -1);
    const unsigned erased = erases_of_all();
    (void)work();
    const unsigned long steps = power.steps;
    EXPECT(erases_of_all() > erased || !erases, "%s erases nothing", what);
    EXPECT(steps > 90, "%s: only %lu steps", what, steps);
    for (unsigned long cut = 0; cut <= steps; cut += cut < 64 ? 1 : stride) {
        go_back();
        flash_power_on(&power, (long)cut);
        const bool done = work();
        flash_power_on(&power, -1);
        EXPECT_EQ(boot(), PAGE_OK);
        const int64_t version = agent.duty.version;
        const uint64_t hash = agent_weights_hash(&agent);
        EXPECT(agent.boot_counter > counter && agent.boot_counter <= counter + 2,
               "%s cut at step %lu: boot counter %lu", what, cut,
               (unsigned long)agent.boot_counter);
        EXPECT(version == 2 || (version == 1 && !done), "%s cut at step %lu: budget %lld", what,
               cut, (long long)version);
        EXPECT(hash == stored || hash == learnt, "%s cut at step %lu: other weights", what, cut);
        EXPECT(obeys(3, 5) == FQT_ACK_OUTCOME_APPLIED, "%s cut at step %lu: no budget after it",
               what, cut);
    }
}

static void an_erased_store_is_a_new_device(void) {
    used_device(3);
    new_flash(STATE_AREA, WEIGHTS_AREA);
    EXPECT_EQ(boot(), PAGE_OK);
    EXPECT_EQ(agent.boot_counter, 1);
    EXPECT_EQ(agent.duty.version, 0);
    const uint64_t factory = agent_weights_hash(&agent);
    windows(8, 10);
    EXPECT(agent_weights_hash(&agent) != factory, "it learns");
}

/* A supply that sags while budgets come: what was called applied is there after the boot. */
static void a_brown_out_costs_answers_not_budgets(void) {
    unsigned refused = 0;
    used_device(1);
    int64_t applied = 1;
    for (int64_t version = 2; version < 200; version++) {
        power.brown_out_every = version % 3 == 0 ? 0 : 80;
        if (obeys(version, AGENT_CHECKPOINT_MS + 100) == FQT_ACK_OUTCOME_APPLIED) {
            applied = version;
        } else {
            refused++;
        }
        power.brown_out_every = 0;
        EXPECT_EQ(boot(), PAGE_OK);
        EXPECT_EQ(agent.duty.version, applied);
    }
    EXPECT(refused > 10 && applied > 190, "%u refused, the last one applied is %lld", refused,
           (long long)applied);
}

/* A flash that does not work at all: the device learns and reports, and refuses budgets. */
static void a_broken_flash_is_survived(void) {
    used_device(1);
    flash_power_on(&power, 0);
    EXPECT(obeys(2, AGENT_CHECKPOINT_MS + 100) != FQT_ACK_OUTCOME_APPLIED, "applied on no flash");
    EXPECT_EQ(boot(), PAGE_OK);
    EXPECT_EQ(agent.duty.version, 1);
    windows(8, 10);
    agent_step(&agent, AGENT_CHECKPOINT_MS);
}

/* Days of training without a pause: the erases of each area, and the years until it is worn out. */
static void wears_as_stated(uint32_t state_area, uint32_t weights_area, unsigned years_min) {
    const unsigned days = EXPECT_ROUNDS(10u);
    const unsigned checkpoints = days * (DAY_MS / AGENT_CHECKPOINT_MS);
    fqt_budget_terms terms = fixture_terms();
    terms.batch_size = 1;
    terms.energy_capacity_milli_joule = 1000000;
    provisioning_length = fixture_provisioning_page(provisioning, &terms);
    model_length = fixture_model_page(model_page, 11);
    new_flash(state_area, weights_area);
    EXPECT_EQ(boot(), PAGE_OK);
    for (unsigned i = 1; i <= checkpoints; i++) {
        windows(1, (uint64_t)i * AGENT_CHECKPOINT_MS - 1);
        agent_step(&agent, (uint64_t)i * AGENT_CHECKPOINT_MS);
    }
    EXPECT(agent.learner.counters.updates > checkpoints / 2, "it hardly trained");
    unsigned worst = 1;
    for (unsigned r = 0; r < AGENT_RECORDS; r++) {
        const uint32_t place = flash_store.store[r].place_bytes;
        const unsigned saves_per_erase = models[r].area_bytes / place * STORE_AREAS;
        const unsigned most = (checkpoints + 2u) / saves_per_erase + 1u;
        for (unsigned area = 0; area < STORE_AREAS; area++) {
            EXPECT(models[r].erases[area] <= most, "record %u area %u: %u erases", r, area,
                   models[r].erases[area]);
            worst = models[r].erases[area] > worst ? models[r].erases[area] : worst;
        }
    }
    const unsigned years = FLASH_ERASES_RATED * days / worst / 365u;
    EXPECT(years >= years_min, "worn out after %u years", years);
#ifndef EXPECT_ON_TARGET
    printf("wear: areas of %lu and %lu bytes: %u erases in %u days, %u years\n",
           (unsigned long)state_area, (unsigned long)weights_area, worst, days, years);
#endif
}

int main(void) {
    cut_everywhere("a budget", 2, a_budget, 1, false);
    cut_everywhere("a boot", 3, a_boot, 1, false);
    cut_everywhere("a checkpoint", 2, a_checkpoint, EXPECT_STRIDE, false);
    cut_everywhere("a checkpoint that erases", 3, a_checkpoint, EXPECT_STRIDE, true);
    an_erased_store_is_a_new_device();
    a_brown_out_costs_answers_not_budgets();
    a_broken_flash_is_survived();
    wears_as_stated(FLASH_STATE_AREA_BYTES, FLASH_WEIGHTS_AREA_BYTES, 5);
    return expect_summary("power cut");
}

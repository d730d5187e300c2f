/* Pages, signed budgets and a store in memory for tests of the agent and of the whole device. */
#ifndef FQT_TEST_AGENT_FIXTURE_H
#define FQT_TEST_AGENT_FIXTURE_H

#include "app/agent.h"

#define FIXTURE_DEVICE  "press-07"
#define FIXTURE_KEY_ID  3
#define FIXTURE_CLASSES 4
#define FIXTURE_OUTPUTS 10

#define FIXTURE_MODEL_PAGE_MAX 4096u
#define FIXTURE_ARENA_BYTES    24576u

/* Lengths of the pages written; model: the shipped bearing-mlp, untrained, of which the windows
 * below use the first classes. */
size_t fixture_provisioning_page(uint8_t out[PROVISIONING_PAGE_MAX], const fqt_budget_terms *terms);
size_t fixture_model_page(uint8_t out[FIXTURE_MODEL_PAGE_MAX], uint64_t seed);

/* That model, and the one arena that its learners share: one at a time. */
struct model fixture_model(void);
void *fixture_arena(void);

/* Training on, lambda 100..500, batch 8, bucket 1000 mJ + 1000 mJ/h, a report every 5 s. */
fqt_budget_terms fixture_terms(void);
fqt_update_budget fixture_budget(int64_t version);

/* Signs as the gateway does; returns the payload's length. */
size_t fixture_sign(const char *topic, const fqt_update_budget *budget, uint8_t *out, size_t cap);
size_t fixture_sign_bytes(const char *topic, const uint8_t *body, size_t length, uint8_t key_id,
                          uint8_t *out);

/* Tones that differ by class, in noise; the same for the same number. */
int fixture_window(unsigned number, int16_t samples[FQT_WINDOW]);

struct memory_store {
    uint8_t bytes[AGENT_RECORDS][8 + FIXTURE_MODEL_PAGE_MAX];
    size_t length[AGENT_RECORDS];
    unsigned saves[AGENT_RECORDS];
    bool failing; /* saves fail and keep what was there */
};
struct agent_store memory_store(struct memory_store *store);

#endif

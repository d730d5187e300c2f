#include "test/fuzz/fuzz_agent.h"

#include <string.h>

#include "test/fuzz/fuzz.h"

#define NOW_MS 1000u

struct agent fuzz_agent;
static struct memory_store store;
static uint8_t provisioning[PROVISIONING_PAGE_MAX];
static uint8_t fixture_model[MODEL_PAGE_MAX];

enum page_status fuzz_agent_start(const uint8_t *model, size_t model_length) {
    const fqt_budget_terms terms = fixture_terms();
    const char *bad_page = NULL;
    memset(store.length, 0, sizeof store.length);
    struct agent_setup setup = {
        .provisioning_page = provisioning,
        .provisioning_length = fixture_provisioning_page(provisioning, &terms),
        .model_page = model,
        .model_length = model_length,
        .boot_nonce = 5,
        .store = memory_store(&store),
    };
    if (model == NULL) {
        setup.model_page = fixture_model;
        setup.model_length = fixture_model_page(fixture_model, 11);
    }
    const enum page_status status = agent_init(&fuzz_agent, &setup, &bad_page);
    FUZZ_EXPECT(status == PAGE_OK || (bad_page != NULL && page_status_text(status)[0] != '\0'));
    return status;
}

void fuzz_agent_works(void) {
    static unsigned number;
    int16_t samples[FQT_WINDOW];
    uint8_t report[FQT_TRAINING_REPORT_BYTES_MAX];
    const int label = fixture_window(number++, samples);
    /* A model may have fewer classes than the fixture has labels. */
    const enum fqt_status status = agent_window(&fuzz_agent, samples, label, NOW_MS);
    FUZZ_EXPECT(status == FQT_OK || status == FQT_BAD_SAMPLE);
    FUZZ_EXPECT(agent_report(&fuzz_agent, NOW_MS, report, sizeof report) > 0);
}

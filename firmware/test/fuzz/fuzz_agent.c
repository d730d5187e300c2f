#include "test/fuzz/fuzz_agent.h"

#include <stdlib.h>
#include <string.h>

#include "test/fuzz/fuzz.h"

#define NOW_MS 1000u

/* Larger models are planned and then left alone. */
#define ARENA_MAX (1u << 20)

struct agent fuzz_agent;
static struct memory_store store;
static uint8_t provisioning[PROVISIONING_PAGE_MAX];
static uint8_t *own_page; /* as long as the page, so that the sanitizer sees its end */

/* As port/jni does: the page says what model to plan. False: it is refused, with a reason. */
static bool plan_model(const uint8_t *page, size_t length, struct model *model) {
    static struct fqt_model_spec spec;
    static struct fqt_plan plan;
    struct fqt_problem problem;
    char text[200];
    const enum page_status status = model_spec(page, length, &spec);
    FUZZ_EXPECT(page_status_text(status)[0] != '\0');
    if (status != PAGE_OK) {
        return false;
    }
    spec.name = "fuzzed";
    *model = (struct model){&spec, &plan};
    if (!fqt_plan(&spec, &plan, &problem)) {
        fqt_problem_text(&spec, &problem, text, sizeof text);
        FUZZ_EXPECT(text[0] != '\0');
        return false;
    }
    return plan.arena_bytes <= ARENA_MAX;
}

enum page_status fuzz_agent_start(const uint8_t *page, size_t length) {
    static _Alignas(FQT_ARENA_ALIGN) uint8_t arena[ARENA_MAX];
    const fqt_budget_terms terms = fixture_terms();
    const char *bad_page = NULL;
    struct model model;
    memset(store.length, 0, sizeof store.length);
    uint8_t fixture[FIXTURE_MODEL_PAGE_MAX];
    if (page == NULL) {
        length = fixture_model_page(fixture, 11);
        page = fixture;
    }
    free(own_page);
    own_page = malloc(length > 0 ? length : 1);
    memcpy(own_page, page, length);
    if (!plan_model(own_page, length, &model)) {
        return PAGE_OTHER_MODEL;
    }
    const struct agent_setup setup = {
        .provisioning_page = provisioning,
        .provisioning_length = fixture_provisioning_page(provisioning, &terms),
        .model = model,
        .arena = arena,
        .model_page = own_page,
        .model_length = length,
        .boot_nonce = 5,
        .store = memory_store(&store),
    };
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

/* Budgets of anyone, and of a gateway that signs anything: each is answered, and whatever is
 * applied can be worked with. The first byte: 0 as it came, else signed. */
#include <string.h>

#include "test/fuzz/fuzz.h"
#include "test/fuzz/fuzz_agent.h"

#define NOW_MS 2000u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static uint8_t payload[FUZZ_INPUT_MAX + AGENT_SIGNATURE_BYTES];
    static bool started;
    uint8_t out[FQT_BUDGET_ACK_BYTES_MAX];
    fqt_budget_ack ack;
    if (!started) {
        FUZZ_EXPECT(fuzz_agent_start(NULL, 0) == PAGE_OK);
        started = true;
    }
    if (length == 0) {
        return 0;
    }
    fuzz_agent.duty.highest_version = 0; /* every version is new */
    const char *topic = agent_topic(&fuzz_agent, AGENT_TOPIC_BUDGET);
    size_t payload_length = length - 1;
    if (bytes[0] == 0) {
        memcpy(payload, bytes + 1, payload_length);
    } else {
        payload_length = fixture_sign_bytes(topic, bytes + 1, length - 1, FIXTURE_KEY_ID, payload);
    }
    const size_t ack_length = agent_budget(&fuzz_agent, topic, strlen(topic), payload,
                                           payload_length, NOW_MS, out, sizeof out);
    FUZZ_EXPECT(fqt_budget_ack_decode(out, ack_length, &ack) == FQT_WIRE_OK);
    FUZZ_EXPECT(terms_bad_field(&fuzz_agent.duty.terms) == NULL);
    if (ack.outcome == FQT_ACK_OUTCOME_APPLIED) {
        fuzz_agent_works();
    }
    return 0;
}

size_t fuzz_seed(unsigned number, uint8_t out[FUZZ_INPUT_MAX]) {
    fqt_update_budget budget = fixture_budget(1 + number);
    size_t length = 0;
    if (number > 7) {
        return 0;
    }
    out[0] = number != 0;
    budget.terms.training = number != 1;
    budget.weights = (fqt_weights_action)(number % 3u);
    budget.time_to_live_s = number == 4 ? 60 : 0;
    budget.terms.pseudo_label_permille = number == 5 ? 800 : 0;
    budget.terms.batch_size = number == 6 ? 1 : 8;
    if (number == 0) {
        return 1 + fixture_sign("fqt/v1/down/48/" FIXTURE_DEVICE "/budget", &budget, out + 1,
                                FUZZ_INPUT_MAX - 1);
    }
    (void)fqt_update_budget_encode(&budget, out + 1, FUZZ_INPUT_MAX - 1, &length);
    return 1 + length;
}

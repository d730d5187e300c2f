/* What is accepted is written again as the same bytes; what is refused leaves the value alone. The
 * first byte chooses the record. */
#include <string.h>

#include "test/fuzz/fuzz.h"
#include "wire/generated/fqt_wire.h"

static union {
    fqt_training_report report;
    fqt_device_status status;
    fqt_budget_ack ack;
    fqt_update_budget budget;
} value, untouched;

/* Avro's varints have longer forms of the same number, so the second writing is compared. */
#define ROUND_TRIP(record, field)                                                                  \
    do {                                                                                           \
        if (record##_decode(bytes, length, &value.field) == FQT_WIRE_OK) {                         \
            FUZZ_EXPECT(record##_encode(&value.field, first, sizeof first, &first_length) ==       \
                        FQT_WIRE_OK);                                                              \
            FUZZ_EXPECT(first_length <= length);                                                   \
            FUZZ_EXPECT(record##_decode(first, first_length, &value.field) == FQT_WIRE_OK);        \
            FUZZ_EXPECT(record##_encode(&value.field, second, sizeof second, &second_length) ==    \
                        FQT_WIRE_OK);                                                              \
            FUZZ_EXPECT(first_length == second_length &&                                           \
                        memcmp(first, second, first_length) == 0);                                 \
        } else {                                                                                   \
            FUZZ_EXPECT(memcmp(&value, &untouched, sizeof value) == 0);                            \
        }                                                                                          \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    uint8_t first[FQT_TRAINING_REPORT_BYTES_MAX];
    uint8_t second[FQT_TRAINING_REPORT_BYTES_MAX];
    size_t first_length, second_length;
    if (length == 0) {
        return 0;
    }
    memset(&value, 0x5A, sizeof value);
    memset(&untouched, 0x5A, sizeof untouched);
    const unsigned record = *bytes++ % 4u;
    length--;
    switch (record) {
    case 0:
        ROUND_TRIP(fqt_training_report, report);
        break;
    case 1:
        ROUND_TRIP(fqt_device_status, status);
        break;
    case 2:
        ROUND_TRIP(fqt_budget_ack, ack);
        break;
    default:
        ROUND_TRIP(fqt_update_budget, budget);
        break;
    }
    return 0;
}

/* Records with every count and every optional field, and empty ones. */
size_t fuzz_seed(unsigned number, uint8_t out[FUZZ_INPUT_MAX]) {
    fqt_training_report report = {.device = "press-07", .boot_counter = 3};
    fqt_device_status status = {.device = "press-07", .board = "mps2-an386", .cohort = "line-a"};
    fqt_budget_ack ack = {.device = "press-07"};
    fqt_update_budget budget = {.device = "press-07", .version = 7};
    size_t length = 0;
    const unsigned more = number / 4u;
    if (more > 2) {
        return 0;
    }
    report.layers_count = more * 4u;
    report.has_instructions = more > 0;
    status.attributes_count = more * 2u;
    report.loss_sum = more > 1 ? INT64_MIN : 12345;
    out[0] = (uint8_t)number;
    switch (number % 4u) {
    case 0:
        (void)fqt_training_report_encode(&report, out + 1, FUZZ_INPUT_MAX - 1, &length);
        break;
    case 1:
        (void)fqt_device_status_encode(&status, out + 1, FUZZ_INPUT_MAX - 1, &length);
        break;
    case 2:
        (void)fqt_budget_ack_encode(&ack, out + 1, FUZZ_INPUT_MAX - 1, &length);
        break;
    default:
        (void)fqt_update_budget_encode(&budget, out + 1, FUZZ_INPUT_MAX - 1, &length);
        break;
    }
    return 1 + length;
}

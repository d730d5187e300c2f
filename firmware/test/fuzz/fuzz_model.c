/* A model page with any content, its checksum as it came and made right: refused with a reason, or
 * fit to be trained. */
#include <string.h>

#include "test/fuzz/fuzz.h"
#include "test/fuzz/fuzz_agent.h"
#include "wire/crc.h"
#include "wire/le.h"

#define CRC_AT  12u
#define BODY_AT 16u

static void boot_with(const uint8_t *page, size_t length) {
    if (fuzz_agent_start(page, length) == PAGE_OK) {
        fuzz_agent_works();
        fuzz_agent_works();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    boot_with(bytes, length);
    if (length > BODY_AT) {
        uint8_t *page = malloc(length);
        memcpy(page, bytes, length);
        size_t stated = le_load_u32(page + 8);
        stated = stated > BODY_AT && stated <= length ? stated : length;
        le_store_u32(page + CRC_AT, crc32_ieee(0, page + BODY_AT, stated - BODY_AT));
        boot_with(page, length);
        free(page);
    }
    return 0;
}

/* As untrained, and as exported after a few windows. */
size_t fuzz_seed(unsigned number, uint8_t out[FUZZ_INPUT_MAX]) {
    if (number > 2) {
        return 0;
    }
    if (number == 0) {
        return fixture_model_page(out, 11);
    }
    FUZZ_EXPECT(fuzz_agent_start(NULL, 0) == PAGE_OK);
    for (unsigned i = 0; i < number * 16u; i++) {
        fuzz_agent_works();
    }
    return agent_export_model(&fuzz_agent, out, FUZZ_INPUT_MAX);
}

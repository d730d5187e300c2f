/* A provisioning page with any content, with its checksum as it came and made right: what is
 * accepted is in range, and nothing outside of the page is read. */
#include <string.h>

#include "app/pages.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/agent_fixture.h"
#include "wire/crc.h"
#include "wire/le.h"

#define CRC_AT  8u
#define BODY_AT 12u

static void read_page(const uint8_t *page, size_t length) {
    struct provisioning who, untouched;
    memset(&who, 0x5A, sizeof who);
    memset(&untouched, 0x5A, sizeof untouched);
    const enum page_status status = provisioning_read(page, length, &who);
    FUZZ_EXPECT(page_status_text(status)[0] != '\0');
    if (status != PAGE_OK) {
        FUZZ_EXPECT(memcmp(&who, &untouched, sizeof who) == 0);
        return;
    }
    FUZZ_EXPECT(memchr(who.device, 0, sizeof who.device) != NULL && who.device[0] != '\0');
    FUZZ_EXPECT(memchr(who.cohort, 0, sizeof who.cohort) != NULL);
    FUZZ_EXPECT(memchr(who.board, 0, sizeof who.board) != NULL);
    FUZZ_EXPECT(who.attributes_count <= 4 && terms_bad_field(&who.factory_terms) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    read_page(bytes, length);
    if (length > BODY_AT) {
        uint8_t *page = malloc(length);
        memcpy(page, bytes, length);
        size_t stated = le_load_u16(page + 6);
        stated = stated > BODY_AT && stated <= length ? stated : length;
        le_store_u32(page + CRC_AT, crc32_ieee(0, page + BODY_AT, stated - BODY_AT));
        read_page(page, length);
        free(page);
    }
    return 0;
}

size_t fuzz_seed(unsigned number, uint8_t out[FUZZ_INPUT_MAX]) {
    fqt_budget_terms terms = fixture_terms();
    if (number > 1) {
        return 0;
    }
    terms.training = number == 0;
    return fixture_provisioning_page(out, &terms);
}

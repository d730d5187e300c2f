/* The sensor feed: exact bytes, loss, damage, restarts. The host's side of the protocol is written
 * here from its description. */
#include "app/sensor_link.h"
#include "test/unit/expect.h"
#include "wire/crc.h"
#include "wire/le.h"

#define CODED_MAX COBS_ENCODED_MAX(SENSOR_WINDOW_BYTES)

static size_t code_window(uint16_t sequence, int8_t label, int16_t first, uint8_t *out) {
    uint8_t frame[SENSOR_WINDOW_BYTES];
    frame[0] = SENSOR_TYPE_WINDOW;
    le_store_u16(frame + 1, sequence);
    frame[3] = (uint8_t)label;
    for (unsigned i = 0; i < FQT_WINDOW; i++) {
        le_store_u16(frame + 4 + 2 * i, (uint16_t)(first + (int)i * 3));
    }
    le_store_u16(frame + sizeof frame - 2, crc16_ccitt_false(frame, sizeof frame - 2));
    return cobs_encode(frame, sizeof frame, out, CODED_MAX);
}

static unsigned push_all(struct sensor_link *link, const uint8_t *bytes, size_t length) {
    unsigned taken = 0;
    for (size_t i = 0; i < length; i++) {
        taken += sensor_link_push(link, bytes[i]) ? 1 : 0;
    }
    return taken;
}

/* The `next` of a CREDIT, -1 when none is due. */
static int credit(struct sensor_link *link, uint64_t now_ms) {
    uint8_t coded[SENSOR_CREDIT_CODED];
    uint8_t frame[SENSOR_CREDIT_BYTES];
    struct cobs_decoder decoder;
    const size_t length = sensor_link_credit(link, now_ms, coded, sizeof coded);
    if (length == 0) {
        return -1;
    }
    cobs_decoder_init(&decoder, frame, sizeof frame);
    for (size_t i = 0; i + 1 < length; i++) {
        EXPECT_EQ(cobs_decoder_push(&decoder, coded[i]), COBS_MORE);
    }
    EXPECT_EQ(cobs_decoder_push(&decoder, coded[length - 1]), COBS_FRAME);
    EXPECT_EQ(decoder.length, SENSOR_CREDIT_BYTES);
    EXPECT_EQ(frame[0], SENSOR_TYPE_CREDIT);
    EXPECT_EQ(frame[3], SENSOR_CREDITS);
    EXPECT_EQ(crc16_ccitt_false(frame, 4), le_load_u16(frame + 4));
    return le_load_u16(frame + 1);
}

static void windows_come_in_sequence_and_are_credited(void) {
    static struct sensor_link link;
    uint8_t coded[CODED_MAX];
    sensor_link_init(&link);
    EXPECT_EQ(credit(&link, 0), 0); /* at boot */
    EXPECT_EQ(credit(&link, 999), -1);
    EXPECT_EQ(credit(&link, 1000), 0); /* every second */
    for (uint16_t i = 0; i < 5; i++) {
        const int16_t first = (int16_t)(-32768 + i);
        EXPECT_EQ(push_all(&link, coded, code_window(i, (int8_t)(i - 1), first, coded)), 1);
        EXPECT_EQ(link.label, i - 1);
        EXPECT_EQ(link.samples[0], first);
        EXPECT_EQ(link.samples[511], (int16_t)(first + 511 * 3));
        EXPECT_EQ(credit(&link, 1001), i + 1); /* after each window */
    }
    EXPECT_EQ(link.taken, 5);
}

static void what_is_not_next_is_named_again(void) {
    static struct sensor_link link;
    uint8_t coded[CODED_MAX];
    sensor_link_init(&link);
    (void)credit(&link, 0);
    EXPECT_EQ(push_all(&link, coded, code_window(1, 0, 0, coded)), 0); /* 0 was lost */
    EXPECT_EQ(credit(&link, 1), 0);
    EXPECT_EQ(push_all(&link, coded, code_window(2, 0, 0, coded)), 0);
    EXPECT_EQ(credit(&link, 2), -1); /* the burst behind a lost window is answered once */
    EXPECT_EQ(link.unwanted, 2);
    EXPECT_EQ(push_all(&link, coded, code_window(0, 0, 0, coded)), 1);
    EXPECT_EQ(push_all(&link, coded, code_window(0, 0, 0, coded)), 0); /* sent twice */
    EXPECT_EQ(credit(&link, 3), 1);
}

static void damage_is_dropped_whole(void) {
    static struct sensor_link link;
    uint8_t coded[CODED_MAX];
    sensor_link_init(&link);
    for (unsigned seed = 1; seed <= EXPECT_ROUNDS(2000); seed++) {
        unsigned random = seed * 2654435761u;
        size_t length = code_window(link.next, 1, (int16_t)seed, coded);
        const uint16_t next = link.next;
        const size_t at = expect_random(&random) % (length - 1);
        if (expect_random(&random) % 2) {
            coded[at] ^= (uint8_t)(1u << (expect_random(&random) % 8));
        } else {
            memmove(coded + at, coded + at + 1, length - at - 1);
            length--;
        }
        EXPECT(push_all(&link, coded, length) == 0, "seed %u: a damaged window was taken", seed);
        EXPECT(credit(&link, seed) == next, "seed %u: no credit after damage", seed);
        length = code_window(next, 1, (int16_t)seed, coded);
        EXPECT(push_all(&link, coded, length) == 1, "seed %u: the resent window is lost", seed);
        (void)credit(&link, seed);
    }
}

/* A host as the header describes it, on a line that loses and damages frames, with a device that
 * restarts. */
static void a_lossy_line_delivers_every_window_in_order(unsigned seed) {
    static struct sensor_link link;
    uint8_t coded[CODED_MAX];
    unsigned random = seed * 2654435761u;
    uint16_t base = 0;   /* number of the oldest window kept */
    unsigned oldest = 0; /* which window that is */
    unsigned sent = 0;   /* windows sent beyond the oldest, under the present credit */
    unsigned credits = 0;
    uint16_t last_next = 0;
    unsigned delivered = 0;
    sensor_link_init(&link);
    for (uint64_t now_ms = 0; now_ms < 400000 && delivered < 300; now_ms += 20) {
        if (expect_random(&random) % 700 == 0) {
            sensor_link_init(&link);
        }
        const int next = credit(&link, now_ms);
        if (next >= 0 && expect_random(&random) % 10 != 0) {
            const uint16_t confirmed = (uint16_t)(next - base);
            if (confirmed > SENSOR_CREDITS) {
                sent = 0; /* restarted */
            } else {
                oldest += confirmed;
                sent = confirmed == 0 && last_next == next ? 0
                       : sent > confirmed                  ? sent - confirmed
                                                           : 0;
            }
            base = (uint16_t)next;
            last_next = (uint16_t)next;
            credits = SENSOR_CREDITS;
        }
        if (sent < credits && oldest + sent < 300) {
            const unsigned window = oldest + sent;
            size_t length = code_window((uint16_t)(base + sent), (int8_t)(window % 100),
                                        (int16_t)window, coded);
            sent++;
            const unsigned dice = expect_random(&random) % 20;
            if (dice == 0) {
                length = 0;
            } else if (dice == 1) {
                coded[expect_random(&random) % length] ^= 0x10;
            }
            if (push_all(&link, coded, length) == 1) {
                /* after a restart a window that was taken but not confirmed comes again */
                EXPECT(link.samples[0] == (int)delivered || link.samples[0] + 4 >= (int)delivered,
                       "seed %u: window %d after %u", seed, link.samples[0], delivered);
                if (link.samples[0] == (int)delivered) {
                    delivered++;
                }
            }
        }
    }
    EXPECT(delivered == 300, "seed %u: %u of 300 windows arrived", seed, delivered);
}

int main(void) {
    windows_come_in_sequence_and_are_credited();
    what_is_not_next_is_named_again();
    damage_is_dropped_whole();
    for (unsigned seed = 1; seed <= EXPECT_ROUNDS(20); seed++) {
        a_lossy_line_delivers_every_window_in_order(seed);
    }
    return expect_summary("sensor link");
}

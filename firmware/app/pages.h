/*
 * The two pages that a device is flashed with besides its program. All numbers little endian; a
 * text is a length byte and that many ASCII characters. CRC-32 (IEEE) covers everything behind its
 * own field.
 *
 * Provisioning page, at 0x00080000 on MPS2:
 *   "FQTP" | version u16 = 1 | length u16 | crc u32 |
 *   key id u8 | key 32 bytes | device text 1..64 | cohort text 1..32 | board text 1..32 |
 *   attributes u8 0..4, each name text 1..32, value text 1..32 |
 *   factory terms: training u8, then 10 x i32 in the order of BudgetTerms.avsc
 *
 * Model page, at 0x00090000 on MPS2; also what a device exports:
 *   "FQTM" | version u16 = 1 | kind u8 (0 trained, 1 untrained) | layers u8 | length u32 | crc u32
 * | window u16 = 512 | feature kind u8 = 1 | features u8 | feature scale f32 | feature zero u8 | 3
 * x 0 | seed u64 | per layer: inputs u8 | outputs u8 | 0 u16 | and for a trained model: weight
 * scale f32 | weight zero i32 | weight min, max f32 | output min, max f32 | error min, max f32 |
 *     bias i32[outputs] | weight codes u8[outputs][inputs]
 * An untrained page names dimensions and a seed only: the device starts from random weights
 * (pre-training).
 */
#ifndef FQT_APP_PAGES_H
#define FQT_APP_PAGES_H

#include <stddef.h>
#include <stdint.h>

#include "app/store.h"
#include "core/learner.h"
#include "wire/generated/fqt_wire.h"

#define PROVISIONING_PAGE_MAX 1024u
#define MODEL_PAGE_HEADER     36u
#define MODEL_LAYER_NUMBERS   36u /* of a layer, before its biases */
#define MODEL_PAGE_MAX                                                                             \
    (MODEL_PAGE_HEADER + FQT_LAYERS_MAX * 36u + FQT_ROWS_MAX * 4u + FQT_WEIGHTS_MAX)
#define DEVICE_KEY_BYTES     32u
#define FEATURE_KIND_SPECTRA 1u /* core/features.h */

enum page_status {
    PAGE_OK = 0,
    PAGE_BAD_MAGIC,
    PAGE_BAD_VERSION,
    PAGE_BAD_LENGTH,
    PAGE_BAD_CHECKSUM,
    PAGE_BAD_FIELD,      /* a text, count or number is out of its range */
    PAGE_OTHER_FEATURES, /* the model was trained for features that this firmware does not compute
                          */
    PAGE_BAD_SHAPE,      /* the learner refuses the dimensions */
    PAGE_BAD_WEIGHTS     /* the learner refuses scales, zero points, ranges or biases */
};

/* The rule and the remedy, for a person. */
const char *page_status_text(enum page_status status);

struct provisioning {
    uint8_t key_id;
    uint8_t key[DEVICE_KEY_BYTES];
    char device[65];
    char cohort[33];
    char board[33];
    size_t attributes_count;
    fqt_attribute attributes[4];
    fqt_budget_terms factory_terms;
};

/* *out is untouched unless PAGE_OK. Bytes behind the page's own length are ignored (erased flash).
 */
enum page_status provisioning_read(const uint8_t *page, size_t length, struct provisioning *out);

/* First use of a learner: dimensions, weights or random weights. sample_seed drives stochastic
 * rounding. */
enum page_status model_init(struct fqt_learner *learner, const uint8_t *page, size_t length,
                            uint64_t sample_seed);

/* Replaces the weights; counters and configuration stay. Other dimensions are PAGE_BAD_SHAPE; an
 * untrained page gives its random weights again. */
enum page_status model_load(struct fqt_learner *learner, const uint8_t *page, size_t length);

/* The page of a learner without a copy of its weights: two kinds of header made here, biases and
 * codes where the learner keeps them. Valid until the learner trains or *out moves. */
struct model_pieces {
    size_t count;
    size_t length; /* of the whole page */
    struct store_piece piece[1 + 3 * FQT_LAYERS_MAX];
    uint8_t header[MODEL_PAGE_HEADER];
    uint8_t numbers[FQT_LAYERS_MAX][MODEL_LAYER_NUMBERS];
};
void model_pieces(const struct fqt_learner *learner, struct model_pieces *out);

/* Length of the page written, 0 if it does not fit into cap. */
size_t model_export(const struct fqt_learner *learner, uint8_t *out, size_t cap);

/* Length that the page itself states, 0 if there is no model page. */
size_t model_page_length(const uint8_t *page, size_t length);

/* Length of the page once it is trained (of an untrained page: what an export will have);
 * MODEL_PAGE_MAX if it is no page. */
size_t model_trained_length(const uint8_t *page, size_t length);

/* FNV-1a 64. */
uint64_t page_fingerprint(const uint8_t *page, size_t length);

/* Name of the first field out of its range as the contract calls it, NULL when all are in range. */
const char *terms_bad_field(const fqt_budget_terms *terms);

#endif

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
 * Model page, at 0x00090000 on MPS2, on a multiple of 4; also what a device exports:
 *   "FQTM" | version u16 = 2 | kind u8 (0 trained, 1 untrained) | layers u8, pools included |
 *   length u32 | crc u32 | input u8 | mode u8 | frozen u8 | input zero u8 | batch max u16 |
 *   input height u16, width u16, channels u16 | f32: input scale of codes,
 *   step of windows | seed u64 |
 *   per layer: kind u8 | relu u8 | out channels u16 | kernel h, w | stride h, w | pad h, w | 2 x 0
 * | and for a trained model, per layer with weights: weight scale f32 | weight zero i32 | weight,
 *     output, pooled and error range, each min, max f32 | fine mode: scale f32[rows] |
 *     bias i32[rows] | codes u8[rows][inputs] | zeros up to a multiple of 4
 * The numbers are those of core/spec.h and core/model.h. An untrained page names the model and a
 * seed only: the device starts from random weights (pre-training).
 */
#ifndef FQT_APP_PAGES_H
#define FQT_APP_PAGES_H

#include <stddef.h>
#include <stdint.h>

#include "app/store.h"
#include "core/learner.h"
#include "wire/generated/fqt_wire.h"

#define PROVISIONING_PAGE_MAX 1024u
#define DEVICE_KEY_BYTES      32u
#define MODEL_PAGE_HEADER     40u
#define MODEL_LAYER_BYTES     12u /* of a layer's description */
#define MODEL_LAYER_NUMBERS   40u /* of a trained layer, before its arrays */
#define MODEL_PAGE_MAX        (8u << 20)

enum page_status {
    PAGE_OK = 0,
    PAGE_BAD_MAGIC,
    PAGE_BAD_VERSION,
    PAGE_BAD_LENGTH,
    PAGE_BAD_CHECKSUM,
    PAGE_BAD_FIELD,    /* a text, count or number is out of its range */
    PAGE_OTHER_MODEL,  /* another model than the learner's plan: layers, mode or frozen layers */
    PAGE_OTHER_WINDOW, /* the model does not read windows of 512 samples */
    PAGE_BAD_WEIGHTS   /* the learner refuses scales, zero points, ranges or biases */
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

/* A model and its plan; both outlive the learners that use them. */
struct model {
    const struct fqt_model_spec *spec;
    const struct fqt_plan *plan;
};

/* What model the page is for; *spec is untouched unless PAGE_OK, and has no name. Whether that
 * model can be planned is not looked at. */
enum page_status model_spec(const uint8_t *page, size_t length, struct fqt_model_spec *spec);

/*
 * First use of a learner: weights, or random weights. The page must be for that model (its largest
 * minibatch aside) and, if the model has frozen layers, outlive the learner. The arena has
 * plan->arena_bytes bytes. sample_seed drives stochastic rounding.
 */
enum page_status model_init(struct fqt_learner *learner, const struct model *model, void *arena,
                            const uint8_t *page, size_t length, uint64_t sample_seed);

/* Replaces the weights of the trainable layers; the frozen ones stay those of the factory page.
 * Counters and configuration stay. An untrained page gives its random weights again. */
enum page_status model_load(struct fqt_learner *learner, const struct model *model,
                            const uint8_t *factory_page, const uint8_t *page, size_t length);

/* The page of a learner without a copy of its weights: headers made here, arrays where the learner
 * keeps them. Valid until the learner trains or *out moves. */
struct model_pieces {
    size_t count;
    size_t length; /* of the whole page */
    struct store_piece piece[1 + 5 * FQT_LAYERS_MAX];
    uint8_t header[MODEL_PAGE_HEADER + FQT_STEPS_MAX * MODEL_LAYER_BYTES];
    uint8_t numbers[FQT_LAYERS_MAX][MODEL_LAYER_NUMBERS];
};
void model_pieces(const struct fqt_learner *learner, const struct model *model,
                  struct model_pieces *out);

/* Length of the page written, 0 if it does not fit into cap. */
size_t model_export(const struct fqt_learner *learner, const struct model *model, uint8_t *out,
                    size_t cap);

/* Length that the page itself states, 0 if there is no model page. */
size_t model_page_length(const uint8_t *page, size_t length);

/* Length of the page of a trained model. */
size_t model_trained_length(const struct model *model);

/* FNV-1a 64. */
uint64_t page_fingerprint(const uint8_t *page, size_t length);

/* Name of the first field out of its range as the contract calls it, NULL when all are in range. */
const char *terms_bad_field(const fqt_budget_terms *terms);

#endif

/*
 * The device without I/O: windows in, reports out, budgets obeyed. The firmware and the simulated
 * device are this file plus a way to move bytes; both get the same bytes from the same inputs,
 * because time (now_ms, milliseconds since boot, never going back) and everything random are
 * arguments.
 *
 *   agent_init -> { agent_window | agent_report_due -> agent_report | agent_budget -> ack |
 * agent_step }*
 *
 * All state is in the caller's struct agent (no heap, no globals); one thread at a time per agent.
 * Output functions write one Avro single-object message and return its length, 0 if it does not fit
 * into cap.
 */
#ifndef FQT_APP_AGENT_H
#define FQT_APP_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/energy.h"
#include "app/pages.h"
#include "app/store.h"
#include "core/learner.h"
#include "wire/generated/fqt_wire.h"

#define AGENT_FIRMWARE_VERSION "0.1.0"
#define AGENT_TOPIC_MAX        100u    /* "fqt/v1/down/63/" + 64 + "/budget" and a zero */
#define AGENT_CHECKPOINT_MS    600000u /* between saves of weights and state that changed */
#define AGENT_SIGNATURE_BYTES  33u     /* key id and tag behind a budget */

/* What outlives a power cut. Weights and last good weights are stored behind 8 bytes: the
 * fingerprint of the factory model. */
enum agent_record { AGENT_STATE, AGENT_WEIGHTS, AGENT_GOOD, AGENT_RECORDS };

struct agent_store {
    void *context;
    /* True only when the record is safe; a cut or a failure leaves the previous one. */
    bool (*save)(void *context, enum agent_record record, const struct store_piece *pieces,
                 size_t count);
    /* The record where it lies, valid until it is saved again; NULL when there is none. */
    const uint8_t *(*view)(const void *context, enum agent_record record, size_t *length);
};

struct agent_setup {
    const uint8_t *provisioning_page;
    size_t provisioning_length;
    struct model model;
    void *arena;               /* plan->arena_bytes bytes, aligned to FQT_ARENA_ALIGN; borrowed */
    const uint8_t *model_page; /* borrowed for the agent's life: the factory weights */
    size_t model_length;
    uint32_t boot_counter; /* 0: one more than the stored one */
    uint32_t boot_nonce;
    struct agent_store store;
    uint64_t now_ms;
};

enum agent_topic { AGENT_TOPIC_REPORT, AGENT_TOPIC_STATUS, AGENT_TOPIC_ACK, AGENT_TOPIC_BUDGET };

/* The budget in force, as it is stored. */
struct agent_duty {
    int64_t highest_version; /* ever applied; 0 = none */
    int64_t version;         /* in force; 0 = factory terms */
    fqt_budget_terms terms;
    fqt_expiry_action on_expiry;
    fqt_reason_code reason;
    bool expires;
    uint64_t expires_at_ms; /* uptime */
};

struct agent {
    struct provisioning who;
    struct model model;
    const uint8_t *model_page;
    size_t model_length;
    uint64_t model_fingerprint;
    struct agent_store store;
    char topics[4][AGENT_TOPIC_MAX];
    uint32_t boot_counter;
    uint32_t boot_nonce;
    uint64_t booted_at_ms;
    struct agent_duty duty;
    struct energy energy;
    int64_t wall_offset_ms; /* wall time = offset + uptime; 0 = not learnt */
    int64_t report_sequence;
    uint64_t next_report_ms;
    int64_t throttled;
    uint32_t throttle_phase;
    uint64_t reserved_macs; /* upper bound of one minibatch under the terms in force */
    uint64_t next_checkpoint_ms;
    uint64_t saved_updates; /* learner updates when the weights were saved */
    uint64_t good_hash;     /* weights hash of the last good snapshot; 0 = none in this boot */
    struct fqt_learner learner;
};

/* PAGE_OK, or what is wrong with *bad_page ("provisioning page" or "model page"). */
enum page_status agent_init(struct agent *agent, const struct agent_setup *setup,
                            const char **bad_page);

/* One window of FQT_WINDOW samples; label FQT_NO_LABEL or a class. FQT_BAD_SAMPLE: nothing counted.
 */
enum fqt_status agent_window(struct agent *agent, const int16_t *samples, int label,
                             uint64_t now_ms);

/* Time passes: a budget may end, the bucket fills, changed weights are saved. Windows, reports and
 * budgets do it too. */
void agent_step(struct agent *agent, uint64_t now_ms);

bool agent_report_due(const struct agent *agent, uint64_t now_ms);
size_t agent_report(struct agent *agent, uint64_t now_ms, uint8_t *out, size_t cap);
size_t agent_status(const struct agent *agent, bool online, uint8_t *out, size_t cap);

/* Judges one message of the budget topic; the answer is the BudgetAck written to ack. */
size_t agent_budget(struct agent *agent, const char *topic, size_t topic_length,
                    const uint8_t *payload, size_t length, uint64_t now_ms, uint8_t *ack,
                    size_t cap);

/* The answer to a message that was too large to be received. */
size_t agent_budget_oversize(struct agent *agent, uint64_t now_ms, uint8_t *ack, size_t cap);

/* The weights as a model page. */
size_t agent_export_model(const struct agent *agent, uint8_t *out, size_t cap);
uint64_t agent_weights_hash(const struct agent *agent);

const char *agent_topic(const struct agent *agent, enum agent_topic topic);

#endif

/* Generated from schemas/src/main/avro by io.fqtfleet.schemas.codegen.CodecGenerator.
 * Change the schema, then run: mvn -pl schemas compile exec:java */
#ifndef FQT_WIRE_H
#define FQT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../fqt_avro.h"

typedef enum {
  FQT_DEVICE_STATE_ONLINE = 0,
  FQT_DEVICE_STATE_OFFLINE = 1,
} fqt_device_state;
#define FQT_DEVICE_STATE_COUNT 2

typedef enum {
  FQT_ACK_OUTCOME_APPLIED = 0,
  FQT_ACK_OUTCOME_REPEATED = 1,
  FQT_ACK_OUTCOME_REFUSED = 2,
} fqt_ack_outcome;
#define FQT_ACK_OUTCOME_COUNT 3

typedef enum {
  FQT_REFUSAL_REASON_NONE = 0,
  FQT_REFUSAL_REASON_BAD_FORMAT = 1,
  FQT_REFUSAL_REASON_UNKNOWN_SCHEMA = 2,
  FQT_REFUSAL_REASON_UNKNOWN_KEY = 3,
  FQT_REFUSAL_REASON_BAD_SIGNATURE = 4,
  FQT_REFUSAL_REASON_WRONG_DEVICE = 5,
  FQT_REFUSAL_REASON_OUT_OF_RANGE = 6,
  FQT_REFUSAL_REASON_REPLAYED = 7,
  FQT_REFUSAL_REASON_STORE_FAILED = 8,
  FQT_REFUSAL_REASON_OVERSIZE = 9,
} fqt_refusal_reason;
#define FQT_REFUSAL_REASON_COUNT 10

typedef enum {
  FQT_WEIGHTS_ACTION_KEEP = 0,
  FQT_WEIGHTS_ACTION_LAST_GOOD = 1,
  FQT_WEIGHTS_ACTION_FACTORY = 2,
} fqt_weights_action;
#define FQT_WEIGHTS_ACTION_COUNT 3

typedef enum {
  FQT_EXPIRY_ACTION_FREEZE = 0,
  FQT_EXPIRY_ACTION_FACTORY = 1,
} fqt_expiry_action;
#define FQT_EXPIRY_ACTION_COUNT 2

typedef enum {
  FQT_REASON_CODE_UNKNOWN = 0,
  FQT_REASON_CODE_INITIAL = 1,
  FQT_REASON_CODE_STABLE = 2,
  FQT_REASON_CODE_DOMAIN_DRIFT = 3,
  FQT_REASON_CODE_DEVICE_TRIAL = 4,
  FQT_REASON_CODE_DEVICE_FAULT = 5,
  FQT_REASON_CODE_RECOVERED = 6,
  FQT_REASON_CODE_POLICY_CHANGED = 7,
  FQT_REASON_CODE_OPERATOR_FREEZE = 8,
  FQT_REASON_CODE_ROLLBACK = 9,
  FQT_REASON_CODE_LABEL_NOISE = 10,
  FQT_REASON_CODE_ENERGY = 11,
} fqt_reason_code;
#define FQT_REASON_CODE_COUNT 12

/* Sums of one layer since boot. Integers modulo 2^64: exact and free of order; readers take
 * differences between two reports of one boot. Gradient statistics are taken before
 * standardisation (a standardised norm is constant and carries no signal). */
typedef struct {
  /* Sum over gradSamples of the squared L2 norm of the sample's full weight gradient, unit
   * 2^-24; a single term saturates at 2^40. The last layer has it also while training is off
   * (without a label the error is taken towards the prediction), lower layers for trained
   * samples */
  int64_t grad_norm_square_sum;
  /* Samples in gradNormSquareSum */
  int64_t grad_samples;
  /* Sum over codesVisited of the minibatch-mean gradient elements that updates used, unit
   * 2^-24 */
  int64_t grad_sum;
  /* Sum over codesVisited of their squares, unit 2^-24 */
  int64_t grad_square_sum;
  /* Largest absolute element of a sample's gradient since the previous report, unit 2^-24; 0
   * if none */
  int64_t grad_abs_max;
  /* Sum over updateSteps of the squared L2 norm of the weight change as stored, unit 2^-24 */
  int64_t update_norm_square_sum;
  /* Weight updates, one per closed minibatch */
  int64_t update_steps;
  /* Squared L2 norm of the weights now, unit 2^-24 (a level, not a sum) */
  int64_t weight_norm_square;
  /* Weight codes that updates changed, out of codesVisited */
  int64_t codes_changed;
  /* Weight codes that updates visited and stored */
  int64_t codes_visited;
  /* Input codes of the layer that were clamped to 0 or 255 (a ReLU zero is no saturation) */
  int64_t saturated_x;
  /* Input codes of the layer */
  int64_t total_x;
  /* Error codes at the layer's output that were clamped */
  int64_t saturated_e;
  /* Error codes at the layer's output */
  int64_t total_e;
  /* Weight codes that updates clamped, out of codesVisited */
  int64_t saturated_w;
  /* Rows (filters) that the dynamic partial update selected, summed over trained samples */
  int64_t structures_updated;
  /* Rows (filters) it could have selected, summed over trained samples */
  int64_t structures_offered;
} fqt_layer_counters;

/* The state of one device's counters at one moment. Sums count since boot and never reset,
 * like Prometheus counters: a lost report costs resolution in time, never samples; a duplicate
 * or a late one changes nothing. Ratios are never sent. */
typedef struct {
  /* Device id, [A-Za-z0-9_-]{1,64}; equals the id in the topic */
  char device[64 + 1];
  /* Persistent count of boots, 1 or more; rises at each boot */
  int32_t boot_counter;
  /* Random per boot: tells a replaced or wiped device from a continued one */
  int32_t boot_nonce;
  /* 1, 2, 3 ... within one boot */
  int64_t sequence;
  /* Milliseconds since boot */
  int64_t uptime_ms;
  /* Wall time (Unix epoch, ms) learnt from the last budget and advanced by the device's own
   * clock; 0 = none learnt */
  int64_t learnt_time_ms;
  /* Windows classified */
  int64_t samples_seen;
  /* Windows that carried a label */
  int64_t samples_labelled;
  /* Labelled windows classified correctly, judged before any training on them */
  int64_t samples_correct;
  /* Windows that took part in an update (labelled or pseudo-labelled) */
  int64_t samples_trained;
  /* Sum of the cross-entropy loss of labelled windows, unit 2^-12 nat, each clamped at 16 nat */
  int64_t loss_sum;
  /* Sum of squared losses, unit 2^-24 nat^2 */
  int64_t loss_square_sum;
  /* Smallest loss since the previous report, unit 2^-12 nat; 0 if none */
  int32_t loss_min;
  /* Largest loss since the previous report, unit 2^-12 nat; 0 if none */
  int32_t loss_max;
  /* Sum over all windows of the largest class probability, unit 2^-15 */
  int64_t confidence_sum;
  /* Sum of its squares, unit 2^-30 */
  int64_t confidence_square_sum;
  /* Raw sensor values in the three input sums */
  int64_t input_count;
  /* Sum of raw sensor values (int16 counts) */
  int64_t input_sum;
  /* Sum of squared raw sensor values */
  int64_t input_square_sum;
  /* Smallest raw value since the previous report */
  int32_t input_min;
  /* Largest raw value since the previous report */
  int32_t input_max;
  /* Index of the layer that layers[0] describes: the layers before it have never been trained
   * since boot */
  int32_t first_layer;
  /* One entry per layer from firstLayer to the last */
  size_t layers_count;
  fqt_layer_counters layers[8];
  /* Multiply-accumulates executed in forward passes, counted exactly */
  int64_t macs_forward;
  /* Multiply-accumulates executed in error products, weight gradients and updates, counted
   * exactly */
  int64_t macs_backward;
  /* Instructions executed since boot, where a counter exists */
  bool has_instructions;
  int64_t instructions;
  /* ESTIMATE: executed MACs times the board's table, micro-joule */
  int64_t energy_micro_joule;
  /* Version of the budget in force; 0 = factory budget */
  int64_t budget_version;
  /* Windows that the budget allowed to train on but an empty energy bucket did not */
  int64_t samples_throttled;
} fqt_training_report;

/* One named property of a device that cohorts do not share, for example sensor batch or site. */
typedef struct {
  /* [a-z0-9_]{1,32} */
  char name[32 + 1];
  /* 1 to 32 printable ASCII characters */
  char value[32 + 1];
} fqt_attribute;

/* What a device may train. Always complete, never a delta. */
typedef struct {
  /* false = frozen: no update at all (lambda 0 would still train one structure) */
  bool training;
  /* Smallest share of structures updated per sample, 0..1000, at most lambdaMaxPermille */
  int32_t lambda_min_permille;
  /* Largest share of structures updated per sample, 1..1000 */
  int32_t lambda_max_permille;
  /* The layers with weights before it are frozen: 0..14, or 15 = train the last layer alone,
   * whatever the model. A device refuses the number of a layer that its model does not have */
  int32_t first_trainable_layer;
  /* Unit 2^-20, 1..1048576 (1.0) */
  int32_t learning_rate;
  /* Samples per update, 1..64 */
  int32_t batch_size;
  /* Train on every n-th sample that may be trained on, 1..1000 */
  int32_t train_every_nth;
  /* Train on unlabelled samples whose largest class probability is at least this, 500..1000; 0
   * = labelled samples only */
  int32_t pseudo_label_permille;
  /* Size of the energy bucket for training, 0..1000000; 0 = nothing may be spent */
  int32_t energy_capacity_milli_joule;
  /* 0..1000000 */
  int32_t energy_refill_milli_joule_per_hour;
  /* 100..86400000 */
  int32_t report_interval_ms;
} fqt_budget_terms;

/* Birth message and last will of a device, retained. */
typedef struct {
  char device[64 + 1];
  fqt_device_state state;
  int32_t boot_counter;
  int32_t boot_nonce;
  /* Firmware version */
  char firmware[32 + 1];
  /* For example mps2-an386, or host */
  char board[32 + 1];
  /* FNV-1a 64 of the factory model page */
  int64_t model_fingerprint;
  /* CRC-64-AVRO fingerprint of the TrainingReport schema it writes */
  int64_t report_schema;
  /* CRC-64-AVRO fingerprint of the UpdateBudget schema it reads; the gateway encodes to
   * exactly this one */
  int64_t budget_schema;
  /* [A-Za-z0-9_-]{1,32}; the registry may override it */
  char cohort[32 + 1];
  size_t attributes_count;
  fqt_attribute attributes[4];
  /* Layers of the model, 1..8 */
  int32_t layer_count;
  /* In force before the first budget */
  fqt_budget_terms factory_terms;
  /* Highest budget version the device has stored; the controller continues above it */
  int64_t budget_version;
} fqt_device_status;

/* A device's answer to each budget it receives. */
typedef struct {
  char device[64 + 1];
  int32_t boot_counter;
  int32_t boot_nonce;
  int64_t uptime_ms;
  /* Version of the budget that is answered; 0 if it could not be read */
  int64_t answered_version;
  fqt_ack_outcome outcome;
  fqt_refusal_reason refusal;
  /* The field that was out of range; empty otherwise */
  char field[40 + 1];
  /* 0 = factory budget */
  int64_t version_in_force;
  fqt_budget_terms terms_in_force;
} fqt_budget_ack;

/* The full desired state of one device. Retained on MQTT and compacted in Kafka, so the last
 * one is always enough. */
typedef struct {
  /* The device it is for; equals the id in the topic and the Kafka key */
  char device[64 + 1];
  /* 1 or more, rises with each budget of a device */
  int64_t version;
  /* Version of the policy it follows; 0 = built-in default */
  int64_t policy_version;
  /* Unix epoch, ms; the device learns wall time from it */
  int64_t issued_at_ms;
  fqt_budget_terms terms;
  /* One-shot: forget e_max, the running maximum that scales the partial update */
  bool reset_error_max;
  /* One-shot */
  fqt_weights_action weights;
  /* Seconds after which the budget ends by itself, counted from when the device applied it; 0
   * = never */
  int32_t time_to_live_s;
  /* What holds after the time to live: no training, or the factory budget */
  fqt_expiry_action on_expiry;
  fqt_reason_code reason;
} fqt_update_budget;

/* CRC-64-AVRO fingerprint of TrainingReport. */
#define FQT_TRAINING_REPORT_FINGERPRINT UINT64_C(0xd5c754d55f826209)
/* Bytes of the longest message, with its header. */
#define FQT_TRAINING_REPORT_BYTES_MAX 1681
/* Writes the single-object encoding. On failure *length is untouched.
 * FQT_WIRE_OVERFLOW: capacity is too small. FQT_WIRE_BAD_VALUE: a count, length or enum
 * is out of range. */
fqt_wire_status fqt_training_report_encode(const fqt_training_report *value, uint8_t *out, size_t capacity,
                            size_t *length);
/* Reads one message of exactly this schema; every byte must belong to it. On failure *value
 * is untouched. */
fqt_wire_status fqt_training_report_decode(const uint8_t *bytes, size_t length, fqt_training_report *value);

/* CRC-64-AVRO fingerprint of DeviceStatus. */
#define FQT_DEVICE_STATUS_FINGERPRINT UINT64_C(0xefe18047b151c653)
/* Bytes of the longest message, with its header. */
#define FQT_DEVICE_STATUS_BYTES_MAX 603
/* Writes the single-object encoding. On failure *length is untouched.
 * FQT_WIRE_OVERFLOW: capacity is too small. FQT_WIRE_BAD_VALUE: a count, length or enum
 * is out of range. */
fqt_wire_status fqt_device_status_encode(const fqt_device_status *value, uint8_t *out, size_t capacity,
                            size_t *length);
/* Reads one message of exactly this schema; every byte must belong to it. On failure *value
 * is untouched. */
fqt_wire_status fqt_device_status_decode(const uint8_t *bytes, size_t length, fqt_device_status *value);

/* CRC-64-AVRO fingerprint of BudgetAck. */
#define FQT_BUDGET_ACK_FINGERPRINT UINT64_C(0x79c14455f5117c02)
/* Bytes of the longest message, with its header. */
#define FQT_BUDGET_ACK_BYTES_MAX 225
/* Writes the single-object encoding. On failure *length is untouched.
 * FQT_WIRE_OVERFLOW: capacity is too small. FQT_WIRE_BAD_VALUE: a count, length or enum
 * is out of range. */
fqt_wire_status fqt_budget_ack_encode(const fqt_budget_ack *value, uint8_t *out, size_t capacity,
                            size_t *length);
/* Reads one message of exactly this schema; every byte must belong to it. On failure *value
 * is untouched. */
fqt_wire_status fqt_budget_ack_decode(const uint8_t *bytes, size_t length, fqt_budget_ack *value);

/* CRC-64-AVRO fingerprint of UpdateBudget. */
#define FQT_UPDATE_BUDGET_FINGERPRINT UINT64_C(0x20d9cb3fa23ef380)
/* Bytes of the longest message, with its header. */
#define FQT_UPDATE_BUDGET_BYTES_MAX 181
/* Writes the single-object encoding. On failure *length is untouched.
 * FQT_WIRE_OVERFLOW: capacity is too small. FQT_WIRE_BAD_VALUE: a count, length or enum
 * is out of range. */
fqt_wire_status fqt_update_budget_encode(const fqt_update_budget *value, uint8_t *out, size_t capacity,
                            size_t *length);
/* Reads one message of exactly this schema; every byte must belong to it. On failure *value
 * is untouched. */
fqt_wire_status fqt_update_budget_decode(const uint8_t *bytes, size_t length, fqt_update_budget *value);

#endif

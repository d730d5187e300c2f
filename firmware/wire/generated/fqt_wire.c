/* Generated from schemas/src/main/avro by io.fqtfleet.schemas.codegen.CodecGenerator.
 * Change the schema, then run: mvn -pl schemas compile exec:java */
#include "fqt_wire.h"

static void write_layer_counters(fqt_avro_writer *w, const fqt_layer_counters *v) {
  fqt_avro_write_long(w, v->grad_norm_square_sum);
  fqt_avro_write_long(w, v->grad_samples);
  fqt_avro_write_long(w, v->grad_sum);
  fqt_avro_write_long(w, v->grad_square_sum);
  fqt_avro_write_long(w, v->grad_abs_max);
  fqt_avro_write_long(w, v->update_norm_square_sum);
  fqt_avro_write_long(w, v->update_steps);
  fqt_avro_write_long(w, v->weight_norm_square);
  fqt_avro_write_long(w, v->codes_changed);
  fqt_avro_write_long(w, v->codes_visited);
  fqt_avro_write_long(w, v->saturated_x);
  fqt_avro_write_long(w, v->total_x);
  fqt_avro_write_long(w, v->saturated_e);
  fqt_avro_write_long(w, v->total_e);
  fqt_avro_write_long(w, v->saturated_w);
  fqt_avro_write_long(w, v->structures_updated);
  fqt_avro_write_long(w, v->structures_offered);
}

static void write_training_report(fqt_avro_writer *w, const fqt_training_report *v) {
  fqt_avro_write_string(w, v->device, sizeof v->device);
  fqt_avro_write_long(w, v->boot_counter);
  fqt_avro_write_long(w, v->boot_nonce);
  fqt_avro_write_long(w, v->sequence);
  fqt_avro_write_long(w, v->uptime_ms);
  fqt_avro_write_long(w, v->learnt_time_ms);
  fqt_avro_write_long(w, v->samples_seen);
  fqt_avro_write_long(w, v->samples_labelled);
  fqt_avro_write_long(w, v->samples_correct);
  fqt_avro_write_long(w, v->samples_trained);
  fqt_avro_write_long(w, v->loss_sum);
  fqt_avro_write_long(w, v->loss_square_sum);
  fqt_avro_write_long(w, v->loss_min);
  fqt_avro_write_long(w, v->loss_max);
  fqt_avro_write_long(w, v->confidence_sum);
  fqt_avro_write_long(w, v->confidence_square_sum);
  fqt_avro_write_long(w, v->input_count);
  fqt_avro_write_long(w, v->input_sum);
  fqt_avro_write_long(w, v->input_square_sum);
  fqt_avro_write_long(w, v->input_min);
  fqt_avro_write_long(w, v->input_max);
  fqt_avro_write_long(w, v->first_layer);
  if (fqt_avro_write_count(w, v->layers_count, 8)) {
    for (size_t i = 0; i < v->layers_count; i++) {
      write_layer_counters(w, &v->layers[i]);
    }
    fqt_avro_write_long(w, 0);
  }
  fqt_avro_write_long(w, v->macs_forward);
  fqt_avro_write_long(w, v->macs_backward);
  fqt_avro_write_long(w, v->has_instructions ? 1 : 0);
  if (v->has_instructions) {
    fqt_avro_write_long(w, v->instructions);
  }
  fqt_avro_write_long(w, v->energy_micro_joule);
  fqt_avro_write_long(w, v->budget_version);
  fqt_avro_write_long(w, v->samples_throttled);
}

static void write_attribute(fqt_avro_writer *w, const fqt_attribute *v) {
  fqt_avro_write_string(w, v->name, sizeof v->name);
  fqt_avro_write_string(w, v->value, sizeof v->value);
}

static void write_budget_terms(fqt_avro_writer *w, const fqt_budget_terms *v) {
  fqt_avro_write_boolean(w, v->training);
  fqt_avro_write_long(w, v->lambda_min_permille);
  fqt_avro_write_long(w, v->lambda_max_permille);
  fqt_avro_write_long(w, v->first_trainable_layer);
  fqt_avro_write_long(w, v->learning_rate);
  fqt_avro_write_long(w, v->batch_size);
  fqt_avro_write_long(w, v->train_every_nth);
  fqt_avro_write_long(w, v->pseudo_label_permille);
  fqt_avro_write_long(w, v->energy_capacity_milli_joule);
  fqt_avro_write_long(w, v->energy_refill_milli_joule_per_hour);
  fqt_avro_write_long(w, v->report_interval_ms);
}

static void write_device_status(fqt_avro_writer *w, const fqt_device_status *v) {
  fqt_avro_write_string(w, v->device, sizeof v->device);
  fqt_avro_write_enum(w, (int)v->state, FQT_DEVICE_STATE_COUNT);
  fqt_avro_write_long(w, v->boot_counter);
  fqt_avro_write_long(w, v->boot_nonce);
  fqt_avro_write_string(w, v->firmware, sizeof v->firmware);
  fqt_avro_write_string(w, v->board, sizeof v->board);
  fqt_avro_write_long(w, v->model_fingerprint);
  fqt_avro_write_long(w, v->report_schema);
  fqt_avro_write_long(w, v->budget_schema);
  fqt_avro_write_string(w, v->cohort, sizeof v->cohort);
  if (fqt_avro_write_count(w, v->attributes_count, 4)) {
    for (size_t i = 0; i < v->attributes_count; i++) {
      write_attribute(w, &v->attributes[i]);
    }
    fqt_avro_write_long(w, 0);
  }
  fqt_avro_write_long(w, v->layer_count);
  write_budget_terms(w, &v->factory_terms);
  fqt_avro_write_long(w, v->budget_version);
}

static void write_budget_ack(fqt_avro_writer *w, const fqt_budget_ack *v) {
  fqt_avro_write_string(w, v->device, sizeof v->device);
  fqt_avro_write_long(w, v->boot_counter);
  fqt_avro_write_long(w, v->boot_nonce);
  fqt_avro_write_long(w, v->uptime_ms);
  fqt_avro_write_long(w, v->answered_version);
  fqt_avro_write_enum(w, (int)v->outcome, FQT_ACK_OUTCOME_COUNT);
  fqt_avro_write_enum(w, (int)v->refusal, FQT_REFUSAL_REASON_COUNT);
  fqt_avro_write_string(w, v->field, sizeof v->field);
  fqt_avro_write_long(w, v->version_in_force);
  write_budget_terms(w, &v->terms_in_force);
}

static void write_update_budget(fqt_avro_writer *w, const fqt_update_budget *v) {
  fqt_avro_write_string(w, v->device, sizeof v->device);
  fqt_avro_write_long(w, v->version);
  fqt_avro_write_long(w, v->policy_version);
  fqt_avro_write_long(w, v->issued_at_ms);
  write_budget_terms(w, &v->terms);
  fqt_avro_write_boolean(w, v->reset_error_max);
  fqt_avro_write_enum(w, (int)v->weights, FQT_WEIGHTS_ACTION_COUNT);
  fqt_avro_write_long(w, v->time_to_live_s);
  fqt_avro_write_enum(w, (int)v->on_expiry, FQT_EXPIRY_ACTION_COUNT);
  fqt_avro_write_enum(w, (int)v->reason, FQT_REASON_CODE_COUNT);
}

static void read_layer_counters(fqt_avro_reader *r, fqt_layer_counters *v) {
  v->grad_norm_square_sum = fqt_avro_read_long(r);
  v->grad_samples = fqt_avro_read_long(r);
  v->grad_sum = fqt_avro_read_long(r);
  v->grad_square_sum = fqt_avro_read_long(r);
  v->grad_abs_max = fqt_avro_read_long(r);
  v->update_norm_square_sum = fqt_avro_read_long(r);
  v->update_steps = fqt_avro_read_long(r);
  v->weight_norm_square = fqt_avro_read_long(r);
  v->codes_changed = fqt_avro_read_long(r);
  v->codes_visited = fqt_avro_read_long(r);
  v->saturated_x = fqt_avro_read_long(r);
  v->total_x = fqt_avro_read_long(r);
  v->saturated_e = fqt_avro_read_long(r);
  v->total_e = fqt_avro_read_long(r);
  v->saturated_w = fqt_avro_read_long(r);
  v->structures_updated = fqt_avro_read_long(r);
  v->structures_offered = fqt_avro_read_long(r);
}

static void read_training_report(fqt_avro_reader *r, fqt_training_report *v) {
  fqt_avro_read_string(r, v->device, sizeof v->device);
  v->boot_counter = fqt_avro_read_int(r);
  v->boot_nonce = fqt_avro_read_int(r);
  v->sequence = fqt_avro_read_long(r);
  v->uptime_ms = fqt_avro_read_long(r);
  v->learnt_time_ms = fqt_avro_read_long(r);
  v->samples_seen = fqt_avro_read_long(r);
  v->samples_labelled = fqt_avro_read_long(r);
  v->samples_correct = fqt_avro_read_long(r);
  v->samples_trained = fqt_avro_read_long(r);
  v->loss_sum = fqt_avro_read_long(r);
  v->loss_square_sum = fqt_avro_read_long(r);
  v->loss_min = fqt_avro_read_int(r);
  v->loss_max = fqt_avro_read_int(r);
  v->confidence_sum = fqt_avro_read_long(r);
  v->confidence_square_sum = fqt_avro_read_long(r);
  v->input_count = fqt_avro_read_long(r);
  v->input_sum = fqt_avro_read_long(r);
  v->input_square_sum = fqt_avro_read_long(r);
  v->input_min = fqt_avro_read_int(r);
  v->input_max = fqt_avro_read_int(r);
  v->first_layer = fqt_avro_read_int(r);
  v->layers_count = 0;
  for (size_t n = fqt_avro_read_block(r); n > 0; n = fqt_avro_read_block(r)) {
    for (; n > 0 && fqt_avro_room(r, v->layers_count, 8); n--) {
      size_t i = v->layers_count++;
      read_layer_counters(r, &v->layers[i]);
    }
  }
  v->macs_forward = fqt_avro_read_long(r);
  v->macs_backward = fqt_avro_read_long(r);
  v->has_instructions = fqt_avro_read_enum(r, 2) == 1;
  if (v->has_instructions) {
    v->instructions = fqt_avro_read_long(r);
  }
  v->energy_micro_joule = fqt_avro_read_long(r);
  v->budget_version = fqt_avro_read_long(r);
  v->samples_throttled = fqt_avro_read_long(r);
}

static void read_attribute(fqt_avro_reader *r, fqt_attribute *v) {
  fqt_avro_read_string(r, v->name, sizeof v->name);
  fqt_avro_read_string(r, v->value, sizeof v->value);
}

static void read_budget_terms(fqt_avro_reader *r, fqt_budget_terms *v) {
  v->training = fqt_avro_read_boolean(r);
  v->lambda_min_permille = fqt_avro_read_int(r);
  v->lambda_max_permille = fqt_avro_read_int(r);
  v->first_trainable_layer = fqt_avro_read_int(r);
  v->learning_rate = fqt_avro_read_int(r);
  v->batch_size = fqt_avro_read_int(r);
  v->train_every_nth = fqt_avro_read_int(r);
  v->pseudo_label_permille = fqt_avro_read_int(r);
  v->energy_capacity_milli_joule = fqt_avro_read_int(r);
  v->energy_refill_milli_joule_per_hour = fqt_avro_read_int(r);
  v->report_interval_ms = fqt_avro_read_int(r);
}

static void read_device_status(fqt_avro_reader *r, fqt_device_status *v) {
  fqt_avro_read_string(r, v->device, sizeof v->device);
  v->state = (fqt_device_state)fqt_avro_read_enum(r, FQT_DEVICE_STATE_COUNT);
  v->boot_counter = fqt_avro_read_int(r);
  v->boot_nonce = fqt_avro_read_int(r);
  fqt_avro_read_string(r, v->firmware, sizeof v->firmware);
  fqt_avro_read_string(r, v->board, sizeof v->board);
  v->model_fingerprint = fqt_avro_read_long(r);
  v->report_schema = fqt_avro_read_long(r);
  v->budget_schema = fqt_avro_read_long(r);
  fqt_avro_read_string(r, v->cohort, sizeof v->cohort);
  v->attributes_count = 0;
  for (size_t n = fqt_avro_read_block(r); n > 0; n = fqt_avro_read_block(r)) {
    for (; n > 0 && fqt_avro_room(r, v->attributes_count, 4); n--) {
      size_t i = v->attributes_count++;
      read_attribute(r, &v->attributes[i]);
    }
  }
  v->layer_count = fqt_avro_read_int(r);
  read_budget_terms(r, &v->factory_terms);
  v->budget_version = fqt_avro_read_long(r);
}

static void read_budget_ack(fqt_avro_reader *r, fqt_budget_ack *v) {
  fqt_avro_read_string(r, v->device, sizeof v->device);
  v->boot_counter = fqt_avro_read_int(r);
  v->boot_nonce = fqt_avro_read_int(r);
  v->uptime_ms = fqt_avro_read_long(r);
  v->answered_version = fqt_avro_read_long(r);
  v->outcome = (fqt_ack_outcome)fqt_avro_read_enum(r, FQT_ACK_OUTCOME_COUNT);
  v->refusal = (fqt_refusal_reason)fqt_avro_read_enum(r, FQT_REFUSAL_REASON_COUNT);
  fqt_avro_read_string(r, v->field, sizeof v->field);
  v->version_in_force = fqt_avro_read_long(r);
  read_budget_terms(r, &v->terms_in_force);
}

static void read_update_budget(fqt_avro_reader *r, fqt_update_budget *v) {
  fqt_avro_read_string(r, v->device, sizeof v->device);
  v->version = fqt_avro_read_long(r);
  v->policy_version = fqt_avro_read_long(r);
  v->issued_at_ms = fqt_avro_read_long(r);
  read_budget_terms(r, &v->terms);
  v->reset_error_max = fqt_avro_read_boolean(r);
  v->weights = (fqt_weights_action)fqt_avro_read_enum(r, FQT_WEIGHTS_ACTION_COUNT);
  v->time_to_live_s = fqt_avro_read_int(r);
  v->on_expiry = (fqt_expiry_action)fqt_avro_read_enum(r, FQT_EXPIRY_ACTION_COUNT);
  v->reason = (fqt_reason_code)fqt_avro_read_enum(r, FQT_REASON_CODE_COUNT);
}

fqt_wire_status fqt_training_report_encode(const fqt_training_report *value, uint8_t *out, size_t capacity,
                            size_t *length) {
  fqt_avro_writer w;
  fqt_avro_begin_write(&w, out, capacity, FQT_TRAINING_REPORT_FINGERPRINT);
  write_training_report(&w, value);
  return fqt_avro_end_write(&w, length);
}

fqt_wire_status fqt_training_report_decode(const uint8_t *bytes, size_t length, fqt_training_report *value) {
  fqt_avro_reader r;
  fqt_training_report read = {0};
  fqt_avro_begin_read(&r, bytes, length, FQT_TRAINING_REPORT_FINGERPRINT);
  read_training_report(&r, &read);
  fqt_wire_status status = fqt_avro_end_read(&r);
  if (status == FQT_WIRE_OK) {
    *value = read;
  }
  return status;
}

fqt_wire_status fqt_device_status_encode(const fqt_device_status *value, uint8_t *out, size_t capacity,
                            size_t *length) {
  fqt_avro_writer w;
  fqt_avro_begin_write(&w, out, capacity, FQT_DEVICE_STATUS_FINGERPRINT);
  write_device_status(&w, value);
  return fqt_avro_end_write(&w, length);
}

fqt_wire_status fqt_device_status_decode(const uint8_t *bytes, size_t length, fqt_device_status *value) {
  fqt_avro_reader r;
  fqt_device_status read = {0};
  fqt_avro_begin_read(&r, bytes, length, FQT_DEVICE_STATUS_FINGERPRINT);
  read_device_status(&r, &read);
  fqt_wire_status status = fqt_avro_end_read(&r);
  if (status == FQT_WIRE_OK) {
    *value = read;
  }
  return status;
}

fqt_wire_status fqt_budget_ack_encode(const fqt_budget_ack *value, uint8_t *out, size_t capacity,
                            size_t *length) {
  fqt_avro_writer w;
  fqt_avro_begin_write(&w, out, capacity, FQT_BUDGET_ACK_FINGERPRINT);
  write_budget_ack(&w, value);
  return fqt_avro_end_write(&w, length);
}

fqt_wire_status fqt_budget_ack_decode(const uint8_t *bytes, size_t length, fqt_budget_ack *value) {
  fqt_avro_reader r;
  fqt_budget_ack read = {0};
  fqt_avro_begin_read(&r, bytes, length, FQT_BUDGET_ACK_FINGERPRINT);
  read_budget_ack(&r, &read);
  fqt_wire_status status = fqt_avro_end_read(&r);
  if (status == FQT_WIRE_OK) {
    *value = read;
  }
  return status;
}

fqt_wire_status fqt_update_budget_encode(const fqt_update_budget *value, uint8_t *out, size_t capacity,
                            size_t *length) {
  fqt_avro_writer w;
  fqt_avro_begin_write(&w, out, capacity, FQT_UPDATE_BUDGET_FINGERPRINT);
  write_update_budget(&w, value);
  return fqt_avro_end_write(&w, length);
}

fqt_wire_status fqt_update_budget_decode(const uint8_t *bytes, size_t length, fqt_update_budget *value) {
  fqt_avro_reader r;
  fqt_update_budget read = {0};
  fqt_avro_begin_read(&r, bytes, length, FQT_UPDATE_BUDGET_FINGERPRINT);
  read_update_budget(&r, &read);
  fqt_wire_status status = fqt_avro_end_read(&r);
  if (status == FQT_WIRE_OK) {
    *value = read;
  }
  return status;
}

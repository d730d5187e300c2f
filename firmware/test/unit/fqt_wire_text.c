/* Generated from schemas/src/main/avro by io.fqtfleet.schemas.codegen.CodecGenerator.
 * Change the schema, then run: mvn -pl schemas compile exec:java */
#include "fqt_wire_text.h"

#include <inttypes.h>

static const char *const fqt_device_state_names[] = {
    "ONLINE",
    "OFFLINE",
};

static const char *const fqt_ack_outcome_names[] = {
    "APPLIED",
    "REPEATED",
    "REFUSED",
};

static const char *const fqt_refusal_reason_names[] = {
    "NONE",
    "BAD_FORMAT",
    "UNKNOWN_SCHEMA",
    "UNKNOWN_KEY",
    "BAD_SIGNATURE",
    "WRONG_DEVICE",
    "OUT_OF_RANGE",
    "REPLAYED",
    "STORE_FAILED",
    "OVERSIZE",
};

static const char *const fqt_weights_action_names[] = {
    "KEEP",
    "LAST_GOOD",
    "FACTORY",
};

static const char *const fqt_expiry_action_names[] = {
    "FREEZE",
    "FACTORY",
};

static const char *const fqt_reason_code_names[] = {
    "UNKNOWN",
    "INITIAL",
    "STABLE",
    "DOMAIN_DRIFT",
    "DEVICE_TRIAL",
    "DEVICE_FAULT",
    "RECOVERED",
    "POLICY_CHANGED",
    "OPERATOR_FREEZE",
    "ROLLBACK",
    "LABEL_NOISE",
    "ENERGY",
};

static void print_layer_counters(FILE *out, const char *at, const fqt_layer_counters *v) {
  fprintf(out, "%sgradNormSquareSum=%" PRId64 "\n", at, v->grad_norm_square_sum);
  fprintf(out, "%sgradSamples=%" PRId64 "\n", at, v->grad_samples);
  fprintf(out, "%sgradSum=%" PRId64 "\n", at, v->grad_sum);
  fprintf(out, "%sgradSquareSum=%" PRId64 "\n", at, v->grad_square_sum);
  fprintf(out, "%sgradAbsMax=%" PRId64 "\n", at, v->grad_abs_max);
  fprintf(out, "%supdateNormSquareSum=%" PRId64 "\n", at, v->update_norm_square_sum);
  fprintf(out, "%supdateSteps=%" PRId64 "\n", at, v->update_steps);
  fprintf(out, "%sweightNormSquare=%" PRId64 "\n", at, v->weight_norm_square);
  fprintf(out, "%scodesChanged=%" PRId64 "\n", at, v->codes_changed);
  fprintf(out, "%scodesVisited=%" PRId64 "\n", at, v->codes_visited);
  fprintf(out, "%ssaturatedX=%" PRId64 "\n", at, v->saturated_x);
  fprintf(out, "%stotalX=%" PRId64 "\n", at, v->total_x);
  fprintf(out, "%ssaturatedE=%" PRId64 "\n", at, v->saturated_e);
  fprintf(out, "%stotalE=%" PRId64 "\n", at, v->total_e);
  fprintf(out, "%ssaturatedW=%" PRId64 "\n", at, v->saturated_w);
  fprintf(out, "%sstructuresUpdated=%" PRId64 "\n", at, v->structures_updated);
  fprintf(out, "%sstructuresOffered=%" PRId64 "\n", at, v->structures_offered);
}

static void print_training_report(FILE *out, const char *at, const fqt_training_report *v) {
  fprintf(out, "%sdevice=%s\n", at, v->device);
  fprintf(out, "%sbootCounter=%" PRId32 "\n", at, v->boot_counter);
  fprintf(out, "%sbootNonce=%" PRId32 "\n", at, v->boot_nonce);
  fprintf(out, "%ssequence=%" PRId64 "\n", at, v->sequence);
  fprintf(out, "%suptimeMs=%" PRId64 "\n", at, v->uptime_ms);
  fprintf(out, "%slearntTimeMs=%" PRId64 "\n", at, v->learnt_time_ms);
  fprintf(out, "%ssamplesSeen=%" PRId64 "\n", at, v->samples_seen);
  fprintf(out, "%ssamplesLabelled=%" PRId64 "\n", at, v->samples_labelled);
  fprintf(out, "%ssamplesCorrect=%" PRId64 "\n", at, v->samples_correct);
  fprintf(out, "%ssamplesTrained=%" PRId64 "\n", at, v->samples_trained);
  fprintf(out, "%slossSum=%" PRId64 "\n", at, v->loss_sum);
  fprintf(out, "%slossSquareSum=%" PRId64 "\n", at, v->loss_square_sum);
  fprintf(out, "%slossMin=%" PRId32 "\n", at, v->loss_min);
  fprintf(out, "%slossMax=%" PRId32 "\n", at, v->loss_max);
  fprintf(out, "%sconfidenceSum=%" PRId64 "\n", at, v->confidence_sum);
  fprintf(out, "%sconfidenceSquareSum=%" PRId64 "\n", at, v->confidence_square_sum);
  fprintf(out, "%sinputCount=%" PRId64 "\n", at, v->input_count);
  fprintf(out, "%sinputSum=%" PRId64 "\n", at, v->input_sum);
  fprintf(out, "%sinputSquareSum=%" PRId64 "\n", at, v->input_square_sum);
  fprintf(out, "%sinputMin=%" PRId32 "\n", at, v->input_min);
  fprintf(out, "%sinputMax=%" PRId32 "\n", at, v->input_max);
  fprintf(out, "%sfirstLayer=%" PRId32 "\n", at, v->first_layer);
  for (size_t i = 0; i < v->layers_count; i++) {
    {
      char inner[160];
      (void)snprintf(inner, sizeof inner, "%slayers[%zu].", at, i);
      print_layer_counters(out, inner, &v->layers[i]);
    }
  }
  fprintf(out, "%smacsForward=%" PRId64 "\n", at, v->macs_forward);
  fprintf(out, "%smacsBackward=%" PRId64 "\n", at, v->macs_backward);
  if (v->has_instructions) {
    fprintf(out, "%sinstructions=%" PRId64 "\n", at, v->instructions);
  } else {
    fprintf(out, "%sinstructions=%s\n", at, "null");
  }
  fprintf(out, "%senergyMicroJoule=%" PRId64 "\n", at, v->energy_micro_joule);
  fprintf(out, "%sbudgetVersion=%" PRId64 "\n", at, v->budget_version);
  fprintf(out, "%ssamplesThrottled=%" PRId64 "\n", at, v->samples_throttled);
}

static void print_attribute(FILE *out, const char *at, const fqt_attribute *v) {
  fprintf(out, "%sname=%s\n", at, v->name);
  fprintf(out, "%svalue=%s\n", at, v->value);
}

static void print_budget_terms(FILE *out, const char *at, const fqt_budget_terms *v) {
  fprintf(out, "%straining=%s\n", at, v->training ? "true" : "false");
  fprintf(out, "%slambdaMinPermille=%" PRId32 "\n", at, v->lambda_min_permille);
  fprintf(out, "%slambdaMaxPermille=%" PRId32 "\n", at, v->lambda_max_permille);
  fprintf(out, "%sfirstTrainableLayer=%" PRId32 "\n", at, v->first_trainable_layer);
  fprintf(out, "%slearningRate=%" PRId32 "\n", at, v->learning_rate);
  fprintf(out, "%sbatchSize=%" PRId32 "\n", at, v->batch_size);
  fprintf(out, "%strainEveryNth=%" PRId32 "\n", at, v->train_every_nth);
  fprintf(out, "%spseudoLabelPermille=%" PRId32 "\n", at, v->pseudo_label_permille);
  fprintf(out, "%senergyCapacityMilliJoule=%" PRId32 "\n", at, v->energy_capacity_milli_joule);
  fprintf(out, "%senergyRefillMilliJoulePerHour=%" PRId32 "\n", at, v->energy_refill_milli_joule_per_hour);
  fprintf(out, "%sreportIntervalMs=%" PRId32 "\n", at, v->report_interval_ms);
}

static void print_device_status(FILE *out, const char *at, const fqt_device_status *v) {
  fprintf(out, "%sdevice=%s\n", at, v->device);
  fprintf(out, "%sstate=%s\n", at, fqt_device_state_names[v->state]);
  fprintf(out, "%sbootCounter=%" PRId32 "\n", at, v->boot_counter);
  fprintf(out, "%sbootNonce=%" PRId32 "\n", at, v->boot_nonce);
  fprintf(out, "%sfirmware=%s\n", at, v->firmware);
  fprintf(out, "%sboard=%s\n", at, v->board);
  fprintf(out, "%smodelFingerprint=%" PRId64 "\n", at, v->model_fingerprint);
  fprintf(out, "%sreportSchema=%" PRId64 "\n", at, v->report_schema);
  fprintf(out, "%sbudgetSchema=%" PRId64 "\n", at, v->budget_schema);
  fprintf(out, "%scohort=%s\n", at, v->cohort);
  for (size_t i = 0; i < v->attributes_count; i++) {
    {
      char inner[160];
      (void)snprintf(inner, sizeof inner, "%sattributes[%zu].", at, i);
      print_attribute(out, inner, &v->attributes[i]);
    }
  }
  fprintf(out, "%slayerCount=%" PRId32 "\n", at, v->layer_count);
  {
    char inner[160];
    (void)snprintf(inner, sizeof inner, "%sfactoryTerms.", at);
    print_budget_terms(out, inner, &v->factory_terms);
  }
  fprintf(out, "%sbudgetVersion=%" PRId64 "\n", at, v->budget_version);
}

static void print_budget_ack(FILE *out, const char *at, const fqt_budget_ack *v) {
  fprintf(out, "%sdevice=%s\n", at, v->device);
  fprintf(out, "%sbootCounter=%" PRId32 "\n", at, v->boot_counter);
  fprintf(out, "%sbootNonce=%" PRId32 "\n", at, v->boot_nonce);
  fprintf(out, "%suptimeMs=%" PRId64 "\n", at, v->uptime_ms);
  fprintf(out, "%sansweredVersion=%" PRId64 "\n", at, v->answered_version);
  fprintf(out, "%soutcome=%s\n", at, fqt_ack_outcome_names[v->outcome]);
  fprintf(out, "%srefusal=%s\n", at, fqt_refusal_reason_names[v->refusal]);
  fprintf(out, "%sfield=%s\n", at, v->field);
  fprintf(out, "%sversionInForce=%" PRId64 "\n", at, v->version_in_force);
  {
    char inner[160];
    (void)snprintf(inner, sizeof inner, "%stermsInForce.", at);
    print_budget_terms(out, inner, &v->terms_in_force);
  }
}

static void print_update_budget(FILE *out, const char *at, const fqt_update_budget *v) {
  fprintf(out, "%sdevice=%s\n", at, v->device);
  fprintf(out, "%sversion=%" PRId64 "\n", at, v->version);
  fprintf(out, "%spolicyVersion=%" PRId64 "\n", at, v->policy_version);
  fprintf(out, "%sissuedAtMs=%" PRId64 "\n", at, v->issued_at_ms);
  {
    char inner[160];
    (void)snprintf(inner, sizeof inner, "%sterms.", at);
    print_budget_terms(out, inner, &v->terms);
  }
  fprintf(out, "%sresetErrorMax=%s\n", at, v->reset_error_max ? "true" : "false");
  fprintf(out, "%sweights=%s\n", at, fqt_weights_action_names[v->weights]);
  fprintf(out, "%stimeToLiveS=%" PRId32 "\n", at, v->time_to_live_s);
  fprintf(out, "%sonExpiry=%s\n", at, fqt_expiry_action_names[v->on_expiry]);
  fprintf(out, "%sreason=%s\n", at, fqt_reason_code_names[v->reason]);
}

void fqt_training_report_print(FILE *out, const fqt_training_report *value) {
  print_training_report(out, "", value);
}

void fqt_device_status_print(FILE *out, const fqt_device_status *value) {
  print_device_status(out, "", value);
}

void fqt_budget_ack_print(FILE *out, const fqt_budget_ack *value) {
  print_budget_ack(out, "", value);
}

void fqt_update_budget_print(FILE *out, const fqt_update_budget *value) {
  print_update_budget(out, "", value);
}

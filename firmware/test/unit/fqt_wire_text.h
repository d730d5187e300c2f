/* Generated from schemas/src/main/avro by io.fqtfleet.schemas.codegen.CodecGenerator.
 * Change the schema, then run: mvn -pl schemas compile exec:java */
#ifndef FQT_WIRE_TEXT_H
#define FQT_WIRE_TEXT_H

#include <stdio.h>

#include "wire/generated/fqt_wire.h"

/* Print one line path=value per leaf; for tests on a host. */
void fqt_training_report_print(FILE *out, const fqt_training_report *value);
void fqt_device_status_print(FILE *out, const fqt_device_status *value);
void fqt_budget_ack_print(FILE *out, const fqt_budget_ack *value);
void fqt_update_budget_print(FILE *out, const fqt_update_budget *value);

#endif

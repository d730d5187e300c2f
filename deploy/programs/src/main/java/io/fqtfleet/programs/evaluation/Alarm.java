package io.fqtfleet.programs.evaluation;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;

/**
 * The opening of an incident.
 *
 * @param round whose end raised it
 * @param cohort number of it, -1 = the whole fleet
 * @param device id, empty unless scope is DEVICE
 * @param onset estimated first round of the change, -1 = no estimate
 * @param withdrawn it was invalidated later
 */
record Alarm(
    int round,
    AlertScope scope,
    int cohort,
    String device,
    AlertKind kind,
    double onset,
    boolean withdrawn) {}

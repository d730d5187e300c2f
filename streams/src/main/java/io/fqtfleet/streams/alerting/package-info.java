/**
 * An alert's life outside the round that raised it: operators' verdicts, and the push to
 * Alertmanager.
 *
 * <p>Knows neither detectors nor budgets. Start at {@code FeedbackDesk} and {@code AlertPush}.
 */
package io.fqtfleet.streams.alerting;

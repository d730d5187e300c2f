/**
 * Measures the running services: throughput of the streams topology beside one that only passes on,
 * and how long lost state takes to come back. Start at {@code StreamsBench}.
 */
package io.fqtfleet.programs.bench;

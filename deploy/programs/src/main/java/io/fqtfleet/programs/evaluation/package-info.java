/**
 * How well the detectors do: seeded fleets with known changes, the production round logic and the
 * usual detectors on the same evidence, scored by definitions that are frozen in code. It must not
 * decide anything that production decides.
 *
 * <p>Start with {@link io.fqtfleet.programs.evaluation.DriftScenario}, then {@link
 * io.fqtfleet.programs.evaluation.Scoring}.
 */
package io.fqtfleet.programs.evaluation;

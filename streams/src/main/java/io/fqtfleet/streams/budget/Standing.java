package io.fqtfleet.streams.budget;

/**
 * Where a device stands.
 *
 * <pre>
 *              evidence rises        cohort incident, affected
 *   STABLE <──────────────> WATCH ──────────────────────────────> DRIFT
 *     ^  ^                    │ alone                               │ error back
 *     │  │                    v            helped                   v
 *     │  │                  TRIAL ───────────────────────────> RECOVERING ──> STABLE
 *     │  │                    │ did not help, or impossible signal
 *     │  └── sound again ── FAULT
 * </pre>
 */
public enum Standing {
  /** The world is as it was. */
  STABLE,
  /** Some evidence, not enough to act. */
  WATCH,
  /** Part of a cohort's incident: trains by severity. */
  DRIFT,
  /** Alone with its trouble: may train for a bounded time, to see whether that helps. */
  TRIAL,
  /** Broken: frozen, so that it does not learn garbage. */
  FAULT,
  /** The error is back; the terms stay until that has lasted. */
  RECOVERING
}

/**
 * A policy as operators write it, what two differ in, and every version there was. The command line
 * and the console read and judge policies here; it must not know Kafka, clocks, or how budgets
 * follow from a policy.
 *
 * <p>Start with {@link io.fqtfleet.streams.policy.PolicyDraft}.
 */
package io.fqtfleet.streams.policy;

/**
 * The fault suite: real load through real brokers and gateway processes while one of them is
 * stopped, paused, killed, cut off or filled up; then every report and budget is accounted for. It
 * must not look inside the gateway: what it judges, any outsider could see.
 *
 * <p>Start with {@link io.fqtfleet.programs.faults.FaultRun}, then {@link
 * io.fqtfleet.programs.faults.Scenarios}.
 */
package io.fqtfleet.programs.faults;

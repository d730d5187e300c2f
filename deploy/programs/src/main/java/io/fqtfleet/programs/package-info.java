/**
 * The programs that need more than one module: the demo, and the command line that starts services.
 * Nothing depends on them.
 *
 * <p>Start with {@link io.fqtfleet.programs.FleetCli}, then {@link io.fqtfleet.programs.Demo}.
 */
package io.fqtfleet.programs;

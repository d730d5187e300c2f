/**
 * The operators' page: what the fleet does, served from memory and the stores, and the few things
 * an operator may do, written to the topics. It must not know how decisions are made.
 *
 * <p>Start with {@link io.fqtfleet.streams.console.ConsoleHandler}.
 */
package io.fqtfleet.streams.console;

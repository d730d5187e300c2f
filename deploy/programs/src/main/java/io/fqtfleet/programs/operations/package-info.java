/**
 * Looking after a deployment: the topics as they should be, and whether everything works together.
 *
 * <p>Start with {@link io.fqtfleet.programs.operations.DoctorCommand}.
 */
package io.fqtfleet.programs.operations;

/**
 * Turns the records that devices exchange into a small C11 codec: fixed buffers, no malloc, every
 * read and write bounds-checked. It refuses schemas it cannot express, naming the field.
 *
 * <p>Start with {@link io.fqtfleet.schemas.codegen.CodecGenerator}.
 */
package io.fqtfleet.schemas.codegen;

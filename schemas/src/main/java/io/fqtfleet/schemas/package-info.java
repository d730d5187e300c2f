/**
 * The contract: every record, topic name and byte on the wire. It knows no other module.
 *
 * <p>Start with {@link io.fqtfleet.schemas.Topics}, then {@link io.fqtfleet.schemas.WireCodec}.
 */
package io.fqtfleet.schemas;

package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.contract.DeadLetter.Reason;
import io.fqtfleet.gateway.contract.PropertyHeaders.FromKafka;
import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * Turns a record of {@code fqt.budgets.v1} into what is published: decoded, checked, encoded to the
 * schema that the device reads, signed. Decides nothing else. Safe for many threads.
 */
final class BudgetEncoder {
  private static final byte[] NOTHING = {};

  /** Single-object bytes, key id, tag. */
  static final String CONTENT_TYPE = "application/vnd.fqt.signed-budget";

  /** More than the longest id and every number at its longest make. */
  static final int BYTES_MAX = 1_024;

  /** A topic and its retained payload; an empty payload deletes. */
  record Publication(String topic, byte[] payload, MessageProperties properties) {}

  /** Why a budget cannot be delivered; it becomes a dead letter. */
  static final class UndeliverableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    UndeliverableException(Reason reason, String words) {
      super(words);
      this.reason = reason;
    }

    Reason reason() {
      return reason;
    }
  }

  private final WireCodec<UpdateBudget> codec = WireCodec.of(UpdateBudget.class);
  private final BudgetKeys keys;
  private final Function<String, OptionalLong> schemaReadBy;

  /**
   * @param schemaReadBy fingerprint of the budget schema that a device named in its status; empty
   *     if no status is known
   */
  BudgetEncoder(BudgetKeys keys, Function<String, OptionalLong> schemaReadBy) {
    this.keys = keys;
    this.schemaReadBy = schemaReadBy;
  }

  /** {@code value} null = the budget was deleted, so is the retained message. */
  Publication encode(String device, byte[] value, FromKafka came) throws UndeliverableException {
    if (device == null || !Topics.DEVICE_ID.matcher(device).matches()) {
      throw new UndeliverableException(
          Reason.BAD_KEY, "the record's key '%s' is no device id".formatted(device));
    }
    String topic = Topics.budget(device);
    if (value == null) {
      return new Publication(topic, NOTHING, MessageProperties.NONE);
    }
    if (value.length > BYTES_MAX) {
      throw new UndeliverableException(
          Reason.OVERSIZE,
          "%d bytes are more than a budget can have, %d".formatted(value.length, BYTES_MAX));
    }
    byte[] body = codec.encode(decode(device, value));
    checkSchema(device);
    BudgetKeys.Key key =
        keys.of(device)
            .orElseThrow(
                () ->
                    new UndeliverableException(
                        Reason.NO_KEY,
                        ("no key for device %s; add it to keys.deviceKeyFile or set keys.masterKey;"
                                + " if it was retired, nothing is missing")
                            .formatted(device)));
    if (came.expired()) {
      throw new UndeliverableException(
          Reason.EXPIRED,
          "its end (header %s) has passed; the budget before it stays in force"
              .formatted(Headers.EXPIRES_AT));
    }
    return new Publication(
        topic, BudgetSignature.sign(topic, body, key.id(), key.bytes()), typed(came.properties()));
  }

  private static MessageProperties typed(MessageProperties given) {
    return given.contentType() != null
        ? given
        : new MessageProperties(CONTENT_TYPE, given.expirySeconds(), given.user());
  }

  private UpdateBudget decode(String device, byte[] value) throws UndeliverableException {
    UpdateBudget budget;
    try {
      budget = codec.decode(value);
    } catch (WireException e) {
      throw new UndeliverableException(Reason.of(e.reason()), e.getMessage());
    }
    if (!budget.getDevice().equals(device)) {
      throw new UndeliverableException(
          Reason.WRONG_DEVICE,
          "the budget is for '%s', its key is '%s'".formatted(budget.getDevice(), device));
    }
    return budget;
  }

  /** Devices can't resolve schemas; only the current one can be written so far. */
  private void checkSchema(String device) throws UndeliverableException {
    OptionalLong wanted = schemaReadBy.apply(device);
    if (wanted.isPresent() && wanted.getAsLong() != codec.fingerprint()) {
      throw new UndeliverableException(
          Reason.UNKNOWN_SCHEMA,
          "device %s reads budgets of schema %s, this gateway writes %s; update one of them"
              .formatted(
                  device, WireCodec.hex(wanted.getAsLong()), WireCodec.hex(codec.fingerprint())));
    }
  }
}

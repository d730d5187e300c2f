package io.fqtfleet.schemas;

/** Bytes that are not what the contract says. The message goes to the dead letters as it is. */
public final class WireException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why. The name is the code in the dead letter's reason and in metrics. */
  public enum Reason {
    /** No single-object header: too short, or it does not begin with C3 01. */
    NOT_SINGLE_OBJECT,
    /** A writer schema that this program does not know. */
    UNKNOWN_SCHEMA,
    /** The body ends early or cannot be read by its schema. */
    TRUNCATED,
    /** Bytes after the end of the body. */
    TRAILING_BYTES,
    /** A field breaks its rule. */
    OUT_OF_RANGE,
    /** The payload names another device than the topic or key. */
    WRONG_DEVICE,
    /** A topic that does not follow the protocol. */
    BAD_TOPIC,
    /** Feedback on an alert that was never raised. */
    UNKNOWN_ALERT,
    /** Larger than the limit. */
    OVERSIZE
  }

  private final Reason reason;

  public WireException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public WireException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  /** The value of the header {@link Headers#REASON}. */
  public String asHeader() {
    return reason + ": " + getMessage();
  }
}

package io.fqtfleet.streams.console;

/** What is asked cannot be done; the message is for the person who asked. */
final class ApiException extends Exception {
  private static final long serialVersionUID = 1L;
  static final int BAD_REQUEST = 400;
  static final int UNAUTHORIZED = 401;
  static final int FORBIDDEN = 403;
  static final int NOT_FOUND = 404;
  static final int CONFLICT = 409;
  static final int TOO_LARGE = 413;
  static final int TOO_MANY = 429;
  static final int UNAVAILABLE = 503;

  private final int status;
  private final String field;

  ApiException(int status, String message) {
    this(status, "", message);
  }

  /**
   * @param field of the form beside which the message is shown; empty = of none
   */
  ApiException(int status, String field, String message) {
    super(message);
    this.status = status;
    this.field = field;
  }

  int status() {
    return status;
  }

  String field() {
    return field;
  }
}

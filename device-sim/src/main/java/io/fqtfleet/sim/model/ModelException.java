package io.fqtfleet.sim.model;

/** A model or its weights that cannot be used: what is wrong, the limit, what to do. */
public final class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ModelException(String message) {
    super(message);
  }

  public ModelException(String message, Throwable cause) {
    super(message, cause);
  }
}

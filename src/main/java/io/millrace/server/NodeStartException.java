package io.millrace.server;

/**
 * The node cannot start; the message says why and what to do.
 *
 * <p>Owner: immutable.
 */
public final class NodeStartException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public NodeStartException(String message, Throwable cause) {
    super(message, cause);
  }
}

package io.millrace.protocol;

/**
 * A frame that is not the response to the request it answers; the connection is closed.
 *
 * <p>Owner: immutable.
 */
public final class MalformedResponseException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public MalformedResponseException(String message) {
    super(message, null, false, false);
  }
}

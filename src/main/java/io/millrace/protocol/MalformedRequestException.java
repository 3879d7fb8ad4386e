package io.millrace.protocol;

/**
 * A frame that is not a request of the Kafka protocol, or of a key or version that this node does
 * not serve. Its message names what was wrong and what is allowed; the connection is closed.
 *
 * <p>Owner: immutable.
 */
public final class MalformedRequestException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public MalformedRequestException(String message) {
    super(message, null, false, false);
  }
}

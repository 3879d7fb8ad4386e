package io.millrace.log;

/**
 * What a leader has sent cannot be what it has: it is not taken, and has to be asked for again.
 *
 * <p>Owner: immutable.
 */
public final class ReplicationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ReplicationException(String message) {
    super(message);
  }
}

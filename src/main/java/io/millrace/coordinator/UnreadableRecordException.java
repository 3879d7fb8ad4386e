package io.millrace.coordinator;

/**
 * A record of a coordinator's topic that must be understood and is not. To skip it would lose what
 * was acknowledged, so its shard is not served.
 *
 * <p>Owner: immutable.
 */
final class UnreadableRecordException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnreadableRecordException(String message, Throwable cause) {
    super(message, cause);
  }
}

package io.millrace.record;

/**
 * The records of a batch cannot be decoded, though it was taken for a good one.
 *
 * <p>Owner: immutable.
 */
public final class CorruptBatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CorruptBatchException(String message, Throwable cause) {
    super(message, cause);
  }
}

package io.millrace.quorum;

import java.io.IOException;

/**
 * Why the log could not be appended to.
 *
 * <p>Owner: immutable.
 */
final class AppendFailure extends IOException {
  private static final long serialVersionUID = 1L;
  private final boolean retriable;

  /**
   * A failure.
   *
   * @param retriable true = nothing of the failed batch is kept and the disk may get well; false =
   *     nobody knows what is on the disk
   */
  AppendFailure(String message, boolean retriable, IOException cause) {
    super(message, cause);
    this.retriable = retriable;
  }

  boolean retriable() {
    return retriable;
  }
}

package io.millrace.log;

import java.io.IOException;

/**
 * A log could not be opened now, and nothing is wrong with it.
 *
 * <p>Owner: immutable.
 */
public final class LogNotOpenedException extends IOException {
  private static final long serialVersionUID = 1;

  private final boolean retriable;

  private LogNotOpenedException(String message, IOException cause, boolean retriable) {
    super(message, cause);
    this.retriable = retriable;
  }

  /** The disk is full, or the process has too many files open: it will do later. */
  static LogNotOpenedException forNow(IOException cause) {
    return new LogNotOpenedException(cause.getMessage(), cause, true);
  }

  /** The directory is about to be closed. */
  static LogNotOpenedException closing() {
    return new LogNotOpenedException("the node is being stopped", null, false);
  }

  /** Whether it makes sense to try again. */
  public boolean retriable() {
    return retriable;
  }
}

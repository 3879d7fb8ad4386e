package io.millrace.cli;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Standard output does not take any more: its reader has gone, or its disk is full.
 *
 * <p>Owner: immutable.
 */
public final class OutputFailedException extends UncheckedIOException {
  private static final long serialVersionUID = 1L;

  public OutputFailedException(IOException cause) {
    super(cause);
  }

  /** Whether the reader closed its end, which is how {@code | head} says that it has enough. */
  public boolean readerHasGone() {
    String reason = String.valueOf(getCause().getMessage());
    return reason.contains("Broken pipe") || reason.contains("Pipe closed");
  }
}

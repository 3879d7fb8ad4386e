package io.millrace.log;

import java.io.IOException;

/**
 * A segment whose bytes are not what was written.
 *
 * <p>Owner: immutable.
 */
public final class CorruptSegmentException extends IOException {
  private static final long serialVersionUID = 1L;

  CorruptSegmentException(String message) {
    super(message);
  }
}

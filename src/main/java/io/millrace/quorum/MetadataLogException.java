package io.millrace.quorum;

import java.io.IOException;

/**
 * The metadata log on the disk is damaged in a way that must not be repaired by guessing: the voter
 * refuses to start. The message says where and what to do.
 *
 * <p>Owner: immutable.
 */
public final class MetadataLogException extends IOException {
  private static final long serialVersionUID = 1L;

  public MetadataLogException(String message) {
    super(message);
  }

  public MetadataLogException(String message, Throwable cause) {
    super(message, cause);
  }
}

package io.millrace.quorum;

import java.io.IOException;

/**
 * The metadata log on the disk is damaged in a way that must not be repaired by guessing. The
 * message says what is wrong and where; what follows from it {@link QuorumDisk} knows: a node that
 * is alone does not start, a voter among others goes on without its vote.
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

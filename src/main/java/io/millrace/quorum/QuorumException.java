package io.millrace.quorum;

import org.apache.kafka.common.protocol.Errors;

/**
 * Why a proposal was not committed; {@link #error} is what a client is to be told.
 *
 * <p>Owner: immutable.
 */
public final class QuorumException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final Errors error;

  public QuorumException(Errors error, String message) {
    super(message);
    this.error = error;
  }

  public QuorumException(Errors error, String message, Throwable cause) {
    super(message, cause);
    this.error = error;
  }

  public Errors error() {
    return error;
  }
}

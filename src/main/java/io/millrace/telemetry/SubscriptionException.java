package io.millrace.telemetry;

import org.apache.kafka.common.protocol.Errors;

/**
 * The configs are none of a subscription.
 *
 * <p>Owner: immutable.
 */
public final class SubscriptionException extends Exception {
  private static final long serialVersionUID = 1;

  private final Errors error;

  SubscriptionException(Errors error, String message) {
    super(message);
    this.error = error;
  }

  /** What to answer: INVALID_REQUEST or INVALID_CONFIG. */
  public Errors error() {
    return error;
  }
}

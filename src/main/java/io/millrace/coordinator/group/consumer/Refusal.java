package io.millrace.coordinator.group.consumer;

import org.apache.kafka.common.protocol.Errors;

/**
 * A request is refused, and nothing changes.
 *
 * <p>Owner: immutable.
 */
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final Errors error;

  /** The message says what to do. */
  Refusal(Errors error, String message) {
    super(message, null, false, false);
    this.error = error;
  }

  Errors error() {
    return error;
  }
}

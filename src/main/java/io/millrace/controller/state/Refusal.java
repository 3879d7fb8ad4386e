package io.millrace.controller.state;

import io.millrace.controller.Controller.Outcome;
import org.apache.kafka.common.protocol.Errors;

/**
 * Ends the decision about one item with the error for the client. Never leaves this package.
 *
 * <p>Owner: immutable.
 */
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;
  private final Errors error;

  Refusal(Errors error, String message) {
    super(message, null, false, false);
    this.error = error;
  }

  Outcome outcome() {
    return new Outcome(error, getMessage());
  }
}

package io.millrace.coordinator.transaction;

import org.apache.kafka.common.protocol.Errors;

/**
 * How clients are told that they are fenced: those of before KIP-588 know another name.
 *
 * <p>Owner: any thread.
 */
final class Fencing {
  private Fencing() {}

  /**
   * The error as a client knows it.
   *
   * @param knowsFenced its version of the request has PRODUCER_FENCED
   */
  static Errors named(Errors error, boolean knowsFenced) {
    return error == Errors.PRODUCER_FENCED && !knowsFenced ? Errors.INVALID_PRODUCER_EPOCH : error;
  }
}

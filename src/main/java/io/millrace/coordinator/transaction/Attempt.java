package io.millrace.coordinator.transaction;

import org.apache.kafka.common.protocol.Errors;

/**
 * A command of a producer, which is tried at once and perhaps again later.
 *
 * <p>Owner: partition loop.
 */
interface Attempt {
  /**
   * Carries the command out, or refuses it; false = it cannot be before the transaction that is
   * being completed has ended, and nothing is answered yet.
   */
  boolean tryOn(Draft draft);

  /** Answers with an error. */
  void refuse(Draft draft, Errors error);

  /** The coordinator ends before the command could be carried out. */
  void fail(Errors why);
}

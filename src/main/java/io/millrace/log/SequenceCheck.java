package io.millrace.log;

import org.apache.kafka.common.protocol.Errors;

/**
 * What an idempotent producer's sequence numbers say about a batch.
 *
 * <p>Owner: immutable.
 */
sealed interface SequenceCheck {
  /** The batch is the next one of its producer. */
  record Accept() implements SequenceCheck {
    static final Accept INSTANCE = new Accept();
  }

  /**
   * The batch is one of the last five of its producer: these are the offsets and the max timestamp
   * (ms) of the original.
   */
  record Duplicate(long baseOffset, long lastOffset, long timestamp) implements SequenceCheck {}

  /** The batch must not be appended. */
  record Refused(Errors error, String message) implements SequenceCheck {}
}

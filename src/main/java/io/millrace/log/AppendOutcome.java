package io.millrace.log;

import org.apache.kafka.common.protocol.Errors;

/**
 * What became of the assignment of a batch.
 *
 * <p>Owner: immutable.
 */
public sealed interface AppendOutcome {
  /**
   * Offsets are assigned; the batch waits for {@link PartitionLog#write}.
   *
   * @param logAppendTimeMs the timestamp set by LogAppendTime; -1 = CreateTime
   */
  record Assigned(long baseOffset, long lastOffset, long logAppendTimeMs)
      implements AppendOutcome {}

  /**
   * The batch is one of the last five of its producer: these are the offsets and the time of the
   * original.
   */
  record Duplicate(long baseOffset, long lastOffset, long logAppendTimeMs)
      implements AppendOutcome {}

  /** Nothing was assigned or changed. */
  record Refused(Errors error, String message) implements AppendOutcome {}
}

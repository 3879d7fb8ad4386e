package io.millrace.partition;

import io.millrace.partition.state.FollowerState;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a leader has answered to a follower.
 *
 * @param records its remaining bytes; empty = none
 * @param released to be called, once, when the records are needed no more
 * @param highWatermark of the leader
 * @param logStartOffset of the leader
 * @param divergingEpoch -1 = the logs do not diverge; else the largest epoch of the leader up to
 *     the one that was asked for (KIP-595)
 * @param divergingEndOffset where that epoch ends in the leader's log
 *     <p>Owner: partition loop.
 */
public record Fetched(
    Errors error,
    ByteBuffer records,
    Runnable released,
    long highWatermark,
    long logStartOffset,
    int divergingEpoch,
    long divergingEndOffset) {
  /** All but the records. */
  FollowerState.Answer answer() {
    return new FollowerState.Answer(
        error,
        records.hasRemaining(),
        highWatermark,
        logStartOffset,
        divergingEpoch,
        divergingEndOffset);
  }
}

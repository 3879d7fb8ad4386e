package io.millrace.partition;

import io.millrace.log.ActiveProducer;
import io.millrace.log.FileSlice;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.EpochEnd;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.vertx.core.Future;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * The handle of a partition's replica on this node: hops to the loop that owns it. No future of it
 * fails; refusals come as {@link Answer#error}. {@code currentLeaderEpoch} is the client's, -1 =
 * the client does not say; it is fenced by FENCED_LEADER_EPOCH and UNKNOWN_LEADER_EPOCH.
 *
 * <p>Owner: any thread.
 */
public interface Partition {
  TopicIdPartition id();

  /** The loop that owns the replica. */
  Loop loop();

  /** The hot operations, to be called on {@link #loop} only. */
  Replica replica();

  /** An offset for ListOffsets; offset -1 = no such record, timestamp -1 = not applicable. */
  record ListedOffset(long offset, long timestamp, int leaderEpoch) {}

  /**
   * An offset for ListOffsets.
   *
   * @param timestampMs a time, or the special values of the protocol: -1 latest, -2 earliest, -3
   *     max timestamp, -4 earliest local
   * @param readCommitted whether latest means the last stable offset
   */
  Future<Answer<ListedOffset>> listOffset(
      long timestampMs, boolean readCommitted, int currentLeaderEpoch);

  /**
   * Where the records of the largest epoch up to {@code leaderEpoch} end (OffsetForLeaderEpoch).
   */
  Future<Answer<EpochEnd>> endOfEpoch(int leaderEpoch, int currentLeaderEpoch);

  /** DeleteRecords; -1 = up to the high watermark. Completes with the new low watermark. */
  Future<Answer<Long>> deleteRecords(long beforeOffset);

  /** For DescribeProducers. */
  Future<Answer<List<ActiveProducer>>> activeProducers();

  /**
   * Batches for another replica that has lost them, whether this one leads or follows: committed,
   * each checked. The value is null if there are none. OFFSET_OUT_OF_RANGE says that not all of the
   * range is here, CORRUPT_MESSAGE that this replica is damaged there too.
   *
   * @param from first offset
   * @param to behind the last one
   */
  default Future<Answer<FileSlice>> copyFor(long from, long to, int maxBytes) {
    return Future.succeededFuture(Answer.refused(Errors.NOT_LEADER_OR_FOLLOWER, null));
  }

  /** Figures for DescribeLogDirs, metrics and the HTTP API. */
  record Status(
      String logDir,
      long sizeInBytes,
      long logStartOffset,
      long highWatermark,
      long lastStableOffset,
      long logEndOffset,
      boolean leader,
      boolean online) {}

  /** The latest published figures; one volatile read, may lag by a moment. */
  Status status();

  /** Whether the replica can do its part, now; null = its log is not opened yet, or closed. */
  default ReplicaCondition condition() {
    return ReplicaCondition.ONLINE;
  }
}

package io.millrace.partition;

import io.millrace.log.ActiveProducer;
import io.millrace.log.PartitionLog;
import io.millrace.model.EpochEnd;
import io.millrace.partition.Partition.ListedOffset;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.protocol.Errors;

/**
 * Answers what is asked of a partition besides its records; made for one question.
 *
 * <p>Owner: partition loop.
 */
final class LeaderQuestions {
  private static final long LATEST = -1;
  private static final long EARLIEST = -2;
  private static final long MAX_TIMESTAMP = -3;
  private static final long EARLIEST_LOCAL = -4;

  private final LeaderReplica leader;
  private final PartitionLog log;

  LeaderQuestions(LeaderReplica leader, PartitionLog log) {
    this.leader = leader;
    this.log = log;
  }

  /**
   * Asks a replica, if it leads and the client's leader epoch is right.
   *
   * @param log its log; null if it does not lead
   */
  static <T> Future<Answer<T>> ask(
      Replica replica,
      PartitionLog log,
      int currentLeaderEpoch,
      Function<LeaderQuestions, Future<Answer<T>>> question) {
    if (replica instanceof OfflineReplica offline) {
      return refusal(offline.error(), offline.message());
    }
    if (!(replica instanceof LeaderReplica leader)) {
      return refusal(Errors.NOT_LEADER_OR_FOLLOWER, null);
    }
    Errors fenced = leader.fence(currentLeaderEpoch);
    return fenced == Errors.NONE
        ? question.apply(new LeaderQuestions(leader, log))
        : refusal(fenced, null);
  }

  /** See {@link Partition#listOffset}. */
  Future<Answer<ListedOffset>> listOffset(long timestampMs, boolean readCommitted) {
    if (timestampMs == EARLIEST || timestampMs == EARLIEST_LOCAL) {
      long start = log.logStartOffset();
      return answer(new ListedOffset(start, -1, log.epochOf(start)));
    }
    long bound = leader.readableEnd(readCommitted);
    boolean mayGrow = leader.highWatermark() < leader.state().epochStart();
    if (timestampMs == LATEST) {
      // What earlier leaders acknowledged is not known to be committed yet (KIP-207).
      return mayGrow
          ? refusal(Errors.OFFSET_NOT_AVAILABLE, null)
          : answer(new ListedOffset(bound, -1, leader.state().leaderEpoch()));
    }
    return (timestampMs == MAX_TIMESTAMP
            ? log.offsetOfMaxTimestamp(bound)
            : log.offsetForTimestamp(timestampMs, bound))
        .map(
            found ->
                found
                    .map(
                        f ->
                            Answer.of(new ListedOffset(f.offset(), f.timestamp(), f.leaderEpoch())))
                    .orElseGet(
                        () ->
                            mayGrow
                                ? Answer.refused(Errors.OFFSET_NOT_AVAILABLE, null)
                                : Answer.of(new ListedOffset(-1, -1, -1))))
        .otherwise(LeaderQuestions::storageError);
  }

  /** See {@link Partition#endOfEpoch}. */
  Future<Answer<EpochEnd>> endOfEpoch(int leaderEpoch) {
    return answer(log.endOfEpoch(leaderEpoch));
  }

  /** See {@link Partition#deleteRecords}. */
  Future<Answer<Long>> deleteRecords(long beforeOffset) {
    long highWatermark = leader.highWatermark();
    long target = beforeOffset == -1 ? highWatermark : beforeOffset;
    // An empty policy keeps everything until somebody deletes it, by this request say.
    if (log.config().compacts() && !log.config().deletes()) {
      return refusal(Errors.POLICY_VIOLATION, "cleanup.policy of the topic is compact alone");
    }
    if (target < 0 || target > highWatermark) {
      return refusal(
          Errors.OFFSET_OUT_OF_RANGE, "Offset " + target + "; allowed are 0 to " + highWatermark);
    }
    return log.deleteRecordsBefore(target)
        .map(any -> Answer.of(Math.max(target, log.logStartOffset())))
        .otherwise(LeaderQuestions::storageError);
  }

  /** See {@link Partition#activeProducers}. */
  Future<Answer<List<ActiveProducer>>> activeProducers() {
    return answer(log.activeProducers());
  }

  private static <T> Future<Answer<T>> answer(T value) {
    return Future.succeededFuture(Answer.of(value));
  }

  private static <T> Future<Answer<T>> refusal(Errors error, String message) {
    return Future.succeededFuture(Answer.refused(error, message));
  }

  private static <T> Answer<T> storageError(Throwable cause) {
    return Answer.refused(Errors.KAFKA_STORAGE_ERROR, cause.getMessage());
  }
}

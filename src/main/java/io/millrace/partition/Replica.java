package io.millrace.partition;

import io.millrace.cluster.PartitionLive;
import io.millrace.model.TransactionMarker;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;

/**
 * The hot operations of a partition's replica, which callers reach by hopping to its loop
 * themselves, many partitions in one hop.
 *
 * <p>Owner: partition loop.
 */
public interface Replica {
  /** Validates, assigns, queues; the write follows at the end of the loop's turn. */
  void append(ProduceAppend append);

  /**
   * Reads; answers by {@link FetchRead#onRead}, at once unless cold bytes must be looked at first.
   */
  void read(FetchRead reader, FetchAsk ask);

  /**
   * Writes the end of a transaction and tells, on this loop, once it is committed, or why it is
   * not: NOT_LEADER_OR_FOLLOWER and the like for whoever is to try again elsewhere,
   * TRANSACTION_COORDINATOR_FENCED and INVALID_PRODUCER_EPOCH for good.
   */
  default void endTransaction(TransactionMarker marker, Consumer<Errors> done) {
    done.accept(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  /**
   * The transactions that this leader has in progress, the oldest first; at most {@code limit}. Of
   * who does not lead: none.
   */
  default List<OpenTransaction> openTransactions(int limit) {
    return List.of();
  }

  /**
   * Aborts a transaction as {@link #endTransaction} does if it is exactly as it was {@code seen};
   * else tells INVALID_TXN_STATE.
   */
  default void abortUnchanged(OpenTransaction seen, Consumer<Errors> done) {
    done.accept(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  /** Takes a watcher away; it fires no more. */
  void unwatch(FetchRead reader);

  /** What a leader knows of its replicas; null = it does not lead. */
  default PartitionLive live() {
    return null;
  }

  /**
   * What a follower lacks of what its leader has committed, in offsets, as far as it was told; 0 =
   * nothing, or it does not follow.
   */
  default long followerLag() {
    return 0;
  }

  /**
   * How far the log reaches while nobody leads; null = somebody does, or the log is not open, or
   * something is still on its way into it.
   */
  default RestingLog resting() {
    return null;
  }

  /**
   * Who lives with this replica; null = it does not lead, or nobody does. {@link Resident#ARRIVING}
   * while the log is being opened.
   */
  default Resident resident() {
    return null;
  }
}

package io.millrace.quorum;

import io.millrace.metadata.MetadataRecord;
import io.vertx.core.Future;
import java.util.List;

/**
 * The voters' agreement on one sequence of metadata records. What is committed is fsynced on a
 * majority of the voters and is never taken back.
 *
 * <p>Owner: any thread.
 */
public interface Quorum {
  /**
   * Appends records as one indivisible group and completes with the offset of the last of them once
   * they are committed and {@link CommitListener#onCommitted} has been called for them; on the
   * quorum's context. Proposals of one thread are appended in their order.
   *
   * <p>Fails with a {@link QuorumException}: NOT_CONTROLLER when this node does not lead in {@code
   * term}, then nothing was appended; KAFKA_STORAGE_ERROR when the disk failed, then a restart may
   * find them appended.
   *
   * @param term the term in which the proposer knows the state it decided upon: that of the last
   *     {@link CommitListener#onLeader}
   * @param records at least one
   */
  Future<Long> propose(int term, List<MetadataRecord> records);

  /**
   * An offset (exclusive) up to which a reader must have seen the log to know all that was
   * committed when it asked; a majority has confirmed that this node leads. Nothing is written.
   */
  default Future<Long> readIndex() {
    return Future.succeededFuture(0L); // Alone, a node is its own majority.
  }

  /**
   * Replaces everything up to {@code lastOffset}, which is committed, by these records, so that the
   * log can lose its start. Completes when the snapshot is durable; a failure changes nothing.
   */
  Future<Void> snapshot(long lastOffset, List<MetadataRecord> records);

  /** Waits for the write under way and closes the files. */
  Future<Void> close();
}

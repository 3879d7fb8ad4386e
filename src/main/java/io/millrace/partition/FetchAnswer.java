package io.millrace.partition;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.FileSlice;
import io.millrace.model.EpochEnd;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a Fetch found in one partition.
 *
 * @param lastStableOffset up to where (exclusive) all transactions are decided
 * @param readEnd where this reader has to stop (exclusive)
 * @param slice null = no bytes; else leased to the receiver
 * @param diverging null = the reader's log does not diverge; else KIP-595's diverging epoch
 * @param news whether the reader waits for nothing but what this answer says without any bytes,
 *     such as a new high watermark
 * @param aborted the aborted transactions among the bytes; null = the reader takes all records
 * @param leaderId the current leader as this node knows it, with its epoch; -1 = unknown
 * @param preferredReplica node id of a replica that is nearer to the consumer, and is to be asked
 *     instead (KIP-392); -1 = none
 *     <p>Owner: immutable.
 */
public record FetchAnswer(
    Errors error,
    FileSlice slice,
    long highWatermark,
    long lastStableOffset,
    long readEnd,
    long logStartOffset,
    EpochEnd diverging,
    boolean news,
    List<AbortedTransaction> aborted,
    int leaderId,
    int leaderEpoch,
    int preferredReplica) {

  /** An answer that says no more than an error. */
  public static FetchAnswer refused(Errors error) {
    return refused(error, -1, -1);
  }

  /** An answer that says no more than an error and who leads. */
  public static FetchAnswer refused(Errors error, int leaderId, int leaderEpoch) {
    return new FetchAnswer(
        error, null, -1, -1, -1, -1, null, false, null, leaderId, leaderEpoch, -1);
  }

  /** Bytes found. */
  public int sizeInBytes() {
    return slice == null ? 0 : slice.length();
  }

  /**
   * Whether there are bytes that this answer has no room for; nobody is told of them as of news, so
   * they have to be asked for again.
   */
  public boolean heldBack(FetchAsk ask) {
    return slice == null
        && error == Errors.NONE
        && preferredReplica < 0
        && ask.fetchOffset() < readEnd;
  }

  /** Whether the client must hear of it although there are no bytes. */
  public boolean urgent() {
    return error != Errors.NONE || diverging != null || news || preferredReplica >= 0;
  }

  /** The same with nothing to send; the lease stays with this one. */
  public FetchAnswer withoutBytes() {
    return new FetchAnswer(
        error,
        null,
        highWatermark,
        lastStableOffset,
        readEnd,
        logStartOffset,
        diverging,
        news,
        aborted == null ? null : List.of(),
        leaderId,
        leaderEpoch,
        preferredReplica);
  }
}

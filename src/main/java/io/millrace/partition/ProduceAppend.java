package io.millrace.partition;

import io.millrace.partition.state.LeaderState;
import io.millrace.record.RecordError;
import io.millrace.record.Records;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * One batch that a client produces to one partition: the command on its way in, the result on its
 * way out.
 *
 * <p>Owner: connection loop until it is given to {@link Replica#append}, partition loop until
 * {@link #onComplete}, then connection loop again.
 */
public abstract class ProduceAppend {
  private final Records records;
  private final short acks;
  private final long deadlineMs;
  private final boolean zstdAllowed;

  private Errors error = Errors.NONE;
  private String message;
  private long baseOffset = -1;
  private long logAppendTimeMs = -1;
  private long logStartOffset = -1;
  private List<RecordError> badRecords = List.of();

  /**
   * A batch to append.
   *
   * @param records released by the partition as soon as it is written or refused
   * @param acks 0, 1 or -1 = all
   * @param deadlineMs wall time after which a waiting acks=all is answered by REQUEST_TIMED_OUT
   * @param zstdAllowed whether the request's version knows zstd (KIP-110)
   */
  protected ProduceAppend(Records records, short acks, long deadlineMs, boolean zstdAllowed) {
    this.records = records;
    this.acks = acks;
    this.deadlineMs = deadlineMs;
    this.zstdAllowed = zstdAllowed;
  }

  /** Called once, on the partition's loop, when the result is known and all state is updated. */
  protected abstract void onComplete();

  final Records records() {
    return records;
  }

  final short acks() {
    return acks;
  }

  final long deadlineMs() {
    return deadlineMs;
  }

  /** Of the transaction that the batch belongs to, as the client says; null = of none. */
  protected String transactionalId() {
    return null;
  }

  /** Whether the batch itself adds its partition to the transaction (transaction version 2). */
  protected boolean addsPartition() {
    return false;
  }

  final boolean zstdAllowed() {
    return zstdAllowed;
  }

  /** Notes where the batch lies; it is not acknowledged yet. */
  final void assigned(long firstOffset, long appendTimeMs) {
    baseOffset = firstOffset;
    logAppendTimeMs = appendTimeMs;
  }

  /** The append counts as the client asked for it to count. */
  final void acknowledge(long startOffset) {
    logStartOffset = startOffset;
    onComplete();
  }

  /** Refuses the append. */
  final void refuse(Errors why, String text) {
    refuse(why, text, List.of());
  }

  /**
   * Refuses an append of acks=all while too few replicas are in sync, and releases its records.
   *
   * @return whether it is refused
   */
  final boolean isRefusedBy(LeaderState leader) {
    if (acks != -1 || leader.hasEnoughReplicas()) {
      return false;
    }
    records.release();
    refuse(
        Errors.NOT_ENOUGH_REPLICAS,
        "The in-sync replicas are "
            + leader.isrSize()
            + ", min.insync.replicas is "
            + leader.minInsyncReplicas());
    return true;
  }

  /** Refuses the append because of these records. */
  final void refuse(Errors why, String text, List<RecordError> records) {
    error = why;
    message = text;
    badRecords = records;
    baseOffset = -1;
    logAppendTimeMs = -1;
    onComplete();
  }

  public Errors error() {
    return error;
  }

  /** Text for the client; null = the error's own. */
  public String message() {
    return message;
  }

  /** First offset of the batch; -1 after an error. */
  public long baseOffset() {
    return baseOffset;
  }

  /** Time set by LogAppendTime; -1 = CreateTime or error. */
  public long logAppendTimeMs() {
    return logAppendTimeMs;
  }

  public long logStartOffset() {
    return logStartOffset;
  }

  /** The records that made the batch refused; empty = none are named. */
  public List<RecordError> badRecords() {
    return badRecords;
  }
}

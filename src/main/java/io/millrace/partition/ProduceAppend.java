package io.millrace.partition;

import io.millrace.record.Records;
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

  private Errors error = Errors.NONE;
  private String message;
  private long baseOffset = -1;
  private long logAppendTimeMs = -1;
  private long logStartOffset = -1;
  private Object details;

  /**
   * A batch to append.
   *
   * @param records released by the partition as soon as it is written or refused
   * @param acks 0, 1 or -1 = all
   * @param deadlineMs wall time after which a waiting acks=all is answered by REQUEST_TIMED_OUT
   */
  protected ProduceAppend(Records records, short acks, long deadlineMs) {
    this.records = records;
    this.acks = acks;
    this.deadlineMs = deadlineMs;
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

  /** The append counts as the client asked for it to count. */
  final void acknowledge(long firstOffset, long appendTimeMs, long startOffset) {
    baseOffset = firstOffset;
    logAppendTimeMs = appendTimeMs;
    logStartOffset = startOffset;
    onComplete();
  }

  /** Refuses the append; {@code details} is the validator's list of bad records or null. */
  final void refuse(Errors why, String text, Object badRecords) {
    error = why;
    message = text;
    details = badRecords;
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

  /** The validator's list of bad records; null = none are named. */
  public Object badRecords() {
    return details;
  }
}

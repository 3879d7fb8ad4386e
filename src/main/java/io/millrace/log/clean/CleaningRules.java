package io.millrace.log.clean;

import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;

/**
 * What stays of a log when it is cleaned; Kafka's rules. It is told every batch, in order, from the
 * start of the log.
 *
 * <ul>
 *   <li>A record stays if no later one of its key is known, and if it is no tombstone whose time is
 *       over. What has no key goes. Everything behind the last offset that the map covers stays.
 *   <li>A tombstone's time is the delete horizon of its batch (KIP-534): set when a cleaning first
 *       finds it, {@code delete.retention.ms} later.
 *   <li>Records of aborted transactions go. A marker stays as long as a batch of its transaction
 *       does, and from then on until its horizon.
 *   <li>The last batch of a producer stays, without records if need be, and so does the last batch
 *       below the end of the round.
 * </ul>
 *
 * <p>Owner: log directory worker.
 */
public final class CleaningRules {
  /** What a control batch says. */
  public enum Marker {
    /** The batch is none, or its record was removed. */
    NONE,
    ABORT,
    COMMIT,
    /** Something that is no end of a transaction. */
    OTHER
  }

  private final OffsetMap map;
  private final long latestOffset;
  private final TransactionOutcomes outcomes;
  private final LastRecords lastRecords;
  private final long roundEnd;
  private final long nowMs;
  private final long horizonMs;

  /** Producers of whose transaction in progress a batch was seen. */
  private final Set<Long> seen = new HashSet<>();

  private boolean discards;
  private boolean staysEmpty;
  private boolean emptyTransaction;
  private boolean control;
  private boolean keptTombstone;
  private boolean tombstonesOver;

  /**
   * Rules of one round.
   *
   * @param latestOffset up to here (inclusive) the map knows all keys
   * @param outcomes of all transactions from the first dirty offset to {@code latestOffset}
   * @param roundEnd where the first segment starts that must not be cleaned
   */
  public CleaningRules(
      OffsetMap map,
      long latestOffset,
      TransactionOutcomes outcomes,
      LastRecords lastRecords,
      long roundEnd,
      long nowMs,
      long deleteRetentionMs) {
    this.map = map;
    this.latestOffset = latestOffset;
    this.outcomes = outcomes;
    this.lastRecords = lastRecords;
    this.roundEnd = roundEnd;
    this.nowMs = nowMs;
    this.horizonMs =
        nowMs > Long.MAX_VALUE - deleteRetentionMs ? Long.MAX_VALUE : nowMs + deleteRetentionMs;
  }

  /** Takes the next batch; the questions below are about it. */
  public void onBatch(ByteBuffer buffer, int at, Marker marker) {
    long producerId = RecordBatch.producerId(buffer, at);
    long lastOffset = RecordBatch.lastOffset(buffer, at);
    long batchHorizon = RecordBatch.deleteHorizonMs(buffer, at);
    boolean over = RecordBatch.hasDeleteHorizon(buffer, at) && batchHorizon <= nowMs;
    control = RecordBatch.isControl(buffer, at);
    keptTombstone = false;
    tombstonesOver = over;
    boolean needless = needless(buffer, at, marker, producerId);
    discards = control ? needless && over : needless;
    emptyTransaction = control && needless;
    staysEmpty =
        lastOffset + 1 == roundEnd
            || (producerId >= 0
                && lastRecords.contains(
                    producerId, lastOffset, RecordBatch.producerEpoch(buffer, at), control));
  }

  /** Whether nobody needs the records, apart from the time that markers stay. */
  private boolean needless(ByteBuffer buffer, int at, Marker marker, long producerId) {
    if (control) {
      return switch (marker) {
        case NONE -> true;
        case ABORT, COMMIT -> !seen.remove(producerId);
        case OTHER -> false;
      };
    }
    if (!RecordBatch.isTransactional(buffer, at)) {
      return false;
    }
    seen.add(producerId);
    return outcomes.isAborted(producerId, RecordBatch.baseOffset(buffer, at));
  }

  /** Whether no record of the batch stays, so that they need not be read. */
  public boolean discardsRecords() {
    return discards;
  }

  /** Whether the batch stays when no record does. */
  public boolean staysEmpty() {
    return staysEmpty;
  }

  /** Whether a record of the batch stays; {@code key} null = it has none. */
  public boolean retains(long offset, ByteBuffer key, boolean hasValue) {
    if (discards) {
      return false;
    }
    if (control || offset > latestOffset) {
      return true;
    }
    if (key == null || offset < map.get(key, offset)) {
      return false;
    }
    if (!hasValue) {
      if (tombstonesOver) {
        return false;
      }
      keptTombstone = true;
    }
    return true;
  }

  /**
   * The delete horizon that the batch is to get after all its records were asked about, if it has
   * none yet; -1 = none.
   */
  public long newHorizonMs() {
    return keptTombstone || emptyTransaction ? horizonMs : RecordBatch.NO_TIMESTAMP;
  }
}

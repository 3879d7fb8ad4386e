package io.millrace.log;

import io.millrace.model.TopicIdPartition;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * The log of one replica of one partition: segments, indexes, leader epochs, producer state.
 *
 * <p>Owner: partition loop. Futures complete on it.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class PartitionLog {
  private PartitionLog() {}

  public TopicIdPartition id() {
    throw new UnsupportedOperationException();
  }

  /** The settings in force. */
  public LogConfig config() {
    throw new UnsupportedOperationException();
  }

  /** First offset that can be read. */
  public long logStartOffset() {
    throw new UnsupportedOperationException();
  }

  /** End of what is persisted (exclusive), as last told to {@link LogListener#onPersisted}. */
  public long logEndOffset() {
    throw new UnsupportedOperationException();
  }

  /** The offset that the next batch will get; at least {@link #logEndOffset}. */
  public long nextOffset() {
    throw new UnsupportedOperationException();
  }

  /** Leader epoch of the last batch; -1 = the log has none. */
  public int latestEpoch() {
    throw new UnsupportedOperationException();
  }

  /** Notes the start of a leader's epoch at {@link #nextOffset}. */
  public void startEpoch(int leaderEpoch) {
    throw new UnsupportedOperationException();
  }

  /**
   * Step one of an append: checks the producer's sequence, gives offsets and leader epoch to the
   * one validated batch in {@code batch} (patched in place) and queues it. The buffer must stay
   * untouched until the append is persisted or has failed; {@code released} is then called, once,
   * on the owner's loop.
   */
  public AppendOutcome assign(ByteBuffer batch, int leaderEpoch, long nowMs, Runnable released) {
    throw new UnsupportedOperationException();
  }

  /**
   * Step two: hands everything assigned so far to the disk with one gathering write; on this loop
   * while the directory is fast, on its worker while it is slow. {@link LogListener#onPersisted}
   * may be called before this returns.
   */
  public void write() {
    throw new UnsupportedOperationException();
  }

  /**
   * Finds what to send from {@code offset} on: never beyond {@code endOffset} (exclusive; the
   * reader's bound), at most {@code maxBytes}, but at least the first batch whole if {@code
   * minOneBatch}.
   */
  public ReadResult read(long offset, long endOffset, int maxBytes, boolean minOneBatch) {
    throw new UnsupportedOperationException();
  }

  /** A timestamp found in the log. */
  public record TimestampedOffset(long timestamp, long offset, int leaderEpoch) {}

  /** The first record below {@code endOffset} with at least this timestamp. Reads on the worker. */
  public Future<Optional<TimestampedOffset>> offsetForTimestamp(long timestampMs, long endOffset) {
    throw new UnsupportedOperationException();
  }

  /**
   * The first record with the greatest timestamp below {@code endOffset}; empty when the log is.
   */
  public Future<Optional<TimestampedOffset>> offsetOfMaxTimestamp(long endOffset) {
    throw new UnsupportedOperationException();
  }

  /** An epoch and the end offset (exclusive) of its records; -1 and -1 = unknown. */
  public record EpochEnd(int leaderEpoch, long endOffset) {}

  /** OffsetForLeaderEpoch: the largest epoch up to the asked one and where it ends. */
  public EpochEnd endOfEpoch(int leaderEpoch) {
    throw new UnsupportedOperationException();
  }

  /** Leader epoch of the record at this offset; -1 = unknown. */
  public int epochOf(long offset) {
    throw new UnsupportedOperationException();
  }

  /** DeleteRecords: moves the log start; durable (checkpointed) when complete. */
  public Future<Void> deleteRecordsBefore(long offset) {
    throw new UnsupportedOperationException();
  }

  /** Forces everything written so far to the disk. */
  public Future<Void> flush() {
    throw new UnsupportedOperationException();
  }

  /** New topic settings, at once. */
  public void reconfigure(LogConfig config) {
    throw new UnsupportedOperationException();
  }

  /** Bytes of all segments. */
  public long sizeInBytes() {
    throw new UnsupportedOperationException();
  }

  /** One producer's state, for DescribeProducers. */
  public record ActiveProducer(
      long producerId,
      short producerEpoch,
      int lastSequence,
      long lastTimestampMs,
      int coordinatorEpoch,
      long currentTransactionStartOffset) {}

  public List<ActiveProducer> activeProducers() {
    throw new UnsupportedOperationException();
  }

  /**
   * Retention by time, size and start offset, and roll by {@code segment.ms}; called by the
   * supervisor now and then. Only offsets below {@code highWatermark} are deleted.
   */
  public void maintain(long highWatermark, long nowMs) {
    throw new UnsupportedOperationException();
  }

  /**
   * Flushes, snapshots the producers, closes all files. After it only {@link #id} may be called.
   */
  public Future<Void> close() {
    throw new UnsupportedOperationException();
  }

  /**
   * Renames the directory to {@code …-delete} at once and removes it after {@code
   * file.delete.delay.ms}.
   */
  public Future<Void> delete() {
    throw new UnsupportedOperationException();
  }
}

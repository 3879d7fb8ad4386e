package io.millrace.log;

import io.millrace.model.TransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;

/**
 * Takes what this node's leader appends: checks the producer's sequence, gives offsets to a batch,
 * and queues it for the writer.
 *
 * <p>Owner: partition loop.
 */
final class ProducedBatches {
  private final LogState log;
  private final LogWriter writer;

  ProducedBatches(LogState log, LogWriter writer) {
    this.log = log;
    this.writer = writer;
  }

  /** {@link PartitionLog#assign} of a log that is online. */
  AppendOutcome assign(
      ByteBuffer batch, int leaderEpoch, int transactionVersion, long nowMs, Runnable released) {
    int at = batch.position();
    int size = RecordBatch.sizeInBytes(batch, at);
    if (size != batch.remaining()) {
      throw new IllegalArgumentException(
          "A batch of " + size + " bytes in a buffer of " + batch.remaining());
    }
    if (size > log.config.segmentBytes()) {
      return new AppendOutcome.Refused(
          Errors.RECORD_LIST_TOO_LARGE,
          "A batch of "
              + size
              + " bytes is larger than segment.bytes "
              + log.config.segmentBytes());
    }
    boolean stampsAppendTime = log.config.timestampType() == TimestampType.LOG_APPEND_TIME;
    if (RecordBatch.hasProducerId(batch, at)) {
      SequenceCheck check = check(batch, at, transactionVersion);
      if (check instanceof SequenceCheck.Duplicate original) {
        return new AppendOutcome.Duplicate(
            original.baseOffset(),
            original.lastOffset(),
            stampsAppendTime ? original.timestamp() : RecordBatch.NO_TIMESTAMP);
      }
      if (check instanceof SequenceCheck.Refused refused) {
        return new AppendOutcome.Refused(refused.error(), refused.message());
      }
    }
    RecordBatch.setBaseOffset(batch, at, log.nextOffset);
    RecordBatch.setLeaderEpoch(batch, at, leaderEpoch);
    if (stampsAppendTime) {
      RecordBatch.setMaxTimestamp(batch, at, TimestampType.LOG_APPEND_TIME, nowMs);
    }
    log.onAssigned(batch);
    QueuedBatch queued = QueuedBatch.of(batch, released);
    writer.enqueue(queued);
    return new AppendOutcome.Assigned(
        queued.baseOffset(),
        queued.lastOffset(),
        stampsAppendTime ? nowMs : RecordBatch.NO_TIMESTAMP);
  }

  /** {@link PartitionLog#beginsTransaction}. */
  boolean beginsTransaction(ByteBuffer batch) {
    int at = batch.position();
    ProducerState state = log.producers.get(RecordBatch.producerId(batch, at));
    boolean ongoing =
        state != null
            && state.currentTxnFirstOffset() >= 0
            && state.epoch() == RecordBatch.producerEpoch(batch, at);
    return !ongoing && check(batch, at, 0) instanceof SequenceCheck.Accept;
  }

  private SequenceCheck check(ByteBuffer batch, int at, int transactionVersion) {
    ProducerStateTable producers = log.producers;
    long producerId = RecordBatch.producerId(batch, at);
    short epoch = RecordBatch.producerEpoch(batch, at);
    if (RecordBatch.isControl(batch, at)) {
      TransactionMarker marker = LogTransactions.marker(batch, at);
      return marker == null
          ? SequenceCheck.Accept.INSTANCE
          : producers.checkMarker(marker.under(transactionVersion));
    }
    boolean transactional = RecordBatch.isTransactional(batch, at);
    int sequence = RecordBatch.baseSequence(batch, at);
    // Clients' batches have a sequence number, which was checked; a coordinator's have none.
    SequenceCheck check =
        transactional && sequence == RecordBatch.NO_SEQUENCE
            ? producers.checkWithoutSequence(producerId, epoch)
            : producers.check(
                producerId, epoch, sequence, RecordBatch.lastOffsetDelta(batch, at) + 1);
    return check instanceof SequenceCheck.Accept
        ? producers.checkTransactional(producerId, transactional)
        : check;
  }
}

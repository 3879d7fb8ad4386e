package io.millrace.log;

import io.millrace.record.ControlBatch;
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
  AppendOutcome assign(ByteBuffer batch, int leaderEpoch, long nowMs, Runnable released) {
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
      SequenceCheck check = check(batch, at);
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

  /** null = there is nothing against it. */
  private SequenceCheck check(ByteBuffer batch, int at) {
    long producerId = RecordBatch.producerId(batch, at);
    short epoch = RecordBatch.producerEpoch(batch, at);
    boolean transactional = RecordBatch.isTransactional(batch, at);
    if (RecordBatch.isControl(batch, at)) {
      return log.producers.checkUnnumbered(producerId, epoch, ControlBatch.read(batch, at));
    }
    if (transactional && RecordBatch.baseSequence(batch, at) == RecordBatch.NO_SEQUENCE) {
      return log.producers.checkUnnumbered(producerId, epoch, null);
    }
    return log.producers.check(
        producerId,
        epoch,
        RecordBatch.baseSequence(batch, at),
        RecordBatch.lastOffsetDelta(batch, at) + 1,
        transactional);
  }
}

package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;

/** Headers of batches for the tables that remember producers. */
final class ProducerBatches {
  private ProducerBatches() {}

  static ByteBuffer header(
      long producerId,
      short epoch,
      int baseSequence,
      long baseOffset,
      int lastOffsetDelta,
      long maxTimestamp,
      boolean transactional) {
    ByteBuffer header = ByteBuffer.allocate(RecordBatch.HEADER_SIZE);
    header.putLong(RecordBatch.BASE_OFFSET_AT, baseOffset);
    header.putInt(RecordBatch.LAST_OFFSET_DELTA_AT, lastOffsetDelta);
    header.putLong(RecordBatch.MAX_TIMESTAMP_AT, maxTimestamp);
    header.putLong(RecordBatch.PRODUCER_ID_AT, producerId);
    header.putShort(RecordBatch.PRODUCER_EPOCH_AT, epoch);
    header.putInt(RecordBatch.BASE_SEQUENCE_AT, baseSequence);
    header.putShort(
        RecordBatch.ATTRIBUTES_AT, (short) (transactional ? RecordBatch.TRANSACTIONAL_FLAG : 0));
    return header;
  }

  /** A batch that is of no transaction has got its offsets. */
  static void update(
      ProducerStateTable table,
      long producerId,
      short epoch,
      int baseSequence,
      long baseOffset,
      int lastOffsetDelta,
      long maxTimestamp) {
    table.update(
        header(producerId, epoch, baseSequence, baseOffset, lastOffsetDelta, maxTimestamp, false),
        0);
  }

  /** Such a batch is in the log already. */
  static void replay(
      ProducerStateTable table,
      long producerId,
      short epoch,
      int baseSequence,
      long baseOffset,
      int lastOffsetDelta,
      long maxTimestamp) {
    table.replay(
        header(producerId, epoch, baseSequence, baseOffset, lastOffsetDelta, maxTimestamp, false),
        0);
  }
}

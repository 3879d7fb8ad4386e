package io.millrace.record;

import io.millrace.model.TransactionMarker;
import java.nio.ByteBuffer;

/**
 * Control batches: one record that a broker writes, never a client (KIP-98). The marker that ends a
 * transaction:
 *
 * <pre>
 *   key    int16 version 0, int16 type: 0 = abort, 1 = commit
 *   value  int16 version 0, int32 coordinator epoch
 * </pre>
 *
 * <p>Owner: any thread.
 */
public final class ControlBatch {
  private static final short VERSION = 0;
  private static final short ABORT = 0;
  private static final short COMMIT = 1;
  private static final int KEY_BYTES = Short.BYTES * 2;
  private static final int VALUE_BYTES = Short.BYTES + Integer.BYTES;

  private ControlBatch() {}

  /** A whole batch that ends a transaction, without offset and leader epoch. */
  public static ByteBuffer of(TransactionMarker marker, long nowMs) {
    byte[] key = new byte[KEY_BYTES];
    ByteBuffer.wrap(key).putShort(VERSION).putShort(marker.commits() ? COMMIT : ABORT);
    byte[] value = new byte[VALUE_BYTES];
    ByteBuffer.wrap(value).putShort(VERSION).putInt(marker.coordinatorEpoch());
    return new BatchBuilder()
        .transactional()
        .control()
        .producer(marker.producerId(), marker.producerEpoch(), RecordBatch.NO_SEQUENCE)
        .append(nowMs, key, value)
        .build();
  }

  /**
   * The end of a transaction that a whole control batch holds; its {@code transactionVersion} is
   * not in there, and 0. null = it is another kind of control batch, which means nothing to a
   * partition.
   *
   * @throws CorruptBatchException if the batch is no such thing
   */
  public static TransactionMarker read(ByteBuffer buffer, int position) {
    try (RecordReader reader = new RecordReader(buffer, position)) {
      if (!reader.hasNext()) {
        return null; // compaction has taken the record
      }
      LogRecord record = reader.next();
      ByteBuffer key = record.key();
      if (key == null || key.remaining() < KEY_BYTES) {
        throw new CorruptBatchException(
            "The control batch at offset "
                + RecordBatch.baseOffset(buffer, position)
                + " has no type",
            null);
      }
      short type = key.getShort(key.position() + Short.BYTES);
      if (type != ABORT && type != COMMIT) {
        return null;
      }
      ByteBuffer value = record.value();
      if (value == null || value.remaining() < VALUE_BYTES) {
        throw new CorruptBatchException(
            "The transaction marker at offset "
                + RecordBatch.baseOffset(buffer, position)
                + " has no coordinator epoch",
            null);
      }
      return new TransactionMarker(
          RecordBatch.producerId(buffer, position),
          RecordBatch.producerEpoch(buffer, position),
          type == COMMIT,
          value.getInt(value.position() + Short.BYTES),
          0);
    }
  }
}

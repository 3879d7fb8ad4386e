package io.millrace.coordinator;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.record.BatchBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * The records of a decision as they go into a batch.
 *
 * <p>Owner: immutable.
 */
final class EncodedRecords {
  // Above what a record takes besides key and value: attributes, deltas, lengths.
  private static final int RECORD_OVERHEAD = 40;

  private final List<byte[]> keys;
  private final List<byte[]> values;

  private EncodedRecords(List<byte[]> keys, List<byte[]> values) {
    this.keys = keys;
    this.values = values;
  }

  /**
   * Encodes records in their order.
   *
   * @throws RuntimeException one cannot be encoded: a string is too long for its field, say
   */
  static EncodedRecords of(List<CoordinatorRecord> records) {
    List<byte[]> keys = new ArrayList<>(records.size());
    List<byte[]> values = new ArrayList<>(records.size());
    for (CoordinatorRecord record : records) {
      keys.add(RecordCodec.key(record));
      values.add(RecordCodec.value(record));
    }
    return new EncodedRecords(keys, values);
  }

  int count() {
    return keys.size();
  }

  /** At least what all take in a batch, without its header. */
  int bytes() {
    int bytes = 0;
    for (int i = 0; i < count(); i++) {
      bytes += bytes(i);
    }
    return bytes;
  }

  /** At least what one record takes in a batch. */
  int bytes(int index) {
    byte[] value = values.get(index);
    return keys.get(index).length + (value == null ? 0 : value.length) + RECORD_OVERHEAD;
  }

  /** Appends all records to a batch. */
  BatchBuilder appendTo(BatchBuilder batch, long nowMs) {
    for (int i = 0; i < count(); i++) {
      appendTo(batch, i, nowMs);
    }
    return batch;
  }

  /** Appends one record to a batch. */
  void appendTo(BatchBuilder batch, int index, long nowMs) {
    batch.append(nowMs, keys.get(index), values.get(index));
  }
}

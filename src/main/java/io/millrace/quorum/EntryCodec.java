package io.millrace.quorum;

import io.millrace.metadata.MetadataCodec;
import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.state.Entry;
import io.millrace.record.BatchBuilder;
import io.millrace.record.LogRecord;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * An {@link Entry} as one record batch (format v2): the leader epoch is the term, each record has
 * no key and a {@link MetadataCodec} value, nothing is compressed.
 *
 * <p>Owner: any thread.
 */
final class EntryCodec {
  private EntryCodec() {}

  /** The batch of consecutive entries of one term; ready to be written. */
  static ByteBuffer encode(List<Entry> entries, long nowMs) {
    Entry first = entries.get(0);
    BatchBuilder batch =
        new BatchBuilder().baseOffset(first.baseOffset()).leaderEpoch(first.term());
    for (Entry entry : entries) {
      for (MetadataRecord record : entry.records()) {
        batch.append(nowMs, null, MetadataCodec.encode(record));
      }
    }
    return batch.build();
  }

  /**
   * The entry in the whole, CRC checked batch at {@code position}.
   *
   * @throws RuntimeException if the bytes are not what {@link #encode} writes
   */
  static Entry decode(ByteBuffer buffer, int position) {
    int count = RecordBatch.count(buffer, position);
    if (RecordBatch.attributes(buffer, position) != 0
        || count < 1
        || RecordBatch.lastOffsetDelta(buffer, position) != count - 1) {
      throw new IllegalArgumentException("it is not a batch of a metadata log");
    }
    List<MetadataRecord> records = new ArrayList<>();
    try (RecordReader reader = new RecordReader(buffer, position)) {
      while (reader.hasNext()) {
        LogRecord record = reader.next();
        if (record.key() != null || record.value() == null) {
          throw new IllegalArgumentException(
              "the record at offset " + record.offset() + " is not one of a metadata log");
        }
        records.add(MetadataCodec.decode(record.value().duplicate()));
      }
    }
    return new Entry(
        RecordBatch.baseOffset(buffer, position),
        RecordBatch.leaderEpoch(buffer, position),
        records);
  }
}

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
 * Entries of one term that follow each other as one record batch (format v2): the leader epoch is
 * the term, each record has no key and a {@link MetadataCodec} value, nothing is compressed. The
 * first record of each entry but the first has the header {@value #ENTRY_START}, without a value.
 *
 * <p>Older versions wrote no headers, and overlook them: to them a batch is one entry.
 *
 * <p>Owner: any thread.
 */
final class EntryCodec {
  private static final String ENTRY_START = "e";

  private static final List<LogRecord.Header> STARTS =
      List.of(new LogRecord.Header(ENTRY_START, null));

  private EntryCodec() {}

  /** The batch of consecutive entries of one term; ready to be written. */
  static ByteBuffer encode(List<Entry> entries, long nowMs) {
    Entry first = entries.get(0);
    BatchBuilder batch =
        new BatchBuilder().baseOffset(first.baseOffset()).leaderEpoch(first.term());
    for (Entry entry : entries) {
      boolean isFirst = entry.baseOffset() == first.baseOffset();
      List<LogRecord.Header> headers = isFirst ? List.of() : STARTS;
      for (MetadataRecord record : entry.records()) {
        batch.append(nowMs, null, MetadataCodec.encode(record), headers);
        headers = List.of();
      }
    }
    return batch.build();
  }

  /**
   * The entries in the whole, CRC checked batch at {@code position}; at least one.
   *
   * @throws RuntimeException if the bytes are not what {@link #encode} writes
   */
  static List<Entry> decode(ByteBuffer buffer, int position) {
    int count = RecordBatch.count(buffer, position);
    if (RecordBatch.attributes(buffer, position) != 0
        || count < 1
        || RecordBatch.lastOffsetDelta(buffer, position) != count - 1) {
      throw new IllegalArgumentException("it is not a batch of a metadata log");
    }
    int term = RecordBatch.leaderEpoch(buffer, position);
    long baseOffset = RecordBatch.baseOffset(buffer, position);
    List<Entry> entries = new ArrayList<>();
    List<MetadataRecord> records = new ArrayList<>();
    try (RecordReader reader = new RecordReader(buffer, position)) {
      while (reader.hasNext()) {
        LogRecord record = reader.next();
        if (record.key() != null || record.value() == null) {
          throw new IllegalArgumentException(
              "the record at offset " + record.offset() + " is not one of a metadata log");
        }
        if (!records.isEmpty() && startsEntry(record)) {
          entries.add(new Entry(baseOffset, term, records));
          baseOffset += records.size();
          records.clear();
        }
        records.add(MetadataCodec.decode(record.value().duplicate()));
      }
    }
    entries.add(new Entry(baseOffset, term, records));
    return entries;
  }

  private static boolean startsEntry(LogRecord record) {
    for (LogRecord.Header header : record.headers()) {
      if (header.key().equals(ENTRY_START)) {
        return true;
      }
    }
    return false;
  }
}

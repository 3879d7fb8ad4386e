package io.millrace.quorum.state;

import io.millrace.metadata.MetadataCodec;
import io.millrace.metadata.MetadataRecord;
import java.util.List;

/**
 * An entry group of the metadata log: records that are appended, and so committed, together.
 *
 * @param baseOffset offset of the first record
 * @param term of the leader that appended it
 * @param records at least one
 *     <p>Owner: immutable.
 */
public record Entry(long baseOffset, int term, List<MetadataRecord> records) {
  public Entry {
    records = List.copyOf(records);
    if (records.isEmpty()) {
      throw new IllegalArgumentException("An entry has no records");
    }
  }

  /** The offset after the last record. */
  public long endOffset() {
    return baseOffset + records.size();
  }

  /** What it takes in a message, but for a few bytes. */
  public long bytes() {
    return MetadataCodec.size(records);
  }

  /** The part from {@code from} (inclusive) to {@code to} (exclusive), which is not empty. */
  public Entry slice(long from, long to) {
    if (from <= baseOffset && to >= endOffset()) {
      return this;
    }
    long start = Math.max(from, baseOffset);
    return new Entry(
        start,
        term,
        records.subList(
            (int) (start - baseOffset), (int) (Math.min(to, endOffset()) - baseOffset)));
  }
}

package io.millrace.quorum;

import io.millrace.quorum.state.Entry;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the batches of one segment of the metadata log and judges where they end.
 *
 * <p>A batch is written and fsynced before the next one is, so a crash can leave only the last
 * batch incomplete: that one was never acknowledged and is cut. Anything else that does not read is
 * damage to what was committed, and nobody may cut that: the voter refuses to start.
 *
 * <p>Owner: metadata log worker.
 */
final class SegmentScan {
  /**
   * What a segment holds.
   *
   * @param index where the entries lie
   * @param validBytes the file is good up to here
   * @param totalBytes the file's size; more than {@code validBytes} = the rest is to be cut
   */
  record Result(List<Entry> entries, BatchIndex index, int validBytes, int totalBytes) {}

  private final Path file;
  private final ByteBuffer bytes;

  private SegmentScan(Path file, ByteBuffer bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  /**
   * Reads a segment.
   *
   * @param bytes the whole file, from 0 to its limit
   * @param expectedOffset where it starts, as its name says
   * @param last whether it is the newest, the only one that may end in an incomplete batch
   * @throws MetadataLogException if it is damaged otherwise
   */
  static Result scan(Path file, ByteBuffer bytes, long expectedOffset, boolean last)
      throws MetadataLogException {
    return new SegmentScan(file, bytes).scan(expectedOffset, last);
  }

  private Result scan(long firstOffset, boolean last) throws MetadataLogException {
    List<Entry> entries = new ArrayList<>();
    BatchIndex index = new BatchIndex();
    int position = 0;
    long expected = firstOffset;
    int term = 1; // the first; the checksum does not cover it
    while (position < bytes.limit()) {
      if (!isWhole(position)) {
        if (!last || findBatchAfter(position, expected) >= 0) {
          throw damaged(position, expected, "does not match its checksum or is incomplete");
        }
        break;
      }
      List<Entry> batch = decode(position, expected);
      Entry first = batch.get(0);
      if (first.baseOffset() != expected || first.term() < term) {
        throw damaged(
            position,
            expected,
            "says offset " + first.baseOffset() + ", term " + first.term() + " after term " + term);
      }
      entries.addAll(batch);
      index.add(first.baseOffset(), position);
      expected = batch.get(batch.size() - 1).endOffset();
      term = first.term();
      position += RecordBatch.sizeInBytes(bytes, position);
    }
    return new Result(entries, index, position, bytes.limit());
  }

  private List<Entry> decode(int position, long offset) throws MetadataLogException {
    try {
      return EntryCodec.decode(bytes, position);
    } catch (RuntimeException e) {
      // The checksum is right, so this is what was written.
      throw new MetadataLogException(
          "Metadata log "
              + file
              + ": the batch at offset "
              + offset
              + ", byte "
              + position
              + ", cannot be read: "
              + e.getMessage(),
          e);
    }
  }

  private boolean isWhole(int position) {
    int left = bytes.limit() - position;
    if (left < RecordBatch.HEADER_SIZE || !RecordBatch.isPlausible(bytes, position)) {
      return false;
    }
    return RecordBatch.sizeInBytes(bytes, position) <= left
        && RecordBatch.isCrcValid(bytes, position);
  }

  /**
   * Position of a good batch with a later offset behind a bad one; -1 = there is none. Goes byte by
   * byte, because the bad one's length may be what is bad.
   */
  private int findBatchAfter(int bad, long offset) {
    for (int at = bad + 1; at <= bytes.limit() - RecordBatch.HEADER_SIZE; at++) {
      long base = RecordBatch.baseOffset(bytes, at);
      if (base > offset && base - offset <= bytes.limit() && isWhole(at)) {
        return at;
      }
    }
    return -1;
  }

  private MetadataLogException damaged(int position, long offset, String what) {
    return new MetadataLogException(
        "Metadata log "
            + file
            + " is damaged: the batch at byte "
            + position
            + ", where offset "
            + offset
            + " is expected, "
            + what
            + ", and committed batches follow it. Cutting them would lose acknowledged changes");
  }
}

package io.millrace.log;

import io.millrace.log.LeaderEpochCache.EpochEntry;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Looks at every batch of one closed segment as it is on the disk. What the CRC covers is compared
 * with it. What it does not cover (base offset, length, leader epoch) must fit the batches before
 * and behind, the segment and the leader epochs of the log. So every changed bit is found, but for
 * a base offset that still lies in a gap that compaction has left. Behind something bad it goes on
 * with the next batch that is good.
 *
 * <p>Owner: log directory worker, one task at a time.
 */
final class SegmentScrub {
  /**
   * What the partition's loop says of a segment.
   *
   * @param epochs the leader epochs of the log
   */
  record Target(SegmentIndexes.Source source, List<EpochEntry> epochs) {}

  /** In one step so much is read, or a batch that is larger. */
  private static final int STEP = ScrubReader.WINDOW;

  /** Bad ranges of one segment that are told apart; the rest of it counts as one. */
  private static final int MOST_RANGES = 100;

  private final Target target;
  private final ScrubReader reader;
  private final IndexCheck indexes;
  private final long size;
  private final List<BadRange> found = new ArrayList<>();

  /** Everything before it is looked at. */
  private long position;

  /** Where the good batches end so far. */
  private long next;

  /** The one before ended here, and this many offsets it has; for telling which of two is wrong. */
  private long beforePosition = -1;

  private long beforeNext;
  private int beforeDelta;

  /** Where something bad begins whose end is not found yet; -1 = nothing is being searched. */
  private long badFrom = -1;

  private String problem;

  /** The reader has the segment's file open. */
  SegmentScrub(Target target, ScrubReader reader, IndexCheck indexes) {
    this.target = target;
    this.reader = reader;
    this.indexes = indexes;
    this.size = target.source().size();
    this.next = target.source().baseOffset();
  }

  /** Goes on by a small step; false = all of the segment is looked at. */
  boolean step() throws IOException {
    long until = Math.min(size, position + STEP);
    while (position < until) {
      if (badFrom < 0) {
        look();
      } else {
        search(until);
      }
    }
    if (position >= size && badFrom >= 0) {
      endBad(size, target.source().endOffset());
    }
    return position < size;
  }

  /** What is bad, in the order of the file. */
  List<BadRange> found() {
    return found;
  }

  /** Whether the index files say where the batches are; nothing is said if batches are bad. */
  String indexProblem() {
    return found.isEmpty() ? indexes.problem() : null;
  }

  private void look() throws IOException {
    String wrong = problemAt(position, next);
    if (wrong != null) {
      if (overlapsOneThatWasMoved()) {
        // The CRC does not cover the base offset: the one before has a wrong one, not this one.
        badFrom = beforePosition;
        next = beforeNext;
        problem = "its base offset does not fit the batches around it";
        indexes.rewind();
        return;
      }
      badFrom = position;
      problem = wrong;
      if (followedByGood()) {
        return;
      }
      position++;
      return;
    }
    ByteBuffer buffer = reader.buffer();
    int at = reader.need(position, RecordBatch.HEADER_SIZE);
    indexes.onBatch(
        (int) position,
        RecordBatch.baseOffset(buffer, at),
        RecordBatch.lastOffset(buffer, at),
        RecordBatch.maxTimestamp(buffer, at));
    beforePosition = position;
    beforeNext = next;
    beforeDelta = RecordBatch.lastOffsetDelta(buffer, at);
    next = RecordBatch.nextOffset(buffer, at);
    position += RecordBatch.sizeInBytes(buffer, at);
  }

  /** The batch here would follow on the one before, had that one begun where it was to begin. */
  private boolean overlapsOneThatWasMoved() throws IOException {
    long shouldBe = beforeNext + beforeDelta + 1;
    return beforePosition >= 0
        && shouldBe < next
        && hasHeader(position)
        && RecordBatch.baseOffset(reader.buffer(), headerAt(position)) == shouldBe
        && problemAt(position, shouldBe) == null;
  }

  /** The usual case: the length of what is bad is right, and what follows is good. */
  private boolean followedByGood() throws IOException {
    if (!hasHeader(position)) {
      return false;
    }
    int at = headerAt(position);
    if (!RecordBatch.isPlausible(reader.buffer(), at)) {
      return false;
    }
    long end = position + RecordBatch.sizeInBytes(reader.buffer(), at);
    if (end > size) {
      return false;
    }
    if (end == size) {
      position = size;
      return true;
    }
    if (problemAt(end, next) != null) {
      return false;
    }
    position = end;
    endBad(end, RecordBatch.baseOffset(reader.buffer(), headerAt(end)));
    return true;
  }

  /** Looks for a good batch at every byte: how long the bad part is nobody knows. */
  private void search(long until) throws IOException {
    while (position < until) {
      if (!hasHeader(position)) {
        position = size;
        return;
      }
      int at = headerAt(position);
      long base = RecordBatch.baseOffset(reader.buffer(), at);
      if (base >= next && problemAt(position, next) == null) {
        endBad(position, base);
        return;
      }
      position++;
    }
  }

  private void endBad(long end, long toOffset) {
    if (found.size() == MOST_RANGES - 1) {
      found.add(
          new BadRange(
              badFrom,
              (int) (size - badFrom),
              next,
              target.source().endOffset(),
              problem + ", and much else behind it"));
      position = size;
    } else if (found.size() < MOST_RANGES) {
      found.add(new BadRange(badFrom, (int) (end - badFrom), next, toOffset, problem));
    }
    badFrom = -1;
    beforePosition = -1;
    next = Math.max(next, toOffset);
  }

  private boolean hasHeader(long at) {
    return size - at >= RecordBatch.HEADER_SIZE;
  }

  private int headerAt(long at) throws IOException {
    return reader.need(at, RecordBatch.HEADER_SIZE);
  }

  /** What is wrong with the batch at a position; null = nothing. */
  private String problemAt(long start, long expected) throws IOException {
    if (!hasHeader(start)) {
      return "an incomplete header";
    }
    ByteBuffer buffer = reader.buffer();
    int at = headerAt(start);
    if (!RecordBatch.isPlausible(buffer, at)) {
      return "no batch of format v2";
    }
    int bytes = RecordBatch.sizeInBytes(buffer, at);
    if (bytes > size - start) {
      return "a batch of " + bytes + " bytes that is not all there";
    }
    long base = RecordBatch.baseOffset(buffer, at);
    long last = RecordBatch.lastOffset(buffer, at);
    SegmentIndexes.Source source = target.source();
    if (base < expected || last < base || last >= source.endOffset()) {
      return "offsets "
          + base
          + " to "
          + last
          + " between "
          + expected
          + " and "
          + source.endOffset();
    }
    int epoch = RecordBatch.leaderEpoch(buffer, at);
    int known = epochOf(base);
    if (known >= 0 && epoch != known) {
      return "leader epoch " + epoch + " where the log has " + known;
    }
    return crcIsRight(start, bytes) ? null : "a wrong CRC";
  }

  /** -1 = unknown. */
  private int epochOf(long offset) {
    return epochOf(target.epochs(), offset);
  }

  /** The leader epoch that wrote an offset; -1 = unknown. */
  static int epochOf(List<EpochEntry> epochs, long offset) {
    int epoch = -1;
    for (EpochEntry entry : epochs) {
      if (entry.startOffset() > offset) {
        break;
      }
      epoch = entry.epoch();
    }
    return epoch;
  }

  private boolean crcIsRight(long start, int bytes) throws IOException {
    long stored = RecordBatch.crc(reader.buffer(), headerAt(start));
    CRC32C crc = new CRC32C();
    long from = start + RecordBatch.ATTRIBUTES_AT;
    long end = start + bytes;
    while (from < end) {
      int part = (int) Math.min(ScrubReader.MOST_AT_ONCE, end - from);
      crc.update(reader.buffer().slice(reader.need(from, part), part));
      from += part;
    }
    return crc.getValue() == stored;
  }
}

package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * One segment of a log: its file, its indexes and what is known about its content. Only the last
 * segment of a log, the active one, grows.
 *
 * <p>Owner: partition loop.
 */
final class Segment {
  private static final int CHUNK_BITS = 24;

  private final long baseOffset;
  private SegmentFile file;
  private OffsetIndex offsetIndex;
  private TimeIndex timeIndex;

  /** Null once the segment is closed for good or when nothing was appended since the start. */
  private TailIndex tail;

  /**
   * For each 16 MiB of the file how many bytes had been written to the log directory when they were
   * begun; 0 = not in this process. Null = none of the segment was.
   */
  private long[] written;

  /** Where the first append of this process begins. */
  private int writtenFrom;

  private int size;
  private long endOffset;
  private int bytesSinceEntry;

  /** Max timestamp of the first batch, which the roll by age counts from; -1 = unknown. */
  private long firstTimestamp = RecordBatch.NO_TIMESTAMP;

  private long maxTimestamp = RecordBatch.NO_TIMESTAMP;
  private long offsetOfMaxTimestamp = -1;
  private long createdMs;

  /** Time of the last append since the start of the process; -1 = none. */
  private long lastAppendMs = -1;

  private Segment(long baseOffset, SegmentFile file, OffsetIndex offsetIndex, TimeIndex timeIndex) {
    this.baseOffset = baseOffset;
    this.endOffset = baseOffset;
    this.file = file;
    this.offsetIndex = offsetIndex;
    this.timeIndex = timeIndex;
  }

  /** A segment without batches; an index file of that name is not trusted. */
  static Segment empty(long baseOffset, SegmentFile file, long nowMs) {
    Segment segment =
        new Segment(baseOffset, file, OffsetIndex.empty(baseOffset), TimeIndex.empty(baseOffset));
    segment.createdMs = nowMs;
    return segment;
  }

  /**
   * A segment found on the disk, with index files. Until these are read, and with them when its
   * first batch came, it counts as created now.
   */
  static Segment loaded(long baseOffset, SegmentFile file, int size, long endOffset, long nowMs) {
    Segment segment =
        new Segment(
            baseOffset, file, OffsetIndex.unloaded(baseOffset), TimeIndex.unloaded(baseOffset));
    segment.size = size;
    segment.endOffset = endOffset;
    segment.createdMs = nowMs;
    return segment;
  }

  /** For completing indexes: everything below {@code position} is known, nothing behind it. */
  static Segment resumed(
      SegmentIndexes.Source source,
      OffsetIndex offsets,
      TimeIndex times,
      int position,
      long firstTimestamp) {
    Segment segment = new Segment(source.baseOffset(), source.file(), offsets, times);
    segment.size = position;
    segment.firstTimestamp = firstTimestamp;
    if (times.entries() > 0) {
      TimeIndex.Entry last = times.entry(times.entries() - 1);
      segment.maxTimestamp = last.timestamp();
      segment.offsetOfMaxTimestamp = last.offset();
    }
    return segment;
  }

  /** What {@link #install} takes. */
  SegmentIndexes indexes() {
    return new SegmentIndexes(
        offsetIndex,
        timeIndex,
        firstTimestamp,
        maxTimestamp,
        offsetOfMaxTimestamp,
        bytesSinceEntry);
  }

  long baseOffset() {
    return baseOffset;
  }

  /** End of the offsets (exclusive). */
  long endOffset() {
    return endOffset;
  }

  /** Bytes written. */
  int size() {
    return size;
  }

  SegmentFile file() {
    return file;
  }

  /** The same bytes are in another file now, which need not be in the page cache of its disk. */
  void relocate(SegmentFile to) {
    file = to;
    written = null;
  }

  Path directory() {
    return file.path().getParent();
  }

  OffsetIndex offsetIndex() {
    return offsetIndex;
  }

  TimeIndex timeIndex() {
    return timeIndex;
  }

  /** The recent batches; null = none are known. */
  TailIndex tail() {
    return tail;
  }

  boolean indexesLoaded() {
    return offsetIndex.loaded() && timeIndex.loaded();
  }

  /** Puts indexes that a worker loaded or rebuilt in the place of unloaded ones. */
  void install(SegmentIndexes indexes) {
    if (!indexesLoaded()) {
      offsetIndex = indexes.offsets();
      timeIndex = indexes.times();
      firstTimestamp = indexes.firstTimestamp();
      maxTimestamp = indexes.maxTimestamp();
      offsetOfMaxTimestamp = indexes.offsetOfMaxTimestamp();
      bytesSinceEntry = indexes.bytesSinceEntry();
    }
  }

  long createdMs() {
    return createdMs;
  }

  long firstTimestamp() {
    return firstTimestamp;
  }

  /** Largest timestamp in ms; -1 = unknown or none. */
  long maxTimestamp() {
    return maxTimestamp;
  }

  /** Last offset of the earliest batch with {@link #maxTimestamp}; -1 = unknown or none. */
  long offsetOfMaxTimestamp() {
    return offsetOfMaxTimestamp;
  }

  /** The largest timestamp of a closed segment was looked up on the disk. */
  void learnMaxTimestamp(long timestamp) {
    maxTimestamp = Math.max(maxTimestamp, timestamp);
  }

  /**
   * Takes note of a batch at the end of the file. The indexes must be loaded.
   *
   * @param intervalBytes {@code index.interval.bytes}
   * @param remember whether readers are to find it in the tail
   */
  void onBatch(
      long firstOffset,
      long lastOffset,
      int batchSize,
      long batchMaxTimestamp,
      int intervalBytes,
      boolean remember) {
    if (batchMaxTimestamp > maxTimestamp) {
      maxTimestamp = batchMaxTimestamp;
      offsetOfMaxTimestamp = lastOffset;
    }
    if (size == 0) {
      firstTimestamp = batchMaxTimestamp;
    }
    if (bytesSinceEntry > intervalBytes) {
      offsetIndex.append(lastOffset, size);
      timeIndex.append(maxTimestamp, offsetOfMaxTimestamp);
      bytesSinceEntry = 0;
    }
    if (remember) {
      if (tail == null) {
        tail = new TailIndex();
      }
      tail.add((int) (firstOffset - baseOffset), size);
    }
    size += batchSize;
    bytesSinceEntry += batchSize;
    endOffset = lastOffset + 1;
  }

  /**
   * Notes that this many bytes were appended now, {@code directoryBytes} as in {@link #writtenAt}.
   */
  void onAppended(int bytes, long nowMs, LongSupplier directoryBytes) {
    lastAppendMs = nowMs;
    int chunk = (size - 1) >>> CHUNK_BITS;
    if (written == null) {
      written = new long[chunk + 1];
      writtenFrom = size - bytes;
    } else if (written.length <= chunk) {
      written = Arrays.copyOf(written, chunk + 4);
    }
    if (written[chunk] == 0) {
      written[chunk] = directoryBytes.getAsLong();
    }
  }

  /**
   * How many bytes had been written to the log directory when those at this position, or up to 16
   * MiB before it, were; 0 = it was before this process. Later positions were written later.
   */
  long writtenAt(int position) {
    int chunk = position >>> CHUNK_BITS;
    return written == null || position < writtenFrom || chunk >= written.length
        ? 0
        : written[chunk];
  }

  /** The segment's first timestamp was looked up; {@link Long#MAX_VALUE} = it has none. */
  void learnFirstTimestamp(long timestamp) {
    if (firstTimestamp == RecordBatch.NO_TIMESTAMP) {
      firstTimestamp = timestamp;
    }
  }

  /**
   * The next segment starts here: compaction removed batches at the end, and what follows is there.
   */
  void endAt(long nextBaseOffset) {
    endOffset = nextBaseOffset;
  }

  long lastAppendMs() {
    return lastAppendMs;
  }

  /** Forgets where the recent batches are; readers look into the file from now on. */
  void dropTail() {
    tail = null;
  }

  /** Drops the indexes from the heap if the files have them. */
  void unloadIndexes() {
    if (indexesLoaded() && !offsetIndex.dirty() && !timeIndex.dirty()) {
      offsetIndex.unload();
      timeIndex.unload();
    }
  }

  /** Nothing more will be appended for now: completes the time index. */
  void seal() {
    if (maxTimestamp != RecordBatch.NO_TIMESTAMP && timeIndex.loaded()) {
      timeIndex.append(maxTimestamp, offsetOfMaxTimestamp);
    }
  }

  @Override
  public String toString() {
    return file.path().toString();
  }
}

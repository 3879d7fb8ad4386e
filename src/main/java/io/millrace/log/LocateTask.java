package io.millrace.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds a range of whole batches in one segment, and warms it.
 *
 * <p>Owner: partition loop until it runs and after it ran; log directory worker while it runs.
 */
final class LocateTask {
  private static final Logger LOG = LoggerFactory.getLogger(LocateTask.class);

  /** A warming that took longer must have read from the disk. */
  private static final long COLD_NANOS = 1_000_000;

  /** Who asks for less is no bulk reader. */
  private static final int PREFETCH_BYTES = 64 << 10;

  private final LogDirectory directory;
  private final SegmentIndexes.Source source;

  /** Batches at the start of a read are seldom larger than this. */
  private static final int BEYOND_BYTES = 64 << 10;

  private final long offset;
  private final long end;
  private final int maxBytes;
  private final boolean minOneBatch;

  private boolean lookedUp;
  private int startFrom;
  private int endFrom;
  private int cutFrom;
  // What ends at or below this position lies below this offset.
  private int beyondPosition;
  private long beyondOffset;
  private SegmentIndexes loaded;

  /** The arguments are those of {@link PartitionLog#read}. */
  LocateTask(
      LogDirectory directory,
      SegmentIndexes.Source source,
      long offset,
      long end,
      int maxBytes,
      boolean minOneBatch) {
    this.directory = directory;
    this.source = source;
    this.offset = offset;
    this.end = end;
    this.maxBytes = maxBytes;
    this.minOneBatch = minOneBatch;
  }

  long offset() {
    return offset;
  }

  long end() {
    return end;
  }

  int maxBytes() {
    return maxBytes;
  }

  boolean minOneBatch() {
    return minOneBatch;
  }

  /** The indexes, if they had to be read; null = they had not. */
  SegmentIndexes loaded() {
    return loaded;
  }

  /** Takes from the index where to start reading; on the index's owner. */
  void lookUp(OffsetIndex index) {
    lookedUp = true;
    startFrom = index.lookup(offset);
    endFrom = end >= source.endOffset() ? source.size() : index.lookup(end);
    cutFrom = floor(index, (long) startFrom + maxBytes);
    int beyond = floorEntry(index, startFrom + 2L * maxBytes + BEYOND_BYTES) + 1;
    boolean inside = beyond < index.entries();
    beyondPosition = inside ? index.position(beyond) : source.size();
    beyondOffset = inside ? index.offset(beyond) : source.endOffset();
  }

  /** Position of the last entry at or below {@code position}. */
  private static int floor(OffsetIndex index, long position) {
    int entry = floorEntry(index, position);
    return entry < 0 ? 0 : index.position(entry);
  }

  /** The last entry at or below {@code position}; -1 = there is none. */
  private static int floorEntry(OffsetIndex index, long position) {
    int low = 0;
    int high = index.entries() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (index.position(middle) <= position) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  /** Where reading starts; only after {@link #lookUp}. */
  int startFrom() {
    return startFrom;
  }

  /**
   * Locates and warms; for workers. Reads the index first if {@link #lookUp} was not called.
   *
   * @return data or empty; null = all batches of the segment lie before the offset
   */
  ReadResult run(int intervalBytes) throws IOException {
    if (!lookedUp) {
      loaded = SegmentIndexes.load(directory.io(), source, intervalBytes);
      lookUp(loaded.offsets());
    }
    return locate(source.file().acquire(), true);
  }

  /**
   * Locates in a range that is in the page cache; for loops, and only after {@link #lookUp}. Takes
   * over the lease of the channel. The result is that of {@link #run}.
   */
  ReadResult runResident(FileChannel channel) throws IOException {
    return locate(channel, false);
  }

  private ReadResult locate(FileChannel channel, boolean warm) throws IOException {
    boolean leased = false;
    try {
      BatchScanner batches = new BatchScanner(channel, startFrom, source.size());
      if (!batches.nextUpTo(offset)) {
        return null;
      }
      long start = batches.position();
      long firstEnd = start + batches.sizeInBytes();
      if (batches.lastOffset() >= end || (batches.sizeInBytes() > maxBytes && !minOneBatch)) {
        return ReadResult.Empty.INSTANCE;
      }
      long cut = firstEnd;
      if (firstEnd - start < maxBytes) {
        long limit = Math.min(endPosition(channel), start + maxBytes);
        cut = cut(channel, firstEnd, limit);
      }
      int length = (int) (cut - start);
      if (warm) {
        warm(channel, start, length);
      }
      leased = true;
      return new ReadResult.Data(
          new LogFileSlice(directory, source.file(), channel, start, length),
          Math.min(end, cut <= beyondPosition ? beyondOffset : source.endOffset()));
    } finally {
      if (!leased) {
        source.file().release();
      }
    }
  }

  private void warm(FileChannel channel, long start, int length) throws IOException {
    long started = System.nanoTime();
    directory.warmer().warm(channel, start, length);
    if (System.nanoTime() - started > COLD_NANOS && length >= PREFETCH_BYTES) {
      prefetch(start + length, (int) Math.min(length, source.size() - start - length));
    }
  }

  /** The range came from the disk: probably the reader goes on where it ends. */
  private void prefetch(long start, int length) {
    if (length <= 0) {
      return;
    }
    try {
      directory
          .worker()
          .execute(
              LogWorker.Lane.READ,
              () -> {
                FileChannel channel = source.file().tryAcquire();
                if (channel != null) {
                  try {
                    directory.warmer().warm(channel, start, length);
                  } catch (IOException e) {
                    LOG.debug("Reading ahead in {} failed", source.file().path(), e);
                  } finally {
                    source.file().release();
                  }
                }
              });
    } catch (RejectedExecutionException e) {
      LOG.debug("The directory is being closed");
    }
  }

  /** Where the first batch starts that does not lie below {@link #end} as a whole. */
  private long endPosition(FileChannel channel) throws IOException {
    if (endFrom == source.size()) {
      return endFrom;
    }
    BatchScanner batches = new BatchScanner(channel, endFrom, source.size());
    return batches.nextUpTo(end) ? batches.position() : source.size();
  }

  /** The last end of a batch at or below {@code limit}, starting from one known to be. */
  private long cut(FileChannel channel, long known, long limit) throws IOException {
    if (limit == source.size()) {
      return limit;
    }
    long from = cutFrom <= limit ? Math.max(known, cutFrom) : known;
    BatchScanner batches = new BatchScanner(channel, from, source.size());
    long cut = from;
    while (cut < limit && batches.next() && batches.position() + batches.sizeInBytes() <= limit) {
      cut = batches.position() + batches.sizeInBytes();
    }
    return cut;
  }
}

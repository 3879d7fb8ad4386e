package io.millrace.log;

import io.millrace.record.LogRecord;
import io.millrace.record.RecordReader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * One search by time through the segments of a log: prepared on the loop, which knows the indexes
 * on the heap, and run by the worker, which reads the others and the batches.
 *
 * <p>Owner: partition loop until it runs; log directory worker while it runs.
 */
final class TimestampSearch {
  /**
   * What the indexes say about one segment.
   *
   * @param maxTimestamp largest timestamp; -1 = the segment is empty
   * @param offsetOfMax last offset of the batch that has it
   * @param from position from which everything not covered by the index is to be read
   */
  private record Hint(long maxTimestamp, long offsetOfMax, int from) {}

  private record Candidate(SegmentIndexes.Source source, Hint hint) {}

  private final LogDirectory directory;
  private final int intervalBytes;
  private final long startOffset;
  private final long endOffset;

  /** The timestamp wanted; {@link Long#MAX_VALUE} = the largest one there is. */
  private final long timestamp;

  private final List<Candidate> candidates = new ArrayList<>();

  private TimestampSearch(LogState log, long timestamp, long endOffset) {
    this.directory = log.directory;
    this.intervalBytes = log.config.indexIntervalBytes();
    this.startOffset = log.logStartOffset;
    this.endOffset = Math.min(endOffset, log.visibleEnd);
    this.timestamp = timestamp;
    for (Segment segment : log.segments.all()) {
      if (segment.size() > 0 && segment.baseOffset() < this.endOffset) {
        Hint hint =
            segment.indexesLoaded()
                ? hint(
                    segment.offsetIndex(),
                    segment.timeIndex(),
                    segment.maxTimestamp(),
                    segment.offsetOfMaxTimestamp())
                : null;
        candidates.add(new Candidate(SegmentIndexes.Source.of(segment), hint));
      }
    }
  }

  /** A search for the first record at or after a time. */
  static TimestampSearch atOrAfter(LogState log, long timestamp, long endOffset) {
    return new TimestampSearch(log, timestamp, endOffset);
  }

  /** A search for the first record with the largest timestamp. */
  static TimestampSearch largest(LogState log, long endOffset) {
    return new TimestampSearch(log, Long.MAX_VALUE, endOffset);
  }

  private Hint hint(OffsetIndex offsets, TimeIndex times, long maxTimestamp, long offsetOfMax) {
    if (timestamp != Long.MAX_VALUE) {
      // The entry's own batch may hold earlier records of the same timestamp.
      return new Hint(maxTimestamp, offsetOfMax, offsets.lookup(times.lookup(timestamp) - 1));
    }
    if (offsetOfMax < endOffset) {
      return new Hint(maxTimestamp, offsetOfMax, offsets.lookup(offsetOfMax));
    }
    int slot = times.entries() - 1;
    while (slot >= 0 && times.entry(slot).offset() >= endOffset) {
      slot--;
    }
    if (slot < 0) {
      return new Hint(Long.MAX_VALUE, offsetOfMax, 0);
    }
    return new Hint(Long.MAX_VALUE, offsetOfMax, offsets.lookup(times.entry(slot).offset()));
  }

  private Hint hintOf(Candidate candidate) throws IOException {
    if (candidate.hint != null) {
      return candidate.hint;
    }
    SegmentIndexes indexes = SegmentIndexes.load(directory.io(), candidate.source, intervalBytes);
    TimeIndex times = indexes.times();
    if (times.entries() == 0) {
      return new Hint(Long.MAX_VALUE, Long.MAX_VALUE, 0);
    }
    TimeIndex.Entry last = times.entry(times.entries() - 1);
    return hint(indexes.offsets(), times, last.timestamp(), last.offset());
  }

  /** Runs the search. */
  Optional<TimestampedOffset> run() throws IOException {
    return timestamp == Long.MAX_VALUE ? findLargest() : findFirst();
  }

  private Optional<TimestampedOffset> findFirst() throws IOException {
    for (Candidate candidate : candidates) {
      Hint hint = hintOf(candidate);
      if (hint.maxTimestamp < timestamp) {
        continue;
      }
      FileChannel channel = candidate.source.file().acquire();
      try {
        BatchScanner batches = new BatchScanner(channel, hint.from, candidate.source.size());
        while (batches.next() && batches.baseOffset() < endOffset) {
          if (batches.maxTimestamp() >= timestamp && batches.lastOffset() >= startOffset) {
            Optional<TimestampedOffset> found =
                record(channel, batches, record -> record.timestampMs() >= timestamp);
            if (found.isPresent()) {
              return found;
            }
          }
        }
      } finally {
        candidate.source.file().release();
      }
    }
    return Optional.empty();
  }

  private Optional<TimestampedOffset> findLargest() throws IOException {
    Optional<TimestampedOffset> best = Optional.empty();
    for (Candidate candidate : candidates) {
      Hint hint = hintOf(candidate);
      long least = best.map(TimestampedOffset::timestamp).orElse(Long.MIN_VALUE);
      if (hint.maxTimestamp <= least) {
        continue;
      }
      Optional<TimestampedOffset> found = largest(candidate, hint.from, hint.offsetOfMax, least);
      boolean known = hint.maxTimestamp != Long.MAX_VALUE;
      if (known && (found.isEmpty() || found.get().timestamp() < hint.maxTimestamp)) {
        // Compaction can have emptied the batch that the index names.
        found = largest(candidate, 0, Long.MAX_VALUE, least);
      }
      best = found.isPresent() ? found : best;
    }
    return best;
  }

  /**
   * The first record with the largest timestamp of a segment, if that is larger than {@code least}.
   *
   * @param last the batch that holds this offset is the last one looked at
   */
  private Optional<TimestampedOffset> largest(Candidate candidate, int from, long last, long least)
      throws IOException {
    Optional<TimestampedOffset> best = Optional.empty();
    long largest = least;
    FileChannel channel = candidate.source.file().acquire();
    try {
      BatchScanner batches = new BatchScanner(channel, from, candidate.source.size());
      while (batches.next() && batches.baseOffset() < endOffset) {
        long max = batches.maxTimestamp();
        if (max > largest && batches.lastOffset() >= startOffset) {
          Optional<TimestampedOffset> found =
              record(channel, batches, record -> record.timestampMs() == max);
          if (found.isPresent()) {
            best = found;
            largest = max;
          }
        }
        if (batches.lastOffset() >= last) {
          break;
        }
      }
    } finally {
      candidate.source.file().release();
    }
    return best;
  }

  /** The first matching record of the current batch within the range of offsets. */
  private Optional<TimestampedOffset> record(
      FileChannel channel, BatchScanner batches, Predicate<LogRecord> matches) throws IOException {
    ByteBuffer batch = ByteBuffer.allocate(batches.sizeInBytes());
    while (batch.hasRemaining()) {
      if (channel.read(batch, batches.position() + batch.position()) < 0) {
        throw new EOFException("The file ends within a batch at " + batches.position());
      }
    }
    try (RecordReader records = new RecordReader(batch.flip(), 0)) {
      while (records.hasNext()) {
        LogRecord record = records.next();
        if (record.offset() >= startOffset && record.offset() < endOffset && matches.test(record)) {
          return Optional.of(
              new TimestampedOffset(record.timestampMs(), record.offset(), batches.leaderEpoch()));
        }
      }
    }
    return Optional.empty();
  }
}

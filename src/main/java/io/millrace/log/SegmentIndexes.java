package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Both indexes of one segment on their way between disk and heap.
 *
 * @param firstTimestamp max timestamp of the segment's first batch; -1 = none
 *     <p>Owner: log directory worker until installed in the segment.
 */
record SegmentIndexes(OffsetIndex offsets, TimeIndex times, long firstTimestamp) {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentIndexes.class);

  /**
   * What a worker needs to know of a segment.
   *
   * @param endOffset end of the offsets (exclusive)
   */
  record Source(SegmentFile file, long baseOffset, long endOffset, int size) {
    static Source of(Segment segment) {
      return new Source(segment.file(), segment.baseOffset(), segment.endOffset(), segment.size());
    }

    Path directory() {
      return file.path().getParent();
    }

    Path offsetIndex() {
      return SegmentNames.file(directory(), baseOffset, SegmentNames.OFFSET_INDEX);
    }

    Path timeIndex() {
      return SegmentNames.file(directory(), baseOffset, SegmentNames.TIME_INDEX);
    }
  }

  /** Reads the index files; rebuilds the indexes from the segment if one is missing or corrupt. */
  static SegmentIndexes load(FileIo io, Source source, int intervalBytes) throws IOException {
    try {
      OffsetIndex offsets = OffsetIndex.unloaded(source.baseOffset);
      offsets.install(
          OffsetIndex.read(
              io, source.offsetIndex(), source.baseOffset, source.endOffset, source.size));
      TimeIndex times = TimeIndex.unloaded(source.baseOffset);
      times.install(TimeIndex.read(io, source.timeIndex(), source.baseOffset, source.endOffset));
      return new SegmentIndexes(offsets, times, firstTimestamp(source));
    } catch (NoSuchFileException | CorruptIndexException e) {
      LOG.warn("Rebuilding the indexes of {}: {}", source.file.path(), e.getMessage());
      return rebuild(source, intervalBytes);
    }
  }

  private static long firstTimestamp(Source source) throws IOException {
    FileChannel channel = source.file.acquire();
    try {
      BatchScanner batches = new BatchScanner(channel, 0, source.size);
      return batches.next() ? batches.maxTimestamp() : RecordBatch.NO_TIMESTAMP;
    } finally {
      source.file.release();
    }
  }

  private static SegmentIndexes rebuild(Source source, int intervalBytes) throws IOException {
    Segment segment = Segment.empty(source.baseOffset, source.file, 0);
    FileChannel channel = source.file.acquire();
    try {
      BatchScanner batches = new BatchScanner(channel, 0, source.size);
      while (batches.next()) {
        segment.onBatch(
            batches.baseOffset(),
            batches.lastOffset(),
            batches.sizeInBytes(),
            batches.maxTimestamp(),
            intervalBytes,
            false);
      }
    } finally {
      source.file.release();
    }
    segment.seal();
    return new SegmentIndexes(segment.offsetIndex(), segment.timeIndex(), segment.firstTimestamp());
  }

  /** Writes what the files lack of a segment that does not grow meanwhile. Not fsynced. */
  static void flush(FileIo io, Path directory, Segment segment) throws IOException {
    OffsetIndex offsets = segment.offsetIndex();
    if (offsets.dirty()) {
      try (FileChannel channel = openIndex(io, directory, segment, SegmentNames.OFFSET_INDEX)) {
        offsets.flush(io, channel);
      }
    }
    TimeIndex times = segment.timeIndex();
    if (times.dirty()) {
      try (FileChannel channel = openIndex(io, directory, segment, SegmentNames.TIME_INDEX)) {
        times.flush(io, channel);
      }
    }
  }

  private static FileChannel openIndex(FileIo io, Path directory, Segment segment, String suffix)
      throws IOException {
    return io.open(
        SegmentNames.file(directory, segment.baseOffset(), suffix),
        StandardOpenOption.CREATE,
        StandardOpenOption.WRITE);
  }
}

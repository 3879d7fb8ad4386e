package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known about the content of one segment, on its way between disk and heap: both indexes
 * and what is beyond their last entries.
 *
 * @param firstTimestamp max timestamp of the segment's first batch; -1 = none
 * @param maxTimestamp of all batches; -1 = none
 * @param offsetOfMaxTimestamp last offset of the earliest batch that has it; -1 = none
 * @param bytesSinceEntry bytes behind the start of the batch of the last entry
 *     <p>Owner: log directory worker until installed in the segment.
 */
record SegmentIndexes(
    OffsetIndex offsets,
    TimeIndex times,
    long firstTimestamp,
    long maxTimestamp,
    long offsetOfMaxTimestamp,
    int bytesSinceEntry) {
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

  /**
   * Reads the index files, and the headers of the batches behind their last entries. Missing,
   * corrupt or incomplete indexes are completed or rebuilt from the segment.
   *
   * @throws ClosedChannelException if the segment is no longer part of the log: the index files can
   *     be those of the one that compaction put in its place
   */
  static SegmentIndexes load(FileIo io, Source source, int intervalBytes) throws IOException {
    try {
      SegmentIndexes loaded = loadOrRebuild(io, source, intervalBytes);
      if (!source.file.doomed()) {
        return loaded;
      }
    } catch (CorruptSegmentException e) {
      if (!source.file.doomed()) {
        throw e;
      }
    }
    throw new ClosedChannelException();
  }

  private static SegmentIndexes loadOrRebuild(FileIo io, Source source, int intervalBytes)
      throws IOException {
    try {
      OffsetIndex offsets = OffsetIndex.unloaded(source.baseOffset);
      offsets.install(
          OffsetIndex.read(
              io, source.offsetIndex(), source.baseOffset, source.endOffset, source.size));
      TimeIndex times = TimeIndex.unloaded(source.baseOffset);
      times.install(TimeIndex.read(io, source.timeIndex(), source.baseOffset, source.endOffset));
      return complete(source, offsets, times, intervalBytes);
    } catch (NoSuchFileException | CorruptIndexException e) {
      LOG.warn("The indexes of {} are rebuilt: {}", source.file.path(), e.getMessage());
      return complete(
          source,
          OffsetIndex.empty(source.baseOffset),
          TimeIndex.empty(source.baseOffset),
          intervalBytes);
    }
  }

  /** Makes both indexes of a closed segment anew out of its batches, and their files; blocks. */
  static SegmentIndexes rebuild(FileIo io, Source source, int intervalBytes) throws IOException {
    SegmentIndexes rebuilt =
        complete(
            source,
            OffsetIndex.empty(source.baseOffset),
            TimeIndex.empty(source.baseOffset),
            intervalBytes);
    Segment segment =
        Segment.loaded(source.baseOffset, source.file, source.size, source.endOffset, 0);
    segment.install(rebuilt);
    segment.seal();
    write(io, source.directory(), segment, true);
    return rebuilt;
  }

  private static SegmentIndexes complete(
      Source source, OffsetIndex offsets, TimeIndex times, int intervalBytes) throws IOException {
    FileChannel channel = source.file.acquire();
    try {
      // A file that was never synced can be empty after a crash of the machine. For the offset
      // index that needs no telling from one whose batches are too few for an entry: without
      // entries the scan begins at the start and finds all. A time index is only right to be empty
      // beside entries of offsets when no batch has a timestamp.
      if (times.entries() == 0 && offsets.entries() > 0 && timestamped(channel, source)) {
        throw new CorruptIndexException(source.timeIndex(), "it is empty");
      }
      int from = offsets.entries() == 0 ? 0 : offsets.position(offsets.entries() - 1);
      Segment segment = Segment.resumed(source, offsets, times, from, first(channel, source));
      BatchScanner batches = new BatchScanner(channel, from, source.size);
      while (batches.next()) {
        if (batches.position() == from
            && from > 0
            && batches.lastOffset() != offsets.offset(offsets.entries() - 1)) {
          throw new CorruptIndexException(
              source.offsetIndex(), "its last entry is not that of the batch there");
        }
        segment.onBatch(
            batches.baseOffset(),
            batches.lastOffset(),
            batches.sizeInBytes(),
            batches.maxTimestamp(),
            intervalBytes,
            false);
      }
      return segment.indexes();
    } finally {
      source.file.release();
    }
  }

  private static boolean timestamped(FileChannel channel, Source source) throws IOException {
    BatchScanner batches = new BatchScanner(channel, 0, source.size);
    while (batches.next()) {
      if (batches.maxTimestamp() != RecordBatch.NO_TIMESTAMP) {
        return true;
      }
    }
    return false;
  }

  private static long first(FileChannel channel, Source source) throws IOException {
    BatchScanner batches = new BatchScanner(channel, 0, source.size);
    return batches.next() ? batches.maxTimestamp() : RecordBatch.NO_TIMESTAMP;
  }

  /**
   * Writes what the files lack of a segment that does not grow meanwhile.
   *
   * @param durable whether the content survives a crash of the machine on return
   */
  static void write(FileIo io, Path directory, Segment segment, boolean durable)
      throws IOException {
    write(io, directory, segment, "", durable);
  }

  /**
   * The same for files that have another name for now.
   *
   * @param ending added to the names of the files
   */
  static void write(FileIo io, Path directory, Segment segment, String ending, boolean durable)
      throws IOException {
    OffsetIndex offsets = segment.offsetIndex();
    if (offsets.dirty()) {
      try (FileChannel channel =
          openIndex(io, directory, segment, SegmentNames.OFFSET_INDEX + ending)) {
        offsets.flush(io, channel);
        force(io, channel, durable);
      }
    }
    TimeIndex times = segment.timeIndex();
    if (times.dirty()) {
      try (FileChannel channel =
          openIndex(io, directory, segment, SegmentNames.TIME_INDEX + ending)) {
        times.flush(io, channel);
        force(io, channel, durable);
      }
    }
  }

  private static void force(FileIo io, FileChannel channel, boolean durable) throws IOException {
    if (durable) {
      io.force(channel, true);
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

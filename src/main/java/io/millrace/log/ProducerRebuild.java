package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds the state of a log's producers from the newest good snapshot and the batches behind it.
 *
 * <p>Owner: log directory worker.
 */
final class ProducerRebuild {
  private static final Logger LOG = LoggerFactory.getLogger(ProducerRebuild.class);

  private final FileIo io;
  private final Path directory;
  private final ProducerStateTable table = new ProducerStateTable();

  ProducerRebuild(FileIo io, Path directory) {
    this.io = io;
    this.directory = directory;
  }

  ProducerStateTable table() {
    return table;
  }

  /**
   * Loads the newest good snapshot at or below {@code offset}; bad ones are removed.
   *
   * @return its offset; -1 = there is none
   */
  long restore(NavigableSet<Long> snapshots, long offset) throws IOException {
    for (long candidate : snapshots.headSet(offset, true).descendingSet()) {
      Path file = SegmentNames.file(directory, candidate, SegmentNames.SNAPSHOT);
      try {
        ProducerSnapshot.read(file).forEach(table::restore);
        return candidate;
      } catch (CorruptSnapshotException e) {
        LOG.warn("{}; an older one is used", e.getMessage());
        io.delete(file);
      } catch (NoSuchFileException e) {
        LOG.warn("{} has vanished; an older one is used", file);
      }
    }
    return -1;
  }

  /** Takes the batches of good segments from {@code from} (inclusive) to {@code end}. */
  void replay(List<Segment> segments, long from, long end) throws IOException {
    for (Segment segment : segments) {
      if (segment.endOffset() <= from || segment.baseOffset() >= end) {
        continue;
      }
      FileChannel channel = segment.file().acquire();
      try {
        BatchScanner batches = new BatchScanner(channel, 0, segment.size());
        while (batches.nextUpTo(from) && batches.lastOffset() < end) {
          replay(batches.header(), batches.headerAt());
        }
      } finally {
        segment.file().release();
      }
    }
  }

  /** Takes one batch. */
  void replay(ByteBuffer buffer, int at) {
    if (RecordBatch.hasProducerId(buffer, at) && RecordBatch.baseSequence(buffer, at) >= 0) {
      table.replay(
          RecordBatch.producerId(buffer, at),
          RecordBatch.producerEpoch(buffer, at),
          RecordBatch.baseSequence(buffer, at),
          RecordBatch.baseOffset(buffer, at),
          RecordBatch.lastOffsetDelta(buffer, at),
          RecordBatch.maxTimestamp(buffer, at));
    }
  }
}

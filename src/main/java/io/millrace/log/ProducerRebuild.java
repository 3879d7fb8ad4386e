package io.millrace.log;

import io.millrace.model.TransactionMarker;
import io.millrace.record.ControlBatch;
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
        table.transactions().reopen(table);
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

  /**
   * Takes the batches of good segments from {@code from} (inclusive) to {@code end}. Which of their
   * transactions were aborted is known already.
   */
  void replay(List<Segment> segments, long from, long end) throws IOException {
    for (Segment segment : segments) {
      if (segment.endOffset() <= from || segment.baseOffset() >= end) {
        continue;
      }
      FileChannel channel = segment.file().acquire();
      try {
        BatchScanner batches = new BatchScanner(channel, 0, segment.size());
        while (batches.nextUpTo(from) && batches.lastOffset() < end) {
          ByteBuffer header = batches.header();
          int at = batches.headerAt();
          if (!RecordBatch.hasProducerId(header, at)) {
            continue;
          }
          if (RecordBatch.isControl(header, at)) {
            end(batches.readWhole(), 0, false);
          } else {
            table.replay(header, at);
          }
        }
      } finally {
        segment.file().release();
      }
    }
  }

  /** Takes one whole batch, and notes the transaction that it aborts. */
  void replay(ByteBuffer buffer, int at) {
    if (!RecordBatch.hasProducerId(buffer, at)) {
      return;
    }
    if (RecordBatch.isControl(buffer, at)) {
      end(buffer, at, true);
    } else {
      table.replay(buffer, at);
    }
  }

  private void end(ByteBuffer buffer, int at, boolean noted) {
    TransactionMarker marker = ControlBatch.read(buffer, at);
    if (marker != null) {
      table.replayEnd(
          marker, RecordBatch.baseOffset(buffer, at), RecordBatch.maxTimestamp(buffer, at), noted);
    }
  }

  /** Transactions that were aborted in segments which are not read, as their files say. */
  void addAborted(List<AbortedTransaction> found) {
    table.transactions().addAborted(found);
  }
}

package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.io.EOFException;
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
  private final LogTransactions transactions = new LogTransactions();

  ProducerRebuild(FileIo io, Path directory) {
    this.io = io;
    this.directory = directory;
  }

  ProducerStateTable table() {
    return table;
  }

  /** Which transactions are in progress, were aborted, or have been ended by what was replayed. */
  LogTransactions transactions() {
    return transactions;
  }

  /**
   * Takes the aborted transactions of segments that are good as they are; before that, nothing must
   * be known of them but what was replayed.
   *
   * @throws CorruptIndexException if a file is not what was once written
   */
  void loadAborted(LogFiles files, List<Segment> segments) throws IOException {
    transactions.aborted().removeFrom(0);
    for (Segment segment : segments) {
      long base = segment.baseOffset();
      if (files.transactionIndexes().contains(base)) {
        Path file = SegmentNames.file(directory, base, SegmentNames.TRANSACTION_INDEX);
        TransactionIndexFile.read(io, file).forEach(transactions.aborted()::add);
      }
    }
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
        transactions.restore(table);
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
          if (RecordBatch.isControl(batches.header(), batches.headerAt())) {
            replay(whole(channel, batches), 0);
          } else {
            replay(batches.header(), batches.headerAt());
          }
        }
      } finally {
        segment.file().release();
      }
    }
  }

  private static ByteBuffer whole(FileChannel channel, BatchScanner batches) throws IOException {
    ByteBuffer batch = ByteBuffer.allocate(batches.sizeInBytes());
    while (batch.hasRemaining()) {
      if (channel.read(batch, batches.position() + batch.position()) < 0) {
        throw new EOFException("The file ends at " + (batches.position() + batch.position()));
      }
    }
    return batch.flip();
  }

  /** Takes one batch; a control batch must be whole. */
  void replay(ByteBuffer buffer, int at) {
    if (RecordBatch.hasProducerId(buffer, at)) {
      transactions.onBatch(table, buffer, at, false);
    }
  }
}

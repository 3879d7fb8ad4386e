package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a log into order after a crash. The segments below the recovery point are taken as they
 * are; from the one that holds it on, every batch is read and checked, the log is cut at the first
 * bad one, and indexes, leader epochs and producers are built anew from what was read.
 *
 * <p>Owner: log directory worker.
 */
final class LogRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);

  private final LogDirectory directory;
  private final Path path;
  private final LogFiles files;
  private final int intervalBytes;
  private final List<Segment> segments = new ArrayList<>();
  private final LeaderEpochCache epochs;
  private final ProducerRebuild producers;
  private final BooleanSupplier givenUp;

  /**
   * A recovery.
   *
   * @param givenUp whether it is to end early; a log that is cut while it is open must not
   */
  LogRecovery(
      LogDirectory directory,
      Path path,
      LogFiles files,
      LeaderEpochCache epochs,
      int intervalBytes,
      BooleanSupplier givenUp) {
    this.directory = directory;
    this.path = path;
    this.files = files;
    this.epochs = epochs;
    this.intervalBytes = intervalBytes;
    this.givenUp = givenUp;
    this.producers = new ProducerRebuild(directory.io(), path);
  }

  List<Segment> segments() {
    return segments;
  }

  /** The producers and their transactions at the end of the log. */
  ProducerRebuild rebuilt() {
    return producers;
  }

  /**
   * Recovers the log. Changed files are fsynced.
   *
   * <p>It ends early with a {@link LogNotOpenedException} when the directory is to be closed; the
   * next recovery begins where this one did.
   *
   * @param recoveryPoint up to where (exclusive) the log is known to be good
   * @return end of the log (exclusive)
   */
  long run(long recoveryPoint) throws IOException {
    List<Map.Entry<Long, Long>> found = List.copyOf(files.segments().entrySet());
    int first = 0;
    while (first + 1 < found.size() && found.get(first + 1).getKey() <= recoveryPoint) {
      long base = found.get(first).getKey();
      int size = Math.toIntExact(found.get(first).getValue());
      segments.add(
          Segment.loaded(base, file(base), size, found.get(first + 1).getKey(), directory.nowMs()));
      first++;
    }
    if (first == found.size()) {
      return 0;
    }
    directory.loading().onSegmentsToScan(found.size() - first);
    long from = found.get(first).getKey();
    epochs.truncateFromEnd(from);
    long snapshot = producers.restore(files.snapshots(), from);
    producers.replay(segments, snapshot, from);
    producers.loadAborted(files, segments);
    long end = from;
    boolean cut = false;
    for (Map.Entry<Long, Long> entry : found.subList(first, found.size())) {
      if (givenUp.getAsBoolean()) {
        throw LogNotOpenedException.closing();
      }
      long base = entry.getKey();
      if (cut || base < end) {
        drop(base, end);
        cut = true;
      } else {
        Segment segment = Segment.empty(base, file(base), directory.nowMs());
        cut = !scan(segment, entry.getValue(), end);
        segments.add(segment);
        end = segment.endOffset();
      }
      directory.loading().onSegmentScanned();
    }
    sealClosed();
    dropSnapshotsAbove(end);
    return end;
  }

  private SegmentFile file(long base) {
    return new SegmentFile(directory.channels(), SegmentNames.file(path, base, SegmentNames.LOG));
  }

  /**
   * Checks and takes a segment's batches; false = it had to be cut.
   *
   * @param before where the log ends in front of it (exclusive)
   */
  private boolean scan(Segment segment, long size, long before) throws IOException {
    FileChannel channel = segment.file().acquire();
    try {
      RecoveryScan scan = new RecoveryScan(channel, Math.min(size, Integer.MAX_VALUE));
      long good =
          scan.run(
              segment.baseOffset(),
              (buffer, at) -> {
                epochs.onBatch(
                    RecordBatch.leaderEpoch(buffer, at),
                    segment.size() == 0 ? before : segment.endOffset());
                segment.onBatch(
                    RecordBatch.baseOffset(buffer, at),
                    RecordBatch.lastOffset(buffer, at),
                    RecordBatch.sizeInBytes(buffer, at),
                    RecordBatch.maxTimestamp(buffer, at),
                    intervalBytes,
                    false);
                producers.replay(buffer, at);
              });
      if (good == size) {
        return true;
      }
      LOG.warn(
          "{}: cut from {} to {} bytes, at offset {}: {}",
          segment,
          size,
          good,
          segment.endOffset(),
          scan.trouble());
      directory.io().truncate(channel, good);
      directory.io().force(channel, true);
      return false;
    } finally {
      segment.file().release();
    }
  }

  /** A segment behind the cut: what it holds does not follow on what is there. */
  private void drop(long base, long end) throws IOException {
    Path log = SegmentNames.file(path, base, SegmentNames.LOG);
    LOG.warn("{} is removed: it does not follow on offset {}", log, end);
    directory.io().rename(log, Path.of(log + SegmentNames.DELETED));
    directory.io().delete(SegmentNames.file(path, base, SegmentNames.OFFSET_INDEX));
    directory.io().delete(SegmentNames.file(path, base, SegmentNames.TIME_INDEX));
    directory.io().delete(SegmentNames.file(path, base, SegmentNames.TRANSACTION_INDEX));
  }

  /** Writes the indexes of scanned segments that will not grow. */
  private void sealClosed() throws IOException {
    for (int i = 0; i + 1 < segments.size(); i++) {
      Segment segment = segments.get(i);
      if (segment.indexesLoaded()) {
        segment.seal();
        try {
          List<TransactionIndexFile.Entry> aborted =
              producers
                  .transactions()
                  .aborted()
                  .endedBetween(segment.baseOffset(), segments.get(i + 1).baseOffset());
          TransactionIndexFile.save(directory.io(), path, segment.baseOffset(), aborted);
          SegmentIndexes.write(directory.io(), path, segment, true);
        } catch (IOException e) {
          if (!directory.io().outOfSpace(e, path)) {
            throw e;
          }
          directory.space().onOutOfSpace(e); // written later
        }
      }
    }
  }

  private void dropSnapshotsAbove(long end) throws IOException {
    for (long offset : files.snapshots().tailSet(end, false)) {
      directory.io().delete(SegmentNames.file(path, offset, SegmentNames.SNAPSHOT));
    }
  }
}

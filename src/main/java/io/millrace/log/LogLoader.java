package io.millrace.log;

import io.millrace.fault.FaultPoint;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates or loads one log. Blocks.
 *
 * <p>Creating is one directory and one small file, and nothing is fsynced: until a batch is made
 * durable there is nothing to lose, and the topic ids in {@code partition.metadata} are those of
 * the metadata log, which is the truth. The first fsync of a batch covers the names as well. The
 * first segment is created by the first append.
 *
 * <p>After a stop in order, no segment is opened: their names and sizes and the recovery point,
 * which is the end of the log then, say all.
 *
 * <p>Owner: log directory worker.
 */
final class LogLoader {
  private static final Logger LOG = LoggerFactory.getLogger(LogLoader.class);

  private final LogDirectory directory;
  private final TopicIdPartition id;
  private final LogConfig config;
  private final Path path;

  LogLoader(LogDirectory directory, TopicIdPartition id, LogConfig config) {
    this.directory = directory;
    this.id = id;
    this.config = config;
    this.path = directory.path().resolve(id.toString());
  }

  LoadedLog load() throws IOException {
    if (directory.failure() != null) {
      throw directory.failure();
    }
    if (directory.closing()) {
      throw LogNotOpenedException.closing();
    }
    boolean found = directory.holds(id.topicPartition());
    try {
      return found && isOurs() ? loadFiles() : create();
    } catch (IOException e) {
      throw directory.health().passes(e) ? LogNotOpenedException.forNow(e) : e;
    } finally {
      directory.loading().onLoaded(id.topicPartition());
    }
  }

  private LoadedLog create() throws IOException {
    // Before the directory is there: after a crash between the two, the new log would begin with
    // what is left of an earlier one.
    directory.checkpoints().onCreating(id.topicPartition());
    FaultPoint.LOG_NAME_FREE.reached();
    // It may be there already, from an attempt for which there was no space.
    if (!Files.isDirectory(path)) {
      // Not what is above it: if that is not there any more, nothing may hide it.
      Files.createDirectory(path);
      FaultPoint.LOG_CREATED.reached();
    }
    writeMetadata();
    directory.onCreated(id.topicPartition());
    return new LoadedLog(
        path,
        List.of(),
        0,
        0,
        0,
        new LeaderEpochCache(),
        new ProducerStateTable(),
        new LogTransactions(),
        new TreeSet<>());
  }

  private void writeMetadata() throws IOException {
    PartitionMetadata.write(directory.io(), path, id.topicId(), false);
  }

  /** Puts a log aside that belongs to an earlier topic of this name. */
  private boolean isOurs() throws IOException {
    Optional<TopicId> found;
    try {
      found = PartitionMetadata.read(path);
    } catch (MalformedFileException e) {
      LOG.warn("{}; it is written anew", e.getMessage());
      found = Optional.empty();
    }
    if (found.isEmpty()) {
      // Lost with the page cache of a crashed machine.
      try {
        writeMetadata();
      } catch (IOException e) {
        if (!directory.io().outOfSpace(e, path)) {
          throw e;
        }
        LOG.warn("{} could not be written: no space left", path.resolve(PartitionMetadata.FILE));
      }
      return true;
    }
    if (found.get().equals(id.topicId())) {
      return true;
    }
    LOG.warn("{} belongs to topic id {}, not {}: it is removed", path, found.get(), id.topicId());
    directory.removeLog(id.topicPartition(), path, config.fileDeleteDelayMs());
    return false;
  }

  private LoadedLog loadFiles() throws IOException {
    LogFiles files = LogFiles.list(directory.io(), path);
    long recoveryPoint = directory.checkpoints().recoveryPoint(id.topicPartition());
    LeaderEpochCache epochs;
    try {
      epochs = new LeaderEpochCache(LeaderEpochCheckpoint.read(path));
    } catch (MalformedFileException e) {
      LOG.warn("{}; the epochs are read from the log", e.getMessage());
      epochs = new LeaderEpochCache();
      recoveryPoint = -1;
    }
    try {
      boolean closed = directory.clean() && directory.content().proven(id.topicPartition());
      if (closed && plausible(files, recoveryPoint)) {
        return trust(files, epochs, recoveryPoint);
      }
      directory.onRecovering(id.topicPartition());
      return recover(files, epochs, Math.max(0, recoveryPoint));
    } catch (CorruptIndexException e) {
      LOG.warn("{}; what was aborted is read from the log", e.getMessage());
      directory.onRecovering(id.topicPartition());
      return recover(files, epochs, 0);
    }
  }

  /** Whether the log can end at its recovery point, as it does after a stop in order. */
  private static boolean plausible(LogFiles files, long end) {
    if (files.segments().isEmpty()) {
      return end <= 0;
    }
    long active = files.segments().lastKey();
    return files.segments().get(active) == 0 ? end == active : end > active;
  }

  private LoadedLog trust(LogFiles files, LeaderEpochCache epochs, long end) throws IOException {
    List<Segment> segments = new ArrayList<>(files.segments().size());
    long base = -1;
    int size = 0;
    for (Map.Entry<Long, Long> entry : files.segments().entrySet()) {
      if (base >= 0) {
        segments.add(Segment.loaded(base, file(base), size, entry.getKey(), directory.nowMs()));
      }
      base = entry.getKey();
      size = Math.toIntExact(entry.getValue());
    }
    if (base >= 0) {
      segments.add(segment(base, size, end));
    }
    ProducerRebuild producers = new ProducerRebuild(directory.io(), path);
    // Without any snapshot there never was a producer to remember.
    if (!files.snapshots().isEmpty()) {
      producers.replay(segments, producers.restore(files.snapshots(), end), end);
    }
    producers.loadAborted(files, segments);
    long known = Math.max(0, end);
    return finish(files, segments, known, known, epochs, producers);
  }

  private Segment segment(long base, int size, long end) {
    return size == 0
        ? Segment.empty(base, file(base), directory.nowMs())
        : Segment.loaded(base, file(base), size, end, directory.nowMs());
  }

  private SegmentFile file(long base) {
    return new SegmentFile(directory.channels(), SegmentNames.file(path, base, SegmentNames.LOG));
  }

  private LoadedLog recover(LogFiles files, LeaderEpochCache epochs, long recoveryPoint)
      throws IOException {
    LogRecovery recovery =
        new LogRecovery(
            directory, path, files, epochs, config.indexIntervalBytes(), directory::closing);
    long end = recovery.run(recoveryPoint);
    if (end < recoveryPoint) {
      LOG.error(
          "{} ends at offset {}, but was durable up to {}: the disk lost data",
          path,
          end,
          recoveryPoint);
    }
    long durable = Math.min(recoveryPoint, end);
    if (end - durable >= config.flushMessages()) {
      // What readers may see of this topic must be durable.
      for (Segment segment : recovery.segments()) {
        if (segment.endOffset() > durable) {
          force(segment);
        }
      }
      directory.io().fsyncDirectory(path);
      durable = end;
    }
    return finish(files, recovery.segments(), durable, end, epochs, recovery.rebuilt());
  }

  private void force(Segment segment) throws IOException {
    var channel = segment.file().acquire();
    try {
      directory.io().force(channel, false);
    } finally {
      segment.file().release();
    }
  }

  private LoadedLog finish(
      LogFiles files,
      List<Segment> segments,
      long durable,
      long end,
      LeaderEpochCache epochs,
      ProducerRebuild producers)
      throws IOException {
    long start = directory.checkpoints().startOffset(id.topicPartition());
    if (!segments.isEmpty()) {
      start = Math.max(start, segments.get(0).baseOffset());
    }
    epochs.truncateFromEnd(end);
    if (start > end) {
      LOG.warn("{} ends at {} and starts at {}: it starts anew there", path, end, start);
      return startAt(files, start, segments);
    }
    epochs.truncateFromStart(start);
    return new LoadedLog(
        path,
        segments,
        start,
        durable,
        end,
        epochs,
        producers.table(),
        producers.transactions(),
        files.snapshots());
  }

  /** All records were deleted by DeleteRecords, and the end of the log lost in a crash. */
  private LoadedLog startAt(LogFiles files, long start, List<Segment> lost) throws IOException {
    for (Segment segment : lost) {
      segment.file().doom();
      Path log = segment.file().path();
      directory.io().rename(log, Path.of(log + SegmentNames.DELETED));
    }
    Segment active = segment(start, 0, start);
    active.file().create();
    active.file().release();
    return new LoadedLog(
        path,
        List.of(active),
        start,
        start,
        start,
        new LeaderEpochCache(),
        new ProducerStateTable(),
        new LogTransactions(),
        files.snapshots());
  }
}

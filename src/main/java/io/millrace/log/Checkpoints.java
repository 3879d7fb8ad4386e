package io.millrace.log;

import io.millrace.model.TopicPartition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The recovery points, start offsets, high watermarks and cleaner offsets of all logs of a
 * directory, open or not, and the four files that keep them. The monitor is entered by workers
 * only.
 *
 * <p>Owner: any thread.
 */
final class Checkpoints {
  private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

  private final FileIo io;
  private final Path directory;

  /** Of logs that are not open; what an open one says itself counts more. */
  private final Map<TopicPartition, Long> recoveryPoints = new ConcurrentHashMap<>();

  private final Map<TopicPartition, Long> startOffsets = new ConcurrentHashMap<>();
  private final Map<TopicPartition, PartitionLog> open = new ConcurrentHashMap<>();

  /** Up to where (exclusive) a log is compacted. */
  private final Map<TopicPartition, Long> cleanerOffsets = new ConcurrentHashMap<>();

  private final AtomicBoolean cleanerOffsetsChanged = new AtomicBoolean();

  private final Map<TopicPartition, Long> highWatermarks = new ConcurrentHashMap<>();

  /** What the file of the recovery points holds. */
  private Map<TopicPartition, Long> savedRecoveryPoints = Map.of();

  /** What the file of the start offsets holds. */
  private Map<TopicPartition, Long> savedStartOffsets = Map.of();

  /** What the file of the high watermarks holds. */
  private Map<TopicPartition, Long> savedHighWatermarks = Map.of();

  private final AtomicLong requests = new AtomicLong();

  /** All requests up to this one are on the disk. */
  private long served;

  private Checkpoints(FileIo io, Path directory) {
    this.io = io;
    this.directory = directory;
  }

  /** Reads the files; one that cannot be read counts for nothing. Blocks. */
  static Checkpoints load(FileIo io, Path directory) throws IOException {
    Checkpoints checkpoints = new Checkpoints(io, directory);
    checkpoints.recoveryPoints.putAll(read(directory, OffsetCheckpoint.RECOVERY_POINT));
    checkpoints.startOffsets.putAll(read(directory, OffsetCheckpoint.LOG_START_OFFSET));
    checkpoints.cleanerOffsets.putAll(read(directory, OffsetCheckpoint.CLEANER));
    checkpoints.highWatermarks.putAll(read(directory, OffsetCheckpoint.HIGH_WATERMARK));
    checkpoints.savedHighWatermarks = Map.copyOf(checkpoints.highWatermarks);
    checkpoints.savedRecoveryPoints = Map.copyOf(checkpoints.recoveryPoints);
    checkpoints.savedStartOffsets = Map.copyOf(checkpoints.startOffsets);
    return checkpoints;
  }

  private static Map<TopicPartition, Long> read(Path directory, String name) throws IOException {
    try {
      return OffsetCheckpoint.read(directory, name);
    } catch (MalformedFileException e) {
      LOG.warn("{}; it is not used", e.getMessage());
      return Map.of();
    }
  }

  /** Where the log is known to be good up to (exclusive); -1 = unknown. */
  long recoveryPoint(TopicPartition partition) {
    return recoveryPoints.getOrDefault(partition, -1L);
  }

  /** Where the log starts; 0 = wherever its first segment does. */
  long startOffset(TopicPartition partition) {
    return startOffsets.getOrDefault(partition, 0L);
  }

  /** Up to where (exclusive) the log is compacted; -1 = it never was. */
  long cleanerOffset(TopicPartition partition) {
    return cleanerOffsets.getOrDefault(partition, -1L);
  }

  /** Up to where (exclusive) the log is known to be committed; 0 = unknown. */
  long highWatermark(TopicPartition partition) {
    return highWatermarks.getOrDefault(partition, 0L);
  }

  void onOpened(PartitionLog log) {
    open.put(log.id().topicPartition(), log);
  }

  /** Keeps the offsets of a log that is closed. */
  void onClosed(PartitionLog log) {
    TopicPartition partition = log.id().topicPartition();
    recoveryPoints.put(partition, log.recoveryPoint());
    startOffsets.put(partition, log.logStartOffset());
    highWatermarks.put(partition, log.highWatermark());
    open.remove(partition, log);
  }

  /** Forgets a log that is deleted; the files still hold it for a while. */
  void onDeleted(TopicPartition partition) {
    if (cleanerOffsets.remove(partition) != null) {
      cleanerOffsetsChanged.set(true);
    }
    open.remove(partition);
    recoveryPoints.remove(partition);
    startOffsets.remove(partition);
    highWatermarks.remove(partition);
  }

  /**
   * A log begins. Nothing of an earlier one of its name is left on the disk on return: after a
   * crash it would be taken for this one's, and cut away what has been acknowledged since. For
   * workers.
   */
  synchronized void onCreating(TopicPartition partition) throws IOException {
    onDeleted(partition);
    if (savedRecoveryPoints.containsKey(partition)) {
      writeRecoveryPoints();
    }
    if (savedStartOffsets.containsKey(partition)) {
      writeStartOffsets();
    }
    if (savedHighWatermarks.containsKey(partition)) {
      writeHighWatermarks();
    }
    writeCleanerOffsets();
  }

  /**
   * A log comes here from another directory; what is said of it there holds here. Durable on
   * return. For workers.
   *
   * @param cleanerOffset -1 = it never was compacted
   */
  void adopt(
      TopicPartition partition,
      long recoveryPoint,
      long startOffset,
      long highWatermark,
      long cleanerOffset)
      throws IOException {
    recoveryPoints.put(partition, recoveryPoint);
    startOffsets.put(partition, startOffset);
    highWatermarks.put(partition, highWatermark);
    if (cleanerOffset >= 0) {
      cleanerOffsets.put(partition, cleanerOffset);
    } else {
      cleanerOffsets.remove(partition);
    }
    cleanerOffsetsChanged.set(true);
    writeAll();
  }

  /** Writes the high watermarks if they have changed; durable on return. For workers. */
  synchronized void writeHighWatermarks() throws IOException {
    Map<TopicPartition, Long> offsets = merged(highWatermarks, PartitionLog::highWatermark);
    if (!offsets.equals(savedHighWatermarks)) {
      OffsetCheckpoint.write(io, directory, OffsetCheckpoint.HIGH_WATERMARK, offsets);
      savedHighWatermarks = offsets;
    }
  }

  /** Writes all of them; durable on return. For workers. */
  void writeAll() throws IOException {
    writeRecoveryPoints();
    writeStartOffsets();
    writeHighWatermarks();
    writeCleanerOffsets();
  }

  /** Durable on return. For workers. */
  private synchronized void writeRecoveryPoints() throws IOException {
    Map<TopicPartition, Long> points = merged(recoveryPoints, PartitionLog::recoveryPoint);
    OffsetCheckpoint.write(io, directory, OffsetCheckpoint.RECOVERY_POINT, points);
    savedRecoveryPoints = points;
  }

  /**
   * Sees to it that a recovery of an open log will not read below this offset, which its recovery
   * point has passed: compaction leaves less there than a recovery would want to know (leader
   * epochs whose records are all gone). Durable on return. For workers.
   */
  synchronized void saveRecoveryPoint(TopicPartition partition, long offset) throws IOException {
    if (savedRecoveryPoints.getOrDefault(partition, -1L) < offset) {
      writeRecoveryPoints();
    }
  }

  /** Notes up to where (exclusive) a log is compacted; durable on return. For workers. */
  void saveCleanerOffset(TopicPartition partition, long offset) throws IOException {
    cleanerOffsets.put(partition, offset);
    cleanerOffsetsChanged.set(true);
    writeCleanerOffsets();
  }

  /**
   * A log now ends at this offset, and its recovery point and high watermark are no higher: nothing
   * behind it is known to be good, committed or compacted. Durable on return. For workers.
   */
  synchronized void lowerOffsets(TopicPartition partition, long endOffset) throws IOException {
    if (savedRecoveryPoints.getOrDefault(partition, -1L) > endOffset) {
      writeRecoveryPoints();
    }
    if (savedHighWatermarks.getOrDefault(partition, -1L) > endOffset) {
      writeHighWatermarks();
    }
    if (cleanerOffset(partition) > endOffset) {
      saveCleanerOffset(partition, endOffset);
    }
  }

  /** Writes the cleaner offsets if they have changed; durable on return. For workers. */
  private synchronized void writeCleanerOffsets() throws IOException {
    if (cleanerOffsetsChanged.getAndSet(false)) {
      try {
        OffsetCheckpoint.write(
            io, directory, OffsetCheckpoint.CLEANER, new HashMap<>(cleanerOffsets));
      } catch (IOException e) {
        cleanerOffsetsChanged.set(true);
        throw e;
      }
    }
  }

  /** Writes the start offsets as they are at the call or later; durable on return. For workers. */
  void saveStartOffsets() throws IOException {
    long ticket = requests.incrementAndGet();
    synchronized (this) {
      // Whoever waited here while others were written for has been served together with them.
      if (served < ticket) {
        long covered = requests.get();
        writeStartOffsets();
        served = covered;
      }
    }
  }

  /** Durable on return. For workers. */
  private synchronized void writeStartOffsets() throws IOException {
    Map<TopicPartition, Long> offsets = merged(startOffsets, PartitionLog::logStartOffset);
    offsets.values().removeIf(offset -> offset == 0);
    OffsetCheckpoint.write(io, directory, OffsetCheckpoint.LOG_START_OFFSET, offsets);
    savedStartOffsets = offsets;
  }

  private Map<TopicPartition, Long> merged(
      Map<TopicPartition, Long> closed, ToLongFunction<PartitionLog> offset) {
    Map<TopicPartition, Long> all = new HashMap<>(closed);
    open.forEach((partition, log) -> all.put(partition, offset.applyAsLong(log)));
    return all;
  }
}

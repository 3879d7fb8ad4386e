package io.millrace.log;

import io.millrace.model.TopicPartition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The recovery points and start offsets of all logs of a directory, open or not, and the two files
 * that keep them. The monitor is entered by workers only.
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

  private final AtomicLong requests = new AtomicLong();

  /** All requests up to this one are on the disk. */
  private long served;

  private Checkpoints(FileIo io, Path directory) {
    this.io = io;
    this.directory = directory;
  }

  /** Reads both files; one that cannot be read counts for nothing. Blocks. */
  static Checkpoints load(FileIo io, Path directory) throws IOException {
    Checkpoints checkpoints = new Checkpoints(io, directory);
    checkpoints.recoveryPoints.putAll(read(directory, OffsetCheckpoint.RECOVERY_POINT));
    checkpoints.startOffsets.putAll(read(directory, OffsetCheckpoint.LOG_START_OFFSET));
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

  void onOpened(PartitionLog log) {
    open.put(log.id().topicPartition(), log);
  }

  /** Keeps the offsets of a log that is closed. */
  void onClosed(PartitionLog log) {
    TopicPartition partition = log.id().topicPartition();
    recoveryPoints.put(partition, log.recoveryPoint());
    startOffsets.put(partition, log.logStartOffset());
    open.remove(partition, log);
  }

  /** Forgets a log that is deleted. */
  void onDeleted(TopicPartition partition) {
    open.remove(partition);
    recoveryPoints.remove(partition);
    startOffsets.remove(partition);
  }

  /** Durable on return. For workers. */
  synchronized void writeRecoveryPoints() throws IOException {
    OffsetCheckpoint.write(
        io,
        directory,
        OffsetCheckpoint.RECOVERY_POINT,
        merged(recoveryPoints, PartitionLog::recoveryPoint));
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
  synchronized void writeStartOffsets() throws IOException {
    Map<TopicPartition, Long> offsets = merged(startOffsets, PartitionLog::logStartOffset);
    offsets.values().removeIf(offset -> offset == 0);
    OffsetCheckpoint.write(io, directory, OffsetCheckpoint.LOG_START_OFFSET, offsets);
  }

  private Map<TopicPartition, Long> merged(
      Map<TopicPartition, Long> closed, ToLongFunction<PartitionLog> offset) {
    Map<TopicPartition, Long> all = new HashMap<>(closed);
    open.forEach((partition, log) -> all.put(partition, offset.applyAsLong(log)));
    return all;
  }
}

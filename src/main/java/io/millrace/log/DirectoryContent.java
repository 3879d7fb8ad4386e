package io.millrace.log;

import io.millrace.fault.FaultPoint;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The logs in a log directory by name, open or not: those that are there, those that are set aside
 * because nobody claims them ({@code …-stray}) and those that wait to be removed ({@code
 * …-delete}).
 *
 * <p>Owner: any thread; what touches the disk is for workers.
 */
final class DirectoryContent {
  private static final Logger LOG = LoggerFactory.getLogger(DirectoryContent.class);

  private final Path directory;
  private final FileIo io;
  private final FileRemoval removal;
  private final Checkpoints checkpoints;

  /** Logs whose directories exist; open or not. */
  private final Set<TopicPartition> present = ConcurrentHashMap.newKeySet();

  /**
   * Logs that have not been opened since a crash, or since they were moved here, so that a later
   * stop in order proves nothing.
   */
  private final Set<TopicPartition> unproven = ConcurrentHashMap.newKeySet();

  /**
   * Directories into which logs were being copied when the last process ended. Only of those that
   * say which topic they are of: a topic created again under the name goes on with no move of the
   * one before it.
   */
  private final Map<TopicIdPartition, Path> futures = new ConcurrentHashMap<>();

  /** Whole copies that have not become the log yet, with where they come from. */
  private final Map<Path, SegmentNames.OfMove> moved = new ConcurrentHashMap<>();

  private final AtomicBoolean namesDirty = new AtomicBoolean();

  DirectoryContent(Path directory, FileIo io, FileRemoval removal, Checkpoints checkpoints) {
    this.directory = directory;
    this.io = io;
    this.removal = removal;
    this.checkpoints = checkpoints;
  }

  /**
   * Notes the logs that are there, and removes what an earlier process had no time to. Once, before
   * anything else.
   *
   * @param clean whether the last process stopped in order
   */
  void look(boolean clean) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (name.endsWith(SegmentNames.DELETED_DIRECTORY)) {
          removal.log(entry, 0);
        } else if (name.endsWith(AtomicFile.TEMPORARY) && Files.isRegularFile(entry)) {
          // At once: the next checkpoint is prepared under the same name.
          io.delete(entry);
        } else if (!lookForMove(entry, name)) {
          SegmentNames.partition(name)
              .filter(partition -> Files.isDirectory(entry))
              .filter(partition -> !partition.topic().equals(SegmentNames.METADATA_TOPIC))
              .ifPresent(present::add);
        }
      }
    }
    if (!clean) {
      unproven.addAll(present);
    }
  }

  /** Whether a move that was interrupted has left this directory; notes it. */
  private boolean lookForMove(Path entry, String name) {
    Optional<SegmentNames.OfMove> future = SegmentNames.ofMove(name, SegmentNames.FUTURE_DIRECTORY);
    Optional<SegmentNames.OfMove> whole = SegmentNames.ofMove(name, SegmentNames.MOVED_DIRECTORY);
    whole.ifPresent(move -> moved.put(entry, move));
    if (future.isPresent()) {
      TopicPartition partition = future.get().partition();
      Optional<TopicIdPartition> id = idOfFuture(entry, partition);
      if (id.isEmpty() || futures.putIfAbsent(id.get(), entry) != null) {
        removal.log(entry, 0);
      }
    }
    return future.isPresent() || whole.isPresent();
  }

  /** Whose log is being copied; empty = nobody can know, and nobody was told that it moves. */
  private static Optional<TopicIdPartition> idOfFuture(Path copy, TopicPartition partition) {
    try {
      return PartitionMetadata.read(copy)
          .map(topic -> new TopicIdPartition(topic, partition.topic(), partition.partition()));
    } catch (IOException e) {
      LOG.warn("{} does not say which topic it is of, and is removed: {}", copy, e.getMessage());
      return Optional.empty();
    }
  }

  /** The logs that are there, and those that a start finishes moving here, or does not. */
  Set<TopicPartition> expected() {
    Set<TopicPartition> all = new HashSet<>(present);
    moved.values().forEach(move -> all.add(move.partition()));
    return all;
  }

  /** Logs that were being copied into this directory when the last process ended. */
  Set<TopicIdPartition> futures() {
    return Set.copyOf(futures.keySet());
  }

  /** Where the copy of this log was begun; null = nowhere. It is the caller's from now on. */
  Path takeFuture(TopicIdPartition id) {
    return futures.remove(id);
  }

  /** Whole copies that have not become the log yet, by their paths. */
  Map<Path, SegmentNames.OfMove> moved() {
    return Map.copyOf(moved);
  }

  /** A whole copy becomes the log; durable on return. For workers. */
  void promote(Path copy, TopicPartition partition) throws IOException {
    io.rename(copy, directory.resolve(partition.toString()));
    FaultPoint.MOVE_NAMED.reached();
    io.fsyncDirectory(directory);
    moved.remove(copy);
    // A copy has not what a log has that was closed: it was made of one in use.
    unproven.add(partition);
    present.add(partition);
  }

  /** Removes a copy that will not become the log; that it is gone is durable. For workers. */
  void discard(Path copy, TopicPartition partition) throws IOException {
    Path doomed = directory.resolve(SegmentNames.deletedDirectory(partition.toString()));
    io.rename(copy, doomed);
    io.fsyncDirectory(directory);
    moved.remove(copy);
    if (!present.contains(partition)) {
      checkpoints.onDeleted(partition);
    }
    removal.log(doomed, 0);
  }

  /**
   * The log is in another directory now: takes its name away, durably, and removes it after a
   * while. For workers.
   */
  void moveAway(TopicPartition partition, Path log, long delayMs) throws IOException {
    Path doomed = directory.resolve(SegmentNames.deletedDirectory(log.getFileName().toString()));
    io.rename(log, doomed);
    FaultPoint.MOVE_SOURCE_RENAMED.reached();
    // Before a single file goes: else after a crash the name could be there again, but not the
    // file.
    io.fsyncDirectory(directory);
    onRenamed(partition);
    removal.log(doomed, delayMs);
  }

  Set<TopicPartition> partitions() {
    return Set.copyOf(present);
  }

  boolean holds(TopicPartition partition) {
    return present.contains(partition);
  }

  void onCreated(TopicPartition partition) {
    present.add(partition);
    namesDirty.set(true);
  }

  /** A log is open, so whatever a crash did to it is repaired. */
  void onProven(TopicPartition partition) {
    unproven.remove(partition);
  }

  /** A log is being recovered, or was closed and not everything of it is durable. */
  void onUnproven(TopicPartition partition) {
    unproven.add(partition);
  }

  /** Whether what is on the disk of this log was left by a stop in order. */
  boolean proven(TopicPartition partition) {
    return !unproven.contains(partition);
  }

  /** Whether every log is in order once it is closed in order. */
  boolean proven() {
    return unproven.isEmpty();
  }

  /** Makes the names of created and renamed logs durable. For workers. */
  synchronized void syncNames() throws IOException {
    // The monitor, which only workers enter, keeps a second caller until the names are durable.
    if (namesDirty.getAndSet(false)) {
      try {
        io.fsyncDirectory(directory);
      } catch (IOException e) {
        namesDirty.set(true);
        throw e;
      }
    }
  }

  /** Renames the directory of a log, and removes it after a while. For workers. */
  void remove(TopicPartition partition, Path log, long delayMs) throws IOException {
    Path doomed = directory.resolve(SegmentNames.deletedDirectory(log.getFileName().toString()));
    io.rename(log, doomed);
    FaultPoint.LOG_RENAMED.reached();
    onRenamed(partition);
    removal.log(doomed, delayMs);
  }

  /** Likewise, if there is one of this name and its files do not say that it is another topic's. */
  void removeIfOf(TopicIdPartition id, long delayMs) throws IOException {
    Path log = directory.resolve(id.toString());
    if (Files.isDirectory(log)
        && topicIdOf(id.topicPartition()).map(id.topicId()::equals).orElse(true)) {
      remove(id.topicPartition(), log, delayMs);
    }
  }

  /** Which topic the log of this name is of; empty = its files do not say. For workers. */
  Optional<TopicId> topicIdOf(TopicPartition partition) throws IOException {
    return PartitionMetadata.read(directory.resolve(partition.toString()));
  }

  /** The logs that nobody claims. */
  Set<TopicPartition> allBut(Set<TopicPartition> claimed) {
    Set<TopicPartition> strays = new HashSet<>(present);
    strays.removeAll(claimed);
    return strays;
  }

  /** Renames the directory of a log that is kept, because nobody said to delete it. For workers. */
  void setAside(TopicPartition stray) throws IOException {
    Path log = directory.resolve(stray.toString());
    Path aside = directory.resolve(SegmentNames.strayDirectory(stray.toString()));
    io.rename(log, aside);
    LOG.warn("{} belongs to no topic that exists: it is kept as {}", log, aside.getFileName());
    onRenamed(stray);
  }

  private void onRenamed(TopicPartition partition) {
    present.remove(partition);
    unproven.remove(partition);
    checkpoints.onDeleted(partition);
    namesDirty.set(true);
  }
}

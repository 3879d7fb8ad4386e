package io.millrace.partition;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import io.millrace.log.InterruptedMoves;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogMoves;
import io.millrace.log.PartitionLog;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which log directory has, or gets, the log of which partition. A log is opened where it is found;
 * a new one goes where somebody has asked for, else where {@link DirectoryChoice} says. An open one
 * can be moved.
 *
 * <p>While a directory could not even be opened, nobody knows which logs are in it: then a
 * partition that is not found elsewhere is offline. To start it anew and empty would lose what was
 * acknowledged.
 *
 * <p>Owner: any thread; partitions are opened and deleted rarely.
 */
public final class LogPlacement implements PartitionParts.Logs {
  private static final Logger LOG = LoggerFactory.getLogger(LogPlacement.class);

  private final List<LogDirectory> directories;
  private final Clock clock;
  private final ConcurrentHashMap<TopicPartition, LogDirectory> places = new ConcurrentHashMap<>();

  /**
   * Names found in several directories: one of them was away while the topic was deleted and
   * created again.
   */
  private final Map<TopicPartition, List<LogDirectory>> ambiguous = new HashMap<>();

  private final Set<TopicPartition> opened = ConcurrentHashMap.newKeySet();

  /** Names whose logs are being removed, which nobody has opened. */
  private final ConcurrentHashMap<TopicPartition, Future<Void>> removing =
      new ConcurrentHashMap<>();

  /** Ambiguous names whose files are being asked. */
  private final Queue<Future<Void>> placing = new ConcurrentLinkedQueue<>();

  /** Directories asked for before there was a replica; more are forgotten. */
  private static final int MOST_PREFERENCES = 10_000;

  private final LogMoves moves;
  private final ConcurrentHashMap<TopicPartition, PartitionLog> logs = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<TopicPartition, LogDirectory> preferred =
      new ConcurrentHashMap<>();

  /** Logs that were begun by this process. */
  private final Set<TopicPartition> young = ConcurrentHashMap.newKeySet();

  private volatile Set<String> cordoned = Set.of();
  private volatile boolean mayBeElsewhere;

  /** Places in these directories, of which all could be opened; for tests. */
  LogPlacement(List<LogDirectory> directories, Clock clock) {
    this(directories, false, clock, 1, Metrics.NONE);
  }

  /**
   * Places in these directories.
   *
   * @param someMissing whether a configured directory could not be opened
   * @param copiers so many logs are moved at a time
   */
  public LogPlacement(
      List<LogDirectory> directories,
      boolean someMissing,
      Clock clock,
      int copiers,
      Metrics metrics) {
    this.moves =
        new LogMoves(clock, (id, to) -> places.put(id.topicPartition(), to), copiers, metrics);
    this.directories = List.copyOf(directories);
    this.clock = clock;
    this.mayBeElsewhere = someMissing;
    for (LogDirectory directory : directories) {
      directory.partitions().forEach(partition -> found(partition, directory));
    }
  }

  private void found(TopicPartition partition, LogDirectory directory) {
    LogDirectory other = places.putIfAbsent(partition, directory);
    if (other != null) {
      ambiguous.computeIfAbsent(partition, any -> new ArrayList<>(List.of(other))).add(directory);
    }
  }

  /**
   * All partitions of the start are placed: one that is unknown from now on is new. A log that none
   * of them has claimed is removed if its topic was deleted, or its partition given to other nodes,
   * while this node was away, and else put aside. Completes when that is done.
   *
   * @param gone whether a partition is known to have no replica here any more; one that is merely
   *     missing is not
   */
  public Future<Void> onAllPlaced(Executor owner, Predicate<TopicIdPartition> gone) {
    mayBeElsewhere = false;
    // Before a name has its place, the right log would count as unclaimed.
    List<Future<Void>> unplaced = List.copyOf(placing);
    return (unplaced.isEmpty() ? Future.succeededFuture() : Future.join(unplaced))
        .transform(any -> removeGone(owner, gone))
        .transform(any -> setAsideUnclaimed(owner))
        .transform(any -> discardUnclaimed(owner));
  }

  /** Moves that nobody will go on with: the partition is not on this node any more. */
  private Future<Void> discardUnclaimed(Executor owner) {
    List<Future<Void>> discarded = new ArrayList<>();
    for (LogDirectory directory : directories) {
      for (TopicIdPartition id : InterruptedMoves.to(directory)) {
        if (!opened.contains(id.topicPartition()) && directory.failure() == null) {
          discarded.add(discard(directory, id, owner));
        }
      }
    }
    return discarded.isEmpty()
        ? Future.succeededFuture()
        : Future.join(discarded).<Void>mapEmpty().otherwiseEmpty();
  }

  private static Future<Void> discard(LogDirectory directory, TopicIdPartition id, Executor owner) {
    return InterruptedMoves.discard(directory, id, owner)
        .onFailure(why -> LOG.warn("A copy of {} stays in {}", id, directory, why));
  }

  private Future<Void> removeGone(Executor owner, Predicate<TopicIdPartition> gone) {
    List<Future<Void>> removals = new ArrayList<>();
    for (LogDirectory directory : directories) {
      if (directory.failure() == null) {
        Set<TopicPartition> unclaimed = new HashSet<>(directory.partitions());
        unclaimed.removeAll(claimed(directory));
        unclaimed.forEach(name -> removals.add(removeIf(directory, name, owner, gone)));
      }
    }
    return removals.isEmpty() ? Future.succeededFuture() : Future.join(removals).mapEmpty();
  }

  private Future<Void> removeIf(
      LogDirectory directory,
      TopicPartition name,
      Executor owner,
      Predicate<TopicIdPartition> gone) {
    return directory
        .topicIdOf(name, owner)
        .compose(
            topic -> {
              TopicIdPartition id =
                  topic.isEmpty()
                      ? null
                      : new TopicIdPartition(topic.get(), name.topic(), name.partition());
              return id == null || !gone.test(id)
                  ? Future.succeededFuture()
                  : remove(directory, id, owner);
            });
  }

  /** Unless it has come here just now. */
  private Future<Void> remove(LogDirectory directory, TopicIdPartition id, Executor owner) {
    TopicPartition name = id.topicPartition();
    Promise<Void> removed = Promise.promise();
    removing.put(name, removed.future());
    if (opened.contains(name) && places.get(name) == directory) {
      removing.remove(name);
      removed.complete();
      return removed.future();
    }
    LOG.info("The log of {} in {} is removed: it has no replica here any more", id, directory);
    directory
        .deleteUnopened(id, 0, owner)
        .onComplete(
            done -> {
              places.remove(name, directory);
              removing.remove(name);
              removed.handle(done);
            });
    return removed.future();
  }

  private Set<TopicPartition> claimed(LogDirectory directory) {
    Set<TopicPartition> claimed = new HashSet<>();
    for (TopicPartition partition : opened) {
      if (places.get(partition) == directory) {
        claimed.add(partition);
      }
    }
    return claimed;
  }

  private Future<Void> setAsideUnclaimed(Executor owner) {
    List<Future<Void>> aside = new ArrayList<>();
    for (LogDirectory directory : directories) {
      if (directory.failure() == null) {
        aside.add(
            directory
                .setAsideAllBut(claimed(directory), owner)
                .onFailure(cause -> LOG.warn("Stray logs stay in {}", directory, cause)));
      }
    }
    return Future.join(aside).<Void>mapEmpty().otherwiseEmpty();
  }

  @Override
  public Future<PartitionLog> open(
      TopicIdPartition id, LogConfig config, Loop owner, LogListener listener) {
    TopicPartition name = id.topicPartition();
    opened.add(name);
    Future<Void> removal = removing.get(name);
    if (removal != null) {
      return removal.transform(any -> open(id, config, owner, listener));
    }
    List<LogDirectory> candidates = ambiguous.get(name);
    if (candidates == null) {
      return openPlaced(id, config, owner, listener);
    }
    Future<Void> placed = place(id, candidates, owner);
    placing.add(placed);
    return placed.compose(any -> openPlaced(id, config, owner, listener));
  }

  /**
   * Gives the log its place where the files say that they are of this topic; else where they say
   * nothing, having lost it in a crash of the machine.
   */
  private Future<Void> place(TopicIdPartition id, List<LogDirectory> candidates, Loop owner) {
    List<Future<Optional<TopicId>>> asked = new ArrayList<>();
    for (LogDirectory candidate : candidates) {
      asked.add(candidate.topicIdOf(id.topicPartition(), owner));
    }
    return Future.join(asked)
        .transform(
            any -> {
              LogDirectory unknown = null;
              for (int i = candidates.size() - 1; i >= 0; i--) {
                Future<Optional<TopicId>> answer = asked.get(i);
                if (answer.succeeded() && answer.result().isEmpty()) {
                  unknown = candidates.get(i);
                } else if (answer.succeeded() && answer.result().get().equals(id.topicId())) {
                  places.put(id.topicPartition(), candidates.get(i));
                  return Future.succeededFuture();
                }
              }
              if (unknown != null) {
                places.put(id.topicPartition(), unknown);
              }
              return Future.succeededFuture();
            });
  }

  private Future<PartitionLog> openPlaced(
      TopicIdPartition id, LogConfig config, Loop owner, LogListener listener) {
    TopicPartition name = id.topicPartition();
    LogDirectory directory = places.get(name);
    if (directory == null) {
      if (mayBeElsewhere) {
        return Future.failedFuture(
            new IOException("it may be in a log directory that could not be opened"));
      }
      directory = chosen(name);
      if (directory == null) {
        return Future.failedFuture(new IOException("every log directory is offline"));
      }
      places.put(name, directory);
      young.add(name);
    }
    if (directory.failure() != null) {
      return Future.failedFuture(directory.failure());
    }
    return PartitionLog.open(directory, id, config, owner, listener, clock)
        .onSuccess(
            log -> {
              logs.put(name, log);
              goOnWithMove(log, owner);
            });
  }

  /**
   * A move that the last process did not end. If it was one of a topic of the same name that is
   * gone, its copy goes too.
   */
  private void goOnWithMove(PartitionLog log, Loop owner) {
    TopicPartition name = log.id().topicPartition();
    for (LogDirectory directory : directories) {
      for (TopicIdPartition id : InterruptedMoves.to(directory)) {
        if (directory.failure() != null || !id.topicPartition().equals(name)) {
          continue;
        }
        if (places.get(name) == directory || !id.equals(log.id())) {
          discard(directory, id, owner);
        } else {
          log.moveTo(directory, moves);
        }
      }
    }
  }

  /** Where a new log goes; null = every directory has failed. */
  private LogDirectory chosen(TopicPartition name) {
    LogDirectory wanted = preferred.remove(name);
    if (wanted != null && wanted.failure() == null) {
      return wanted;
    }
    if (directories.size() == 1) {
      return directories.get(0).failure() == null ? directories.get(0) : null;
    }
    Map<LogDirectory, Long> counts =
        places.values().stream().collect(groupingBy(place -> place, counting()));
    Map<LogDirectory, Long> youngCounts =
        young.stream()
            .map(places::get)
            .filter(Objects::nonNull)
            .collect(groupingBy(place -> place, counting()));
    List<DirectoryChoice.Candidate> candidates =
        directories.stream()
            .map(
                directory ->
                    new DirectoryChoice.Candidate(
                        directory.failure() != null,
                        directory.lowOnSpace(),
                        isCordoned(directory.path().toString()),
                        directory.usableBytes(),
                        counts.getOrDefault(directory, 0L).intValue(),
                        youngCounts.getOrDefault(directory, 0L).intValue()))
            .toList();
    int choice = DirectoryChoice.of(candidates);
    if (choice >= 0 && candidates.get(choice).cordoned()) {
      LOG.warn(
          "{} goes to {}, which is cordoned: there is no other log directory",
          name,
          directories.get(choice));
    }
    return choice < 0 ? null : directories.get(choice);
  }

  /** These directories get no new logs from now on, as long as there is another one. */
  public void cordon(Set<String> paths) {
    cordoned = Set.copyOf(paths);
  }

  /** Whether this directory is to get no new logs. */
  public boolean isCordoned(String path) {
    return cordoned.contains(path);
  }

  /** The moves under way. */
  public LogMoves moves() {
    return moves;
  }

  /**
   * Has a log go to another directory, as AlterReplicaLogDirs does (KIP-113): KAFKA_STORAGE_ERROR
   * when the directory or the log is offline, INVALID_REPLICA_ASSIGNMENT when it is cordoned.
   * Without such a log it is noted for the day when it comes: REPLICA_NOT_AVAILABLE.
   *
   * @param name one whose name leaves room ({@link PartitionLog#canMove})
   * @param path of a configured directory
   */
  public Future<Errors> move(TopicPartition name, String path) {
    LogDirectory target = null;
    for (LogDirectory directory : directories) {
      target = directory.path().toString().equals(path) ? directory : target;
    }
    PartitionLog log = logs.get(name);
    if (target == null || target.failure() != null) {
      return Future.succeededFuture(Errors.KAFKA_STORAGE_ERROR);
    }
    if (isCordoned(path)) {
      return Future.succeededFuture(Errors.INVALID_REPLICA_ASSIGNMENT);
    }
    if (log != null) {
      return log.isOffline()
          ? Future.succeededFuture(Errors.KAFKA_STORAGE_ERROR)
          : log.moveTo(target, moves).map(Errors.NONE);
    }
    if (opened.contains(name)) {
      return Future.succeededFuture(Errors.KAFKA_STORAGE_ERROR); // it cannot be opened now
    }
    if (preferred.size() < MOST_PREFERENCES) {
      preferred.put(name, target);
    }
    return Future.succeededFuture(Errors.REPLICA_NOT_AVAILABLE);
  }

  @Override
  public String directoryOf(TopicIdPartition id) {
    LogDirectory directory = places.get(id.topicPartition());
    return directory == null ? "" : directory.path().toString();
  }

  @Override
  public boolean lowOnSpace(TopicIdPartition id) {
    // Nearly always none is, and every partition asks again and again.
    for (LogDirectory directory : directories) {
      if (directory.lowOnSpace() && places.get(id.topicPartition()) == directory) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Future<Void> deleteUnopened(TopicIdPartition id, LogConfig config, Loop owner) {
    LogDirectory directory = places.get(id.topicPartition());
    return directory == null || directory.failure() != null
        ? Future.succeededFuture()
        : directory.deleteUnopened(id, config.fileDeleteDelayMs(), owner);
  }

  @Override
  public void forget(TopicIdPartition id) {
    places.remove(id.topicPartition());
    opened.remove(id.topicPartition());
    logs.remove(id.topicPartition());
    young.remove(id.topicPartition());
  }
}

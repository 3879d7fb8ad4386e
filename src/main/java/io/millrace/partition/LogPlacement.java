package io.millrace.partition;

import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.PartitionLog;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which log directory has, or gets, the log of which partition. A log stays where it is found; a
 * new one goes to the working directory with the fewest.
 *
 * <p>While a directory could not even be opened, nobody knows which logs are in it: then a
 * partition that is not found elsewhere is offline. To start it anew and empty would lose what was
 * acknowledged.
 *
 * <p>Owner: any thread; partitions are opened and deleted rarely.
 */
public final class LogPlacement implements PartitionParts.Logs {
  private final List<LogDirectory> directories;
  private final Clock clock;
  private final ConcurrentHashMap<TopicPartition, LogDirectory> places = new ConcurrentHashMap<>();
  private volatile boolean mayBeElsewhere;

  /**
   * Places in these directories.
   *
   * @param someMissing whether a configured directory could not be opened
   */
  public LogPlacement(List<LogDirectory> directories, boolean someMissing, Clock clock) {
    this.directories = List.copyOf(directories);
    this.clock = clock;
    this.mayBeElsewhere = someMissing;
    for (LogDirectory directory : directories) {
      directory.partitions().forEach(partition -> places.put(partition, directory));
    }
  }

  /** All partitions of the start are placed: one that is unknown from now on is new. */
  public void onAllPlaced() {
    mayBeElsewhere = false;
  }

  @Override
  public Future<PartitionLog> open(
      TopicIdPartition id, LogConfig config, Loop owner, LogListener listener) {
    TopicPartition name = id.topicPartition();
    LogDirectory directory = places.get(name);
    if (directory == null) {
      if (mayBeElsewhere) {
        return Future.failedFuture(
            new IOException("it may be in a log directory that could not be opened"));
      }
      directory = emptiest();
      if (directory == null) {
        return Future.failedFuture(new IOException("every log directory is offline"));
      }
      places.put(name, directory);
    }
    if (directory.failure() != null) {
      return Future.failedFuture(directory.failure());
    }
    return PartitionLog.open(directory, id, config, owner, listener, clock);
  }

  private LogDirectory emptiest() {
    LogDirectory best = null;
    long fewest = Long.MAX_VALUE;
    for (LogDirectory directory : directories) {
      long count =
          directories.size() == 1
              ? 0
              : places.values().stream().filter(place -> place == directory).count();
      if (directory.failure() == null && count < fewest) {
        best = directory;
        fewest = count;
      }
    }
    return best;
  }

  @Override
  public String directoryOf(TopicIdPartition id) {
    LogDirectory directory = places.get(id.topicPartition());
    return directory == null ? "" : directory.path().toString();
  }

  @Override
  public void forget(TopicIdPartition id) {
    places.remove(id.topicPartition());
  }
}

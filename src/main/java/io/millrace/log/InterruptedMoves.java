package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an ended process left of moves between log directories. A whole copy gets the log's name if
 * no directory has a log of it any more; otherwise the log stayed where it was, and the copy is
 * removed. What is not whole is copied anew once the log is open.
 *
 * <p>Owner: any thread.
 */
public final class InterruptedMoves {
  private static final Logger LOG = LoggerFactory.getLogger(InterruptedMoves.class);

  private InterruptedMoves() {}

  /**
   * Brings the directories into order, before a log is opened. Completes on {@code owner}. What
   * cannot be done takes its directory offline.
   *
   * @param someMissing whether a configured directory could not be opened: the log may be there
   */
  public static Future<Void> settle(
      List<LogDirectory> directories, boolean someMissing, Executor owner) {
    Set<TopicPartition> named = new HashSet<>();
    Set<UUID> ids = new HashSet<>();
    for (LogDirectory directory : directories) {
      named.addAll(directory.partitions());
      ids.add(directory.identity().directoryId());
    }
    List<Future<Void>> settling = new ArrayList<>();
    for (LogDirectory directory : directories) {
      for (Map.Entry<Path, SegmentNames.OfMove> copy : directory.content().moved().entrySet()) {
        TopicPartition partition = copy.getValue().partition();
        boolean sourceSeen = !someMissing || ids.contains(copy.getValue().id());
        boolean takes = sourceSeen && named.add(partition);
        if (!sourceSeen && !named.contains(partition)) {
          LOG.warn("{} waits for the log directory that the log came from", copy.getKey());
        } else {
          settling.add(settle(directory, copy.getKey(), partition, takes, owner));
        }
      }
    }
    return settling.isEmpty() ? Future.succeededFuture() : Future.join(settling).mapEmpty();
  }

  private static Future<Void> settle(
      LogDirectory directory, Path copy, TopicPartition partition, boolean takes, Executor owner) {
    return directory
        .worker()
        .perform(
            Lane.LOAD,
            owner,
            () -> {
              try {
                if (takes) {
                  LOG.info("{} becomes the log of {}: its move was interrupted", copy, partition);
                  directory.content().promote(copy, partition);
                } else {
                  LOG.info("{} is removed: the log of {} is elsewhere", copy, partition);
                  directory.content().discard(copy, partition);
                }
              } catch (IOException e) {
                directory.health().fail(e);
              }
            });
  }

  /** Logs that were being copied to this directory when the last process ended. */
  public static Set<TopicIdPartition> to(LogDirectory directory) {
    return directory.content().futures();
  }

  /** Nobody goes on with this move: removes what was copied. Completes on {@code owner}. */
  public static Future<Void> discard(LogDirectory directory, TopicIdPartition id, Executor owner) {
    return directory
        .worker()
        .perform(
            Lane.CARE,
            owner,
            () -> {
              Path copy = directory.content().takeFuture(id);
              if (copy != null) {
                directory.content().discard(copy, id.topicPartition());
              }
            });
  }
}

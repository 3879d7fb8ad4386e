package io.millrace.server;

import io.millrace.controller.Controller;
import io.millrace.controller.Controller.LogEnd;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.Loop;
import io.millrace.model.TopicId;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.millrace.partition.RestingLog;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Tells the controller how far logs of this node reach whose partitions wait for it, since the
 * power of all their replicas failed: at once, and again until they have a leader. The controller
 * keeps it in memory, and another one must be told anew.
 *
 * <p>Nothing is said before the node serves and the log is open: whoever reports may be elected.
 *
 * <p>Owner: a loop of its own; {@link #onDelta} is for any thread.
 */
final class LogEndRequests {
  /** Logs in one request; one follows the other. */
  private static final int BATCH = 500;

  private static final long FIRST_PAUSE_MS = 50;
  private static final long MAX_PAUSE_MS = 2_000;

  private record Waiting(TopicId topicId, int partition) {}

  /**
   * What the requests are given.
   *
   * @param brokerEpoch under which this node is registered; -1 = it is not
   * @param controller is asked for when there is something to tell it
   */
  record Parts(
      int nodeId,
      LongSupplier brokerEpoch,
      Supplier<Controller> controller,
      Supplier<ClusterImage> image,
      Supplier<PartitionTable> partitions) {}

  private final Loop home;
  private final Parts parts;
  // Owned by home.
  private final Set<Waiting> waiting = new LinkedHashSet<>();
  private boolean telling;
  // Something changed while a round was under way.
  private boolean again;
  private long pauseMs = FIRST_PAUSE_MS;
  // Only the newest timer counts.
  private int timers;
  private boolean closed;

  LogEndRequests(Loop home, Parts parts) {
    this.home = home;
    this.parts = parts;
  }

  /** The metadata changed; in order. */
  void onDelta(ImageDelta delta) {
    boolean concerned =
        !delta.changedTopics().isEmpty()
            || !delta.deletedTopics().isEmpty()
            || delta.changedBrokers().contains(parts.nodeId)
            || delta.before().controllerId() != delta.after().controllerId();
    if (concerned) {
      home.execute(() -> take(delta));
    }
  }

  void close() {
    home.execute(() -> closed = true);
  }

  // ---- home

  private void take(ImageDelta delta) {
    delta.deletedTopics().keySet().forEach(id -> waiting.removeIf(at -> at.topicId.equals(id)));
    // What else changes is no reason to say the same again.
    boolean news =
        delta.changedBrokers().contains(parts.nodeId)
            || delta.before().controllerId() != delta.after().controllerId();
    for (TopicImage topic : delta.changedTopics().values()) {
      news |= take(topic);
    }
    if (news && !waiting.isEmpty()) {
      pauseMs = FIRST_PAUSE_MS;
      again = telling;
      begin();
    }
  }

  /** Whether another partition of the topic waits. */
  private boolean take(TopicImage topic) {
    boolean more = false;
    for (PartitionImage partition : topic.partitions()) {
      if (partition.awaitsLogEnds() && partition.replicas().contains(parts.nodeId)) {
        more |= waiting.add(new Waiting(topic.id(), partition.partition()));
      } else if (!waiting.isEmpty()) {
        waiting.remove(new Waiting(topic.id(), partition.partition()));
      }
    }
    return more;
  }

  private void begin() {
    if (telling || closed || waiting.isEmpty()) {
      return;
    }
    timers++;
    telling = true;
    tell(List.copyOf(waiting), 0);
  }

  private void tell(List<Waiting> all, int from) {
    long epoch = parts.brokerEpoch.getAsLong();
    if (closed || from >= all.size() || !serves(epoch)) {
      onTold();
      return;
    }
    int end = Math.min(all.size(), from + BATCH);
    Future.<Void>succeededFuture()
        .compose(any -> ends(all.subList(from, end)))
        .compose(
            ends ->
                ends.isEmpty()
                    ? Future.succeededFuture()
                    : parts.controller.get().reportLogEnds(parts.nodeId, epoch, ends).mapEmpty())
        // What was not heard is said again.
        .onComplete(told -> home.run(() -> tell(all, end)));
  }

  private boolean serves(long epoch) {
    BrokerImage broker = parts.image.get().brokers().get(parts.nodeId);
    return epoch >= 0 && broker != null && broker.active() && broker.epoch() == epoch;
  }

  private void onTold() {
    telling = false;
    if (again) {
      again = false;
      begin();
      return;
    }
    int timer = ++timers;
    home.schedule(
        pauseMs,
        () -> {
          if (timer == timers) {
            begin();
          }
        });
    pauseMs = Math.min(MAX_PAUSE_MS, 2 * pauseMs);
  }

  /** Asks the replicas, with one hop to each loop. */
  private Future<List<LogEnd>> ends(List<Waiting> some) {
    Map<Loop, List<Partition>> byLoop = new HashMap<>();
    for (Waiting at : some) {
      Partition partition = parts.partitions.get().get(at.topicId, at.partition);
      if (partition != null) {
        byLoop.computeIfAbsent(partition.loop(), any -> new ArrayList<>()).add(partition);
      }
    }
    List<Future<List<LogEnd>>> here = new ArrayList<>();
    byLoop.forEach((loop, its) -> here.add(ends(loop, its)));
    return Future.all(here)
        .map(all -> here.stream().flatMap(found -> found.result().stream()).toList());
  }

  private static Future<List<LogEnd>> ends(Loop loop, List<Partition> partitions) {
    Promise<List<LogEnd>> promise = Promise.promise();
    loop.execute(
        () -> {
          try {
            promise.complete(partitions.stream().flatMap(LogEndRequests::end).toList());
          } catch (RuntimeException bug) {
            promise.fail(bug); // Else nothing would ever be said again.
          }
        });
    return promise.future();
  }

  private static Stream<LogEnd> end(Partition partition) {
    RestingLog log = partition.replica().resting();
    return log == null
        ? Stream.empty()
        : Stream.of(
            new LogEnd(
                partition.id().topicId(),
                partition.id().partition(),
                log.leaderEpoch(),
                log.lastEpoch(),
                log.endOffset()));
  }
}

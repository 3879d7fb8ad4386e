package io.millrace.api.transactions;

import io.millrace.api.peer.OpenPartsTag;
import io.millrace.api.transactions.HangingWatch.Overdue;
import io.millrace.coordinator.transaction.TakingPart;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.model.TopicPartition;
import io.millrace.partition.OpenTransaction;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the transactions that hang in the partitions which this node leads: looks at what is in
 * progress now and then, asks the coordinators about what is in progress for too long, and aborts
 * what none of them knows, see {@link HangingWatch}. Only partitions whose readers of committed
 * records are held up are looked at: the figures tell which, so that nothing is asked where there
 * are none.
 *
 * <p>Owner: a loop of its own; what was found is for any thread.
 */
public final class HangingTransactions {
  /**
   * What it is made of.
   *
   * @param patienceMs no transaction that a coordinator knows takes longer
   * @param known asks all coordinators; fails unless all answered
   */
  public record Parts(
      Loop home,
      Clock clock,
      Supplier<PartitionTable> partitions,
      Function<List<TakingPart>, Future<Set<TakingPart>>> known,
      long patienceMs,
      Metrics metrics) {}

  /**
   * A transaction that hangs, or did.
   *
   * @param firstOffset of it in this partition
   * @param seenAtMs wall time when this node first saw it
   * @param endedAtMs wall time when it was aborted; -1 = it is not, yet
   */
  public record Found(
      TopicPartition partition,
      long producerId,
      short producerEpoch,
      long firstOffset,
      long seenAtMs,
      long endedAtMs) {}

  private static final Logger LOG = LoggerFactory.getLogger(HangingTransactions.class);

  /** Looks while the patience lasts. */
  private static final int LOOKS = 20;

  private static final long SHORTEST_REST_MS = 100;
  private static final long LONGEST_REST_MS = 60_000;
  private static final int MAX_OF_PARTITION = 100;
  private static final int MAX_WATCHED = 10_000;

  /** The ended ones that are still shown. */
  private static final int MAX_ENDED = 100;

  private final Parts parts;
  private final HangingWatch watch;
  private final Metrics.Counter endedCount;
  private final long restMs;
  private final Deque<Found> ended = new ArrayDeque<>();
  private boolean closed;
  private volatile List<Found> hanging = List.of();
  private volatile List<Found> recent = List.of();

  /** Nothing happens before {@link #start}. */
  public HangingTransactions(Parts parts) {
    this.parts = parts;
    watch = new HangingWatch(parts.patienceMs, MAX_WATCHED);
    restMs = Math.max(SHORTEST_REST_MS, Math.min(LONGEST_REST_MS, parts.patienceMs / LOOKS));
    endedCount =
        parts.metrics.counter(
            "transactions_hanging_ended",
            "Transactions aborted here that a partition had in progress and no coordinator knew");
    parts.metrics.gauge(
        "transactions_hanging",
        "Transactions that partitions led here have in progress for longer than any may take, and"
            + " that no coordinator is known to end",
        () -> hanging.size());
  }

  public void start() {
    parts.home.execute(this::look);
  }

  /** No look begins any more. */
  public void close() {
    parts.home.execute(() -> closed = true);
  }

  /** Those that hang, and then those that were ended here lately, the newest first. */
  public List<Found> found() {
    return Stream.concat(hanging.stream(), recent.stream()).toList();
  }

  private void rest() {
    if (!closed) {
      parts.home.schedule(restMs, this::look);
    }
  }

  // ---- looking

  private void look() {
    if (closed) {
      return;
    }
    try {
      IdentityHashMap<Loop, List<Partition>> byLoop = new IdentityHashMap<>();
      for (Partition each : parts.partitions.get().all()) {
        Partition.Status status = each.status();
        if (status.leader() && status.lastStableOffset() < status.highWatermark()) {
          byLoop.computeIfAbsent(each.loop(), any -> new ArrayList<>()).add(each);
        }
      }
      List<Future<List<OpenTransaction>>> ofLoops = new ArrayList<>();
      byLoop.forEach((loop, each) -> ofLoops.add(open(loop, each)));
      Future.all(ofLoops)
          .onComplete(
              done ->
                  parts.home.run(
                      () ->
                          onSeen(
                              ofLoops.stream()
                                  .filter(Future::succeeded)
                                  .flatMap(one -> one.result().stream())
                                  .toList())));
    } catch (RuntimeException e) {
      LOG.warn("Hanging transactions cannot be looked for; tried again", e);
      rest();
    }
  }

  private static Future<List<OpenTransaction>> open(Loop loop, List<Partition> partitions) {
    Promise<List<OpenTransaction>> found = Promise.promise();
    loop.run(
        () -> {
          List<OpenTransaction> all = new ArrayList<>();
          for (Partition each : partitions) {
            all.addAll(each.replica().openTransactions(MAX_OF_PARTITION));
          }
          found.complete(all);
        });
    return found.future();
  }

  private void onSeen(List<OpenTransaction> all) {
    List<Overdue> overdue = watch.onSeen(all, monotonicMs());
    if (overdue.isEmpty()) {
      hanging = List.of();
      rest();
      return;
    }
    List<Overdue> asked = overdue.subList(0, Math.min(overdue.size(), OpenPartsTag.MAX_PARTS));
    List<TakingPart> question = asked.stream().map(Overdue::part).distinct().toList();
    parts
        .known
        .apply(question)
        .onComplete(
            done ->
                parts.home.run(
                    () -> {
                      if (done.succeeded()) {
                        onAnswer(asked, done.result());
                      } else {
                        LOG.debug("Not every transaction coordinator answered", done.cause());
                        hanging = asked.stream().map(each -> found(each, -1)).toList();
                        watch.onUnanswered();
                        rest();
                      }
                    }));
  }

  // ---- ending

  private void onAnswer(List<Overdue> asked, Set<TakingPart> known) {
    Set<Overdue> left = new HashSet<>(asked);
    left.removeIf(each -> known.contains(each.part()));
    List<Future<Void>> endings = new ArrayList<>();
    for (Overdue each : watch.onAnswer(asked, known)) {
      endings.add(
          end(each.open())
              .compose(
                  error -> {
                    Promise<Void> noted = Promise.promise();
                    parts.home.run(
                        () -> {
                          if (error == Errors.NONE) {
                            onEnded(each);
                            left.remove(each);
                          }
                          noted.complete();
                        });
                    return noted.future();
                  }));
    }
    Future.all(endings)
        .onComplete(
            done ->
                parts.home.run(
                    () -> {
                      hanging = left.stream().map(each -> found(each, -1)).toList();
                      rest();
                    }));
  }

  /** Never fails. */
  private Future<Errors> end(OpenTransaction open) {
    Promise<Errors> outcome = Promise.promise();
    Partition partition =
        parts.partitions.get().get(open.partition().topicId(), open.partition().partition());
    if (partition == null) {
      return Future.succeededFuture(Errors.NOT_LEADER_OR_FOLLOWER);
    }
    partition
        .loop()
        .run(
            () -> {
              try {
                partition.replica().abortUnchanged(open, outcome::tryComplete);
              } catch (RuntimeException e) {
                LOG.error("{} cannot end the transaction {}", open.partition(), open, e);
                outcome.tryComplete(Errors.UNKNOWN_SERVER_ERROR);
              }
            });
    return outcome.future();
  }

  private void onEnded(Overdue each) {
    endedCount.increment();
    Found found = found(each, parts.clock.wallMs());
    LOG.warn(
        "Aborted a transaction that no coordinator knows: producer {} of epoch {} had it in"
            + " progress in {} from offset {} on, for {} s at least",
        found.producerId,
        found.producerEpoch,
        each.open().partition(),
        found.firstOffset,
        TimeUnit.MILLISECONDS.toSeconds(monotonicMs() - each.sinceMs()));
    ended.addFirst(found);
    if (ended.size() > MAX_ENDED) {
      ended.removeLast();
    }
    recent = List.copyOf(ended);
  }

  private Found found(Overdue each, long endedAtMs) {
    OpenTransaction open = each.open();
    return new Found(
        open.partition().topicPartition(),
        open.ongoing().producerId(),
        open.ongoing().producerEpoch(),
        open.ongoing().firstOffset(),
        parts.clock.wallMs() - (monotonicMs() - each.sinceMs()),
        endedAtMs);
  }

  private long monotonicMs() {
    return TimeUnit.NANOSECONDS.toMillis(parts.clock.nanos());
  }
}

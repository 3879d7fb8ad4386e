package io.millrace.coordinator.group;

import io.millrace.coordinator.Command;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.consumer.ConsumerGroupConfig;
import io.millrace.coordinator.group.consumer.ConsumerGroups;
import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import io.millrace.metadata.ClusterImage;
import io.millrace.model.TransactionMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/** One shard without a log: what is decided counts at once. Time stands still until it is moved. */
public final class TestGroupCoordinator implements Coordinator<GroupShard>, Timers {
  private record Timer(long atMs, Supplier<Decision> onExpired) {}

  /** All records that were decided. */
  public final List<CoordinatorRecord> records = new ArrayList<>();

  /**
   * What is in the log: a record or the end of a transaction.
   *
   * @param producerId -1 = of no transaction
   * @param marker null = it is a record
   */
  public record Logged(long producerId, CoordinatorRecord record, TransactionMarker marker) {
    public void replay(GroupShard into) {
      if (marker != null) {
        into.replay(marker);
      } else if (producerId == -1) {
        into.replay(record);
      } else {
        into.replay(producerId, record);
      }
    }
  }

  /** The log that the shard would be loaded from. */
  public final List<Logged> log = new ArrayList<>();

  public final GroupShard shard;

  /** Set: every command is refused by it. */
  public Errors refusal = Errors.NONE;

  private final Map<String, Timer> timers = new TreeMap<>();
  private long nowMs = 1_700_000_000_000L;

  public TestGroupCoordinator(OffsetConfig config, GroupKind... kinds) {
    shard = new GroupShard(new Groups(), new OffsetStore(), config, this, List.of(kinds));
  }

  /** With classic groups, loaded; member ids are counted. */
  public TestGroupCoordinator(OffsetConfig config, ClassicGroupConfig classicConfig) {
    Groups groups = new Groups();
    AtomicInteger ids = new AtomicInteger();
    ClassicGroups classic =
        new ClassicGroups(
            groups, this, classicConfig, () -> Integer.toString(ids.incrementAndGet()));
    shard = new GroupShard(groups, new OffsetStore(), config, this, List.of(classic));
    shard.onLoaded(null);
  }

  /** With consumer groups, loaded over an image; member ids are counted. */
  public TestGroupCoordinator(
      OffsetConfig config, ConsumerGroupConfig consumerConfig, ClusterImage image) {
    Groups groups = new Groups();
    AtomicInteger ids = new AtomicInteger();
    ConsumerGroups consumer =
        new ConsumerGroups(
            groups,
            this,
            consumerConfig,
            10,
            () -> Integer.toString(ids.incrementAndGet()),
            () -> {});
    shard = new GroupShard(groups, new OffsetStore(), config, this, List.of(consumer));
    shard.onLoaded(image);
  }

  @Override
  public <R> void submit(String key, Command<GroupShard, R> command, Reply<R> reply) {
    if (refusal == Errors.NONE) {
      carryOut(command.decide(shard, reply));
    } else {
      reply.fail(refusal, null);
    }
  }

  @Override
  public <R> void submit(int partition, Command<GroupShard, R> command, Reply<R> reply) {
    submit("", command, reply);
  }

  @Override
  public List<Integer> localPartitions() {
    return List.of(0);
  }

  /** Appends, replays, replies. */
  public void carryOut(Decision decision) {
    records.addAll(decision.records());
    for (CoordinatorRecord record : decision.records()) {
      append(new Logged(decision.producerId(), record, null));
    }
    decision.release();
  }

  /** The coordinator of a producer's transactions ends one. */
  public void endTransaction(long producerId, boolean commits) {
    append(
        new Logged(producerId, null, new TransactionMarker(producerId, (short) 0, commits, 1, 0)));
  }

  private void append(Logged logged) {
    log.add(logged);
    logged.replay(shard);
  }

  /** Lets time pass; what expires meanwhile does so in its order. */
  public void advance(long ms) {
    long untilMs = nowMs + ms;
    while (true) {
      String next = null;
      for (Map.Entry<String, Timer> timer : timers.entrySet()) {
        if (timer.getValue().atMs <= untilMs
            && (next == null || timer.getValue().atMs < timers.get(next).atMs)) {
          next = timer.getKey();
        }
      }
      if (next == null) {
        nowMs = untilMs;
        return;
      }
      Timer due = timers.remove(next);
      nowMs = Math.max(nowMs, due.atMs);
      carryOut(due.onExpired.get());
    }
  }

  @Override
  public void schedule(String key, long delayMs, Supplier<Decision> onExpired) {
    timers.put(key, new Timer(nowMs + delayMs, onExpired));
  }

  @Override
  public void cancel(String key) {
    timers.remove(key);
  }

  @Override
  public long nowMs() {
    return nowMs;
  }
}

package io.millrace.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;

/**
 * A shard with nothing but classic groups, its log and its clock: what the runtime does, without
 * waiting.
 */
final class ClassicFixture {
  static final short VERSION = 9;

  /** A request's reply, whenever it comes. */
  static final class Awaited<R> implements Reply<R> {
    R value;
    Errors failure;

    @Override
    public void complete(R answer) {
      assertThat(isDone()).as("second answer").isFalse();
      value = answer;
    }

    @Override
    public void fail(Errors error, String message) {
      assertThat(isDone()).as("second answer").isFalse();
      failure = error;
    }

    boolean isDone() {
      return value != null || failure != null;
    }
  }

  private record Timer(long atMs, int order, Supplier<Decision> onExpired) {}

  /** The clock and what it will do. */
  final class ManualTimers implements Timers {
    private final Map<String, Timer> byKey = new HashMap<>();
    private int order;

    @Override
    public void schedule(String key, long delayMs, Supplier<Decision> onExpired) {
      byKey.put(key, new Timer(nowMs + delayMs, order++, onExpired));
    }

    @Override
    public void cancel(String key) {
      byKey.remove(key);
    }

    @Override
    public long nowMs() {
      return nowMs;
    }

    int size() {
      return byKey.size();
    }

    private Map.Entry<String, Timer> nextUntil(long endMs) {
      return byKey.entrySet().stream()
          .filter(entry -> entry.getValue().atMs <= endMs)
          .min(
              Comparator.comparingLong((Map.Entry<String, Timer> entry) -> entry.getValue().atMs)
                  .thenComparingInt(entry -> entry.getValue().order))
          .orElse(null);
    }
  }

  private final ClassicGroupConfig config;
  final List<CoordinatorRecord> log = new ArrayList<>();
  private int ids;
  private long nowMs = 1_000_000;
  private Errors nextRefusal = Errors.NONE;
  ManualTimers timers;
  Groups groups;
  ClassicGroups classic;

  ClassicFixture(ClassicGroupConfig config) {
    this(config, List.of());
  }

  private ClassicFixture(ClassicGroupConfig config, List<CoordinatorRecord> log) {
    this.config = config;
    this.log.addAll(log);
    load();
  }

  private void load() {
    timers = new ManualTimers();
    groups = new Groups();
    classic = new ClassicGroups(groups, timers, config, () -> Integer.toString(++ids));
    log.forEach(classic::replay);
    classic.onLoaded(null);
  }

  /** The node is gone, and somebody else, or the same node, takes over. */
  void reload() {
    unload();
    load();
  }

  void unload() {
    classic.onUnloaded(Errors.NOT_COORDINATOR);
    assertThat(timers.size()).as("timers that are left").isZero();
  }

  /** Another shard with the same log, to compare with. */
  Groups reread() {
    return new ClassicFixture(config, log).groups;
  }

  long nowMs() {
    return nowMs;
  }

  ClassicGroup group(String groupId) {
    return classic.find(groupId);
  }

  /** The next decision with records is refused. */
  void refuseNext(Errors error) {
    nextRefusal = error;
  }

  <R> Awaited<R> ask(java.util.function.Function<Reply<R>, Decision> command) {
    Awaited<R> reply = new Awaited<>();
    carryOut(command.apply(reply));
    return reply;
  }

  void carryOut(Decision decision) {
    if (!decision.records().isEmpty() && nextRefusal != Errors.NONE) {
      Errors error = nextRefusal;
      nextRefusal = Errors.NONE;
      decision.refuse(error);
      return;
    }
    for (CoordinatorRecord record : decision.records()) {
      CoordinatorRecord written = throughBytes(record);
      log.add(written);
      classic.replay(written);
    }
    decision.release();
  }

  private static CoordinatorRecord throughBytes(CoordinatorRecord record) {
    if (record.value() == null) {
      return record;
    }
    ApiMessage value = new GroupMetadataValue();
    value.read(
        MessageUtil.toByteBufferAccessor(record.value(), record.valueVersion()),
        record.valueVersion());
    return new CoordinatorRecord(record.key(), value, record.valueVersion());
  }

  /** Lets time pass, and timers expire in their order. */
  void advance(long ms) {
    long endMs = nowMs + ms;
    for (Map.Entry<String, Timer> next = timers.nextUntil(endMs);
        next != null;
        next = timers.nextUntil(endMs)) {
      timers.byKey.remove(next.getKey());
      nowMs = next.getValue().atMs;
      carryOut(next.getValue().onExpired.get());
    }
    nowMs = endMs;
  }
}

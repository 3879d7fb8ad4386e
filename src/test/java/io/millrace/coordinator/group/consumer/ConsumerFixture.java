package io.millrace.coordinator.group.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.coordinator.group.ClassicGroupConfig;
import io.millrace.coordinator.group.ClassicGroups;
import io.millrace.coordinator.group.ClientId;
import io.millrace.coordinator.group.GroupKind;
import io.millrace.coordinator.group.Groups;
import io.millrace.coordinator.group.consumer.ConsumerGroupConfig.Bounded;
import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordType;

/**
 * A shard of classic and consumer groups, its log, its clock and its cluster: what the runtime
 * does, without waiting.
 */
final class ConsumerFixture {
  static final String GROUP = "g";

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

  private final class ManualTimers implements Timers {
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

    private Map.Entry<String, Timer> nextUntil(long endMs) {
      return byKey.entrySet().stream()
          .filter(entry -> entry.getValue().atMs <= endMs)
          .min(
              Comparator.comparingLong((Map.Entry<String, Timer> entry) -> entry.getValue().atMs)
                  .thenComparingInt(entry -> entry.getValue().order))
          .orElse(null);
    }
  }

  private final ConsumerGroupConfig config;
  final List<CoordinatorRecord> log = new ArrayList<>();
  private final Runnable afterEach;
  TestImage image = TestImage.ofOne();
  private int ids;
  private long nowMs = 1_000_000;
  private Errors nextRefusal = Errors.NONE;
  private ManualTimers timers;
  Groups groups;
  ConsumerGroups consumer;
  ClassicGroups classic;

  ConsumerFixture(ConsumerGroupConfig config) {
    this(config, () -> {});
  }

  /**
   * A shard without groups.
   *
   * @param afterEach is run after each decision
   */
  ConsumerFixture(ConsumerGroupConfig config, Runnable afterEach) {
    this.config = config;
    this.afterEach = afterEach;
    load();
  }

  static ConsumerGroupConfig config(int assignmentIntervalMs, int maxSize) {
    return new ConsumerGroupConfig(
        new Bounded(45_000, 45_000, 60_000),
        new Bounded(5_000, 5_000, 15_000),
        new Bounded(assignmentIntervalMs, 0, 15_000),
        maxSize,
        List.of("uniform", "range"),
        MigrationPolicy.BIDIRECTIONAL);
  }

  private void load() {
    timers = new ManualTimers();
    groups = new Groups();
    consumer = new ConsumerGroups(groups, timers, config, 100, () -> "id" + ++ids);
    classic =
        new ClassicGroups(
            groups,
            timers,
            new ClassicGroupConfig(0, 6_000, 1_800_000, Integer.MAX_VALUE),
            () -> "id" + ++ids);
    classic.hostedBy(consumer.guests());
    log.forEach(record -> kind(record).replay(record));
    classic.onLoaded(image);
    consumer.onLoaded(image);
  }

  private GroupKind kind(CoordinatorRecord record) {
    return consumer.owns(record.key().apiKey()) ? consumer : classic;
  }

  /** The node is gone, and somebody else, or the same node, takes over. */
  void reload() {
    classic.onUnloaded(Errors.NOT_COORDINATOR);
    consumer.onUnloaded(Errors.NOT_COORDINATOR);
    load();
  }

  /** Another shard with the same log, to compare with. */
  ConsumerGroup reread(String groupId) {
    ConsumerFixture other = new ConsumerFixture(config);
    other.image = image;
    other.log.addAll(log);
    other.load();
    return other.group(groupId);
  }

  ConsumerGroup group(String groupId) {
    return consumer.find(groupId);
  }

  long nowMs() {
    return nowMs;
  }

  /** The next decision with records is refused. */
  void refuseNext(Errors error) {
    nextRefusal = error;
  }

  Awaited<ConsumerGroupHeartbeatResponseData> beat(
      ConsumerGroupHeartbeatRequestData request, int version) {
    ClientId client = new ClientId("client", "/host", (short) version);
    return ask(reply -> consumer.heartbeat(request, client, reply));
  }

  <R> Awaited<R> ask(Function<Reply<R>, Decision> command) {
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
      kind(written).replay(written);
    }
    decision.release();
    afterEach.run();
  }

  private static CoordinatorRecord throughBytes(CoordinatorRecord record) {
    if (record.value() == null) {
      return record;
    }
    ApiMessage value = CoordinatorRecordType.fromId(record.key().apiKey()).newRecordValue();
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
      nowMs = Math.max(nowMs, next.getValue().atMs);
      carryOut(next.getValue().onExpired.get());
    }
    nowMs = endMs;
  }

  /** The cluster has these topics now, by name with their partitions, and no others. */
  void topics(Map<String, Integer> topics) {
    TestImage before = image;
    TestImage after = TestImage.ofOne();
    topics.forEach(after::topic);
    image = after;
    Map<TopicId, TopicImage> changed = new HashMap<>();
    Map<TopicId, TopicImage> deleted = new HashMap<>();
    for (TopicImage topic : after.topics()) {
      if (!topic.equals(before.topic(topic.id()))) {
        changed.put(topic.id(), topic);
      }
    }
    for (TopicImage topic : before.topics()) {
      if (after.topic(topic.id()) == null) {
        deleted.put(topic.id(), topic);
      }
    }
    carryOut(consumer.onImage(new ImageDelta(before, after, changed, deleted, Set.of(), Set.of())));
  }
}

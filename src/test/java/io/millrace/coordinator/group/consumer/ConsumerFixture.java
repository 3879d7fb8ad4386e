package io.millrace.coordinator.group.consumer;

import io.millrace.api.TestImage;
import io.millrace.coordinator.group.ClassicGroupConfig;
import io.millrace.coordinator.group.ClassicGroups;
import io.millrace.coordinator.group.ClientId;
import io.millrace.coordinator.group.GroupKind;
import io.millrace.coordinator.group.Groups;
import io.millrace.coordinator.group.ShardFixture;
import io.millrace.coordinator.group.consumer.ConsumerGroupConfig.Bounded;
import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Timers;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/** A shard of classic and consumer groups, and its cluster. */
final class ConsumerFixture extends ShardFixture {
  static final String GROUP = "g";

  private final ConsumerGroupConfig config;
  private final Runnable afterEach;
  TestImage image = TestImage.ofOne();
  private int ids;
  private int begun;
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
    return config(assignmentIntervalMs, maxSize, 600_000);
  }

  static ConsumerGroupConfig config(
      int assignmentIntervalMs, int maxSize, int regexRefreshIntervalMs) {
    return new ConsumerGroupConfig(
        new Bounded(45_000, 45_000, 60_000),
        new Bounded(5_000, 5_000, 15_000),
        new Bounded(assignmentIntervalMs, 0, 15_000),
        regexRefreshIntervalMs,
        maxSize,
        List.of("uniform", "range"),
        MigrationPolicy.BIDIRECTIONAL);
  }

  private void load() {
    Timers timers = newTimers();
    groups = new Groups();
    consumer = new ConsumerGroups(groups, timers, config, 100, () -> "id" + ++ids, () -> begun++);
    classic =
        new ClassicGroups(
            groups,
            timers,
            new ClassicGroupConfig(0, 6_000, 1_800_000, Integer.MAX_VALUE),
            () -> "id" + ++ids);
    classic.hostedBy(consumer.guests());
    log().forEach(this::replay);
    classic.onLoaded(image);
    consumer.onLoaded(image);
  }

  @Override
  protected void replay(CoordinatorRecord record) {
    GroupKind kind = consumer.owns(record.key().apiKey()) ? consumer : classic;
    kind.replay(record);
  }

  @Override
  protected void onCarriedOut() {
    afterEach.run();
  }

  /** How many rebalances of consumer groups have begun. */
  int begun() {
    return begun;
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
    other.log().addAll(log());
    other.load();
    return other.group(groupId);
  }

  ConsumerGroup group(String groupId) {
    return consumer.find(groupId);
  }

  Awaited<ConsumerGroupHeartbeatResponseData> beat(
      ConsumerGroupHeartbeatRequestData request, int version) {
    ClientId client = new ClientId("client", "/host", (short) version);
    return ask(reply -> consumer.heartbeat(request, client, reply));
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

package io.millrace.server;

import io.millrace.api.RequestHandler;
import io.millrace.api.cluster.OwnStanding;
import io.millrace.api.groups.ConsumerGroupDescribeHandler;
import io.millrace.api.groups.ConsumerGroupHeartbeatHandler;
import io.millrace.api.groups.DeleteGroupsHandler;
import io.millrace.api.groups.DescribeGroupsHandler;
import io.millrace.api.groups.FindCoordinatorHandler;
import io.millrace.api.groups.HeartbeatHandler;
import io.millrace.api.groups.JoinGroupHandler;
import io.millrace.api.groups.LeaveGroupHandler;
import io.millrace.api.groups.ListGroupsHandler;
import io.millrace.api.groups.OffsetCommitHandler;
import io.millrace.api.groups.OffsetDeleteHandler;
import io.millrace.api.groups.OffsetFetchHandler;
import io.millrace.api.groups.OffsetsTopic;
import io.millrace.api.groups.SyncGroupHandler;
import io.millrace.config.ConsumerGroupKeys;
import io.millrace.config.GroupKeys;
import io.millrace.config.Settings;
import io.millrace.controller.Controller;
import io.millrace.coordinator.CoordinatorConfig;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.group.ClassicGroupConfig;
import io.millrace.coordinator.group.ClassicGroups;
import io.millrace.coordinator.group.GroupRecordTypes;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.group.Groups;
import io.millrace.coordinator.group.OffsetConfig;
import io.millrace.coordinator.group.OffsetStore;
import io.millrace.coordinator.group.consumer.ConsumerGroup;
import io.millrace.coordinator.group.consumer.ConsumerGroupConfig;
import io.millrace.coordinator.group.consumer.ConsumerGroupConfig.Bounded;
import io.millrace.coordinator.group.consumer.ConsumerGroups;
import io.millrace.coordinator.group.consumer.ConsumerReplay;
import io.millrace.coordinator.group.consumer.MigrationPolicy;
import io.millrace.coordinator.shard.Timers;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * The group coordinator of a node, put together from the settings.
 *
 * <p>Owner: immutable.
 */
final class GroupCoordination {
  /** Partitions are loaded side by side, so each reads a part of the whole buffer at once. */
  private static final int LOADS_SIDE_BY_SIDE = 16;

  private static final int SMALLEST_LOAD_BYTES = 64 * 1024;

  private final Settings settings;
  private final Metrics metrics;
  private final OffsetConfig offsetConfig;
  private final ClassicGroupConfig classicConfig;
  private final ConsumerGroupConfig consumerConfig;
  private final CoordinatorRuntime<GroupShard> runtime;
  private final Metrics.Counter rebalances;

  /**
   * From these settings.
   *
   * @param worker decodes records while shards are loaded
   */
  GroupCoordination(Settings settings, Clock clock, Executor worker, Metrics metrics) {
    this.settings = settings;
    this.metrics = metrics;
    this.rebalances = metrics.counter("group_rebalances", "Rebalances of groups that have begun");
    this.offsetConfig =
        new OffsetConfig(
            settings.get(GroupKeys.OFFSET_METADATA_MAX_BYTES),
            TimeUnit.MINUTES.toMillis(settings.get(GroupKeys.OFFSETS_RETENTION_MINUTES)),
            settings.get(GroupKeys.OFFSETS_RETENTION_CHECK_INTERVAL_MS));
    this.classicConfig =
        new ClassicGroupConfig(
            settings.get(GroupKeys.GROUP_INITIAL_REBALANCE_DELAY_MS),
            settings.get(GroupKeys.GROUP_MIN_SESSION_TIMEOUT_MS),
            settings.get(GroupKeys.GROUP_MAX_SESSION_TIMEOUT_MS),
            settings.get(GroupKeys.GROUP_MAX_SIZE));
    this.consumerConfig = consumerConfig(settings);
    CoordinatorConfig config =
        new CoordinatorConfig(
            OffsetsTopic.NAME,
            settings.get(GroupKeys.OFFSETS_COMMIT_TIMEOUT_MS),
            Math.max(
                SMALLEST_LOAD_BYTES,
                settings.get(GroupKeys.OFFSETS_LOAD_BUFFER_SIZE) / LOADS_SIDE_BY_SIDE));
    this.runtime =
        new CoordinatorRuntime<>(
            new CoordinatorRuntime.Parts<>(
                config,
                (partition, timers, leaderEpoch) -> shard(timers),
                GroupRecordTypes.of(ClassicGroups.RECORD_TYPES, ConsumerReplay.TYPES),
                clock,
                worker,
                metrics,
                "group_coordinator"));
  }

  private static ConsumerGroupConfig consumerConfig(Settings settings) {
    return new ConsumerGroupConfig(
        bounded(settings, "consumer.session.timeout.ms"),
        bounded(settings, "consumer.heartbeat.interval.ms"),
        bounded(settings, "consumer.assignment.interval.ms"),
        settings.get(ConsumerGroupKeys.REGEX_REFRESH_INTERVAL_MS),
        settings.get(ConsumerGroupKeys.MAX_SIZE),
        settings.get(ConsumerGroupKeys.ASSIGNORS),
        MigrationPolicy.of(settings.get(ConsumerGroupKeys.MIGRATION_POLICY)));
  }

  private static Bounded bounded(Settings settings, String ofGroup) {
    ConsumerGroupKeys.OfGroup keys = ConsumerGroupKeys.OF_GROUP.get(ofGroup);
    return new Bounded(
        settings.get(keys.key()), settings.get(keys.least()), settings.get(keys.most()));
  }

  private GroupShard shard(Timers timers) {
    Groups groups = new Groups();
    ClassicGroups classic =
        new ClassicGroups(
            groups,
            timers,
            classicConfig,
            () -> UUID.randomUUID().toString(),
            rebalances::increment);
    ConsumerGroups consumer =
        new ConsumerGroups(
            groups,
            timers,
            consumerConfig,
            classicConfig.maxSize(),
            () -> UUID.randomUUID().toString(),
            rebalances::increment);
    classic.hostedBy(consumer.guests());
    return new GroupShard(
        groups, new OffsetStore(), offsetConfig, timers, List.of(classic, consumer));
  }

  CoordinatorRuntime<GroupShard> runtime() {
    return runtime;
  }

  /** The requests of groups that this node serves. */
  List<RequestHandler> handlers(Controller controller, ImagePublisher images, OwnStanding own) {
    OffsetsTopic topic =
        new OffsetsTopic(
            controller,
            new OffsetsTopic.Shape(
                settings.get(GroupKeys.OFFSETS_TOPIC_NUM_PARTITIONS),
                settings.get(GroupKeys.OFFSETS_TOPIC_REPLICATION_FACTOR),
                settings.get(GroupKeys.OFFSETS_TOPIC_SEGMENT_BYTES)));
    boolean consumerProtocol =
        settings.get(ConsumerGroupKeys.REBALANCE_PROTOCOLS).contains(ConsumerGroup.TYPE);
    return List.of(
        new FindCoordinatorHandler(topic, images, own),
        new OffsetCommitHandler(
            runtime, metrics.counter("group_offset_commits", "Offsets that groups committed")),
        new OffsetFetchHandler(runtime),
        new OffsetDeleteHandler(runtime),
        new JoinGroupHandler(runtime),
        new SyncGroupHandler(runtime),
        new HeartbeatHandler(runtime),
        new LeaveGroupHandler(runtime),
        new DescribeGroupsHandler(runtime),
        new ListGroupsHandler(runtime),
        new DeleteGroupsHandler(runtime),
        new ConsumerGroupHeartbeatHandler(runtime, consumerProtocol),
        new ConsumerGroupDescribeHandler(runtime, consumerProtocol));
  }
}

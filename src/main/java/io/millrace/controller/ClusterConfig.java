package io.millrace.controller;

import io.millrace.config.ControllerKeys;
import io.millrace.config.GroupKeys;
import io.millrace.config.Settings;
import io.millrace.config.TransactionKeys;
import io.millrace.metadata.FeatureRange;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.TransactionVersion;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How the controller treats the brokers of a cluster.
 *
 * @param sessionTimeoutMs {@code broker.session.timeout.ms}
 * @param autoBalance {@code auto.leader.rebalance.enable}
 * @param balanceIntervalMs {@code leader.imbalance.check.interval.seconds}
 * @param balancePercentage {@code leader.imbalance.per.broker.percentage}
 * @param internalReplicas wanted replicas of internal topics, by name
 * @param metadataVersion the newest level that this node uses; a new cluster starts with it
 *     <p>Owner: immutable.
 */
public record ClusterConfig(
    long sessionTimeoutMs,
    boolean autoBalance,
    long balanceIntervalMs,
    int balancePercentage,
    Map<String, Integer> internalReplicas,
    int metadataVersion) {
  /** Kafka's defaults. */
  public static final ClusterConfig DEFAULT =
      new ClusterConfig(6_000, true, 300_000, 10, Map.of(), MetadataVersion.NEWEST);

  public ClusterConfig {
    internalReplicas = Map.copyOf(internalReplicas);
    if (metadataVersion < MetadataVersion.OLDEST || metadataVersion > MetadataVersion.NEWEST) {
      throw new IllegalArgumentException(
          "metadata.version is "
              + metadataVersion
              + ", this release has up to "
              + MetadataVersion.NEWEST);
    }
  }

  /** As a node is set. */
  public static ClusterConfig from(Settings settings) {
    return new ClusterConfig(
        settings.get(ControllerKeys.BROKER_SESSION_TIMEOUT_MS),
        settings.get(ControllerKeys.AUTO_LEADER_REBALANCE_ENABLE),
        TimeUnit.SECONDS.toMillis(
            settings.get(ControllerKeys.LEADER_IMBALANCE_CHECK_INTERVAL_SECONDS)),
        settings.get(ControllerKeys.LEADER_IMBALANCE_PER_BROKER_PERCENTAGE),
        Map.of(
            "__consumer_offsets",
            settings.get(GroupKeys.OFFSETS_TOPIC_REPLICATION_FACTOR).intValue(),
            TransactionVersion.STATE_TOPIC,
            settings.get(TransactionKeys.TOPIC_REPLICATION_FACTOR).intValue()),
        MetadataVersion.NEWEST);
  }

  /** What a node with this config can work with. */
  public Map<String, FeatureRange> features() {
    return Map.of(
        MetadataVersion.FEATURE,
        new FeatureRange(MetadataVersion.OLDEST, metadataVersion),
        TransactionVersion.FEATURE,
        new FeatureRange(TransactionVersion.OLDEST, TransactionVersion.NEWEST));
  }
}

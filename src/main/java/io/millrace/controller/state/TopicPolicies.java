package io.millrace.controller.state;

import io.millrace.controller.ConfigRules;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;

/**
 * What topics have set that elections depend on: the topic's own config, else the cluster's, else
 * this node's.
 *
 * <p>Owner: any thread.
 */
public final class TopicPolicies {
  static final String MIN_INSYNC_REPLICAS = "min.insync.replicas";
  static final String UNCLEAN_ELECTION = "unclean.leader.election.enable";
  static final String UNCLEAN_RECOVERY = "unclean.recovery.strategy";

  private final ConfigRules rules;

  public TopicPolicies(ConfigRules rules) {
    this.rules = rules;
  }

  /** At least 1. Partitions with fewer replicas need all of those. */
  public int minInsyncReplicas(ClusterImage image, String topic) {
    String value = value(image, topic, MIN_INSYNC_REPLICAS);
    return value == null ? 1 : Math.max(1, Integer.parseInt(value.trim()));
  }

  /** Whether a replica from outside the ISR may lead when no other can. */
  public boolean uncleanElection(ClusterImage image, String topic) {
    String value = value(image, topic, UNCLEAN_ELECTION);
    return value != null && Boolean.parseBoolean(value.trim());
  }

  /** How a leader is found when every log may be cut; who lets anybody lead does not wait long. */
  UncleanRecovery.Strategy recoveryStrategy(ClusterImage image, String topic) {
    if (uncleanElection(image, topic)) {
      return UncleanRecovery.Strategy.AGGRESSIVE;
    }
    String value = value(image, topic, UNCLEAN_RECOVERY);
    if (value == null) {
      return UncleanRecovery.Strategy.BALANCED;
    }
    return switch (value.trim()) {
      case "None" -> UncleanRecovery.Strategy.NONE;
      case "Aggressive" -> UncleanRecovery.Strategy.AGGRESSIVE;
      default -> UncleanRecovery.Strategy.BALANCED;
    };
  }

  private String value(ClusterImage image, String topic, String key) {
    String own = image.configs(ConfigResource.topic(topic)).get(key);
    if (own != null) {
      return own;
    }
    String ofCluster = image.configs(ConfigResource.brokerDefault()).get(key);
    return ofCluster != null ? ofCluster : rules.defaultValue(ConfigResource.Type.TOPIC, key);
  }
}

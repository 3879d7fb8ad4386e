package io.millrace.server;

import io.millrace.api.configs.CommittedSettings;
import io.millrace.config.LogKeys;
import io.millrace.config.Settings;
import io.millrace.config.TopicKeys;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.TopicImage;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * {@code min.insync.replicas} of topics, cheap for those that do not set it themselves.
 *
 * <p>Owner: immutable.
 */
final class MinInsyncReplicas implements ToIntFunction<TopicImage> {
  private final ClusterImage image;
  private final Settings node;
  private final int unset;

  /** Of one image, as the settings of a node have it. */
  MinInsyncReplicas(ClusterImage image, Settings settings, int nodeId) {
    this.image = image;
    this.node = new CommittedSettings(settings, nodeId).ofNode(image);
    this.unset = node.get(LogKeys.MIN_INSYNC_REPLICAS);
  }

  /**
   * What to tell a person whose node's file says something else than the cluster, which counts;
   * empty = nothing.
   */
  static Optional<String> warning(ClusterImage image, Settings file) {
    String key = LogKeys.MIN_INSYNC_REPLICAS.name();
    String ofCluster = image.configs(ConfigResource.brokerDefault()).get(key);
    if (ofCluster == null || !file.isSet(LogKeys.MIN_INSYNC_REPLICAS)) {
      return Optional.empty();
    }
    String ofFile = Integer.toString(file.get(LogKeys.MIN_INSYNC_REPLICAS));
    return ofFile.equals(ofCluster.trim())
        ? Optional.empty()
        : Optional.of(
            key
                + "="
                + ofFile
                + " of this node is not used: the default of the cluster is "
                + ofCluster
                + ". Change that by kafka-configs.sh --entity-type brokers --entity-default, or"
                + " take the setting away here");
  }

  @Override
  public int applyAsInt(TopicImage topic) {
    Map<String, String> own = image.configs(ConfigResource.topic(topic.name()));
    return own.containsKey(TopicKeys.MIN_INSYNC_REPLICAS.name())
        ? node.forTopic(own).get(TopicKeys.MIN_INSYNC_REPLICAS)
        : unset;
  }
}

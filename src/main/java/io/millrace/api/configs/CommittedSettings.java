package io.millrace.api.configs;

import io.millrace.config.LogKeys;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import java.util.HashMap;
import java.util.Map;

/**
 * The settings in force at one image: what the node was started with, and over it what is committed
 * for all brokers, for this one and for a topic.
 *
 * <p>Owner: immutable.
 */
public final class CommittedSettings {
  private final Settings atStart;
  private final int nodeId;

  /**
   * For one node.
   *
   * @param nodeId also when it was generated, so that {@code node.id} is not set
   */
  public CommittedSettings(Settings atStart, int nodeId) {
    this.atStart =
        atStart.isSet(NodeKeys.NODE_ID)
            ? atStart
            : atStart.withStatic(Map.of(NodeKeys.NODE_ID.name(), Integer.toString(nodeId)));
    this.nodeId = nodeId;
  }

  /** This node's id. */
  public int nodeId() {
    return nodeId;
  }

  /** The node's settings. */
  public Settings ofNode(ClusterImage image) {
    Map<String, String> ofAll = image.configs(ConfigResource.brokerDefault());
    return atStart.withDynamic(ofAll, own(image, ofAll));
  }

  /** Without what is one for the cluster, and was set for this node by an older version. */
  private Map<String, String> own(ClusterImage image, Map<String, String> ofAll) {
    Map<String, String> own = image.configs(ConfigResource.broker(nodeId));
    String key = LogKeys.MIN_INSYNC_REPLICAS.name();
    if (!own.containsKey(key) || !ofAll.containsKey(key)) {
      return own;
    }
    Map<String, String> rest = new HashMap<>(own);
    rest.remove(key);
    return rest;
  }

  /** The settings of all brokers alone, as far as they are set while running. */
  Settings ofAllBrokers(ClusterImage image) {
    return Settings.defaults().withDynamic(image.configs(ConfigResource.brokerDefault()), Map.of());
  }

  /** A topic's settings. */
  public Settings ofTopic(ClusterImage image, String topic) {
    return ofNode(image).forTopic(image.configs(ConfigResource.topic(topic)));
  }
}

package io.millrace.controller;

/**
 * The controller's settings.
 *
 * @param nodeId this node
 * @param clusterId {@code cluster.id}, or what the nodes agreed upon when they formed the cluster;
 *     null = a new cluster gets a random one
 * @param numPartitions {@code num.partitions}
 * @param defaultReplicationFactor {@code default.replication.factor}
 * @param deleteTopicEnable {@code delete.topic.enable}
 * @param cluster how brokers are treated
 *     <p>Owner: immutable.
 */
public record ControllerConfig(
    int nodeId,
    String clusterId,
    int numPartitions,
    short defaultReplicationFactor,
    boolean deleteTopicEnable,
    ClusterConfig cluster) {
  public ControllerConfig {
    if (numPartitions < 1 || defaultReplicationFactor < 1) {
      throw new IllegalArgumentException(
          "num.partitions is "
              + numPartitions
              + " and default.replication.factor "
              + defaultReplicationFactor
              + ": both must be at least 1");
    }
  }

  /** With the default treatment of brokers. */
  public ControllerConfig(
      int nodeId,
      String clusterId,
      int numPartitions,
      short defaultReplicationFactor,
      boolean deleteTopicEnable) {
    this(
        nodeId,
        clusterId,
        numPartitions,
        defaultReplicationFactor,
        deleteTopicEnable,
        ClusterConfig.DEFAULT);
  }
}

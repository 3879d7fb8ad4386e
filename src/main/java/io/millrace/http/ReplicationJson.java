package io.millrace.http;

import io.millrace.cluster.ReplicationHealth;
import io.millrace.cluster.ReplicationPicture;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;

/**
 * Draws how replicas are as JSON. Lag is in records and in seconds; null = unknown.
 *
 * <p>Owner: immutable.
 */
final class ReplicationJson {
  private static final ReplicationHealth.OfNode NO_REPLICAS =
      new ReplicationHealth.OfNode(0, 0, 0, 0, 0);

  private ReplicationJson() {}

  /** Adds the counts of the cluster. */
  static JsonObject put(JsonObject json, ReplicationHealth health) {
    return json.put("partitions", health.partitions())
        .put("offlinePartitions", health.offline())
        .put("underReplicatedPartitions", health.underReplicated())
        .put("underMinIsrPartitions", health.underMinIsr())
        .put("atMinIsrPartitions", health.atMinIsr())
        .put("maxReplicaLagRecords", known(health.maxLagRecords()))
        .put("maxReplicaLagSeconds", seconds(health.maxLagMs()));
  }

  /** Adds those of one node; null = it has no replica. */
  static JsonObject put(JsonObject json, ReplicationHealth.OfNode node) {
    ReplicationHealth.OfNode its = node == null ? NO_REPLICAS : node;
    return json.put("leaders", its.leaders())
        .put("replicas", its.replicas())
        .put("outOfSync", its.outOfSync())
        .put("maxReplicaLagRecords", known(its.maxLagRecords()))
        .put("maxReplicaLagSeconds", seconds(its.maxLagMs()));
  }

  /** Adds those of a topic. */
  static JsonObject put(JsonObject json, ReplicationPicture picture, TopicImage topic) {
    int offline = 0;
    int underReplicated = 0;
    int underMinIsr = 0;
    int atMinIsr = 0;
    for (PartitionImage partition : topic.partitions()) {
      ReplicationPicture.Standing standing = picture.standing(topic, partition);
      offline += standing.offline() ? 1 : 0;
      underReplicated += standing.underReplicated() ? 1 : 0;
      underMinIsr += standing.underMinIsr() ? 1 : 0;
      atMinIsr += standing.atMinIsr() ? 1 : 0;
    }
    return json.put("offlinePartitions", offline)
        .put("underReplicatedPartitions", underReplicated)
        .put("underMinIsrPartitions", underMinIsr)
        .put("atMinIsrPartitions", atMinIsr);
  }

  /** Adds what is to say of one partition and its replicas. */
  static JsonObject put(
      JsonObject json, ReplicationPicture picture, TopicImage topic, PartitionImage partition) {
    ReplicationPicture.Standing standing = picture.standing(topic, partition);
    JsonArray replicas = new JsonArray();
    for (ReplicationPicture.ReplicaStanding replica : picture.replicas(topic, partition)) {
      replicas.add(
          new JsonObject()
              .put("nodeId", replica.nodeId())
              .put("inSync", replica.inSync())
              .put("condition", condition(picture.image(), topic, partition, replica.nodeId()))
              .put("logEndOffset", known(replica.logEndOffset()))
              .put("lagRecords", known(replica.lagRecords()))
              .put("lagSeconds", seconds(replica.lagMs())));
    }
    return json.put("offline", standing.offline())
        .put("underReplicated", standing.underReplicated())
        .put("underMinIsr", standing.underMinIsr())
        .put("atMinIsr", standing.atMinIsr())
        .put("minInsyncReplicas", standing.minInsyncReplicas())
        .put("replicaStates", replicas);
  }

  /** {@code online}, {@code offline} or {@code full}. */
  private static String condition(
      ClusterImage image, TopicImage topic, PartitionImage partition, int nodeId) {
    return image
        .condition(nodeId, topic.id(), partition.partition())
        .name()
        .toLowerCase(Locale.ROOT);
  }

  private static Long known(long value) {
    return value < 0 ? null : Long.valueOf(value);
  }

  private static Double seconds(long ms) {
    return ms < 0 ? null : Double.valueOf(ms / 1e3);
  }
}

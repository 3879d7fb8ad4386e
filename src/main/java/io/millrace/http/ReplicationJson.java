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
  private ReplicationJson() {}

  /** Adds the counts of the cluster. */
  static JsonObject put(JsonObject json, ReplicationHealth health) {
    return json.put("partitions", health.partitions())
        .put("offlinePartitions", health.offline())
        .put("underReplicatedPartitions", health.underReplicated())
        .put("underMinIsrPartitions", health.underMinIsr())
        .put("atMinIsrPartitions", health.atMinIsr())
        .put("maxReplicaLagRecords", health.maxLagRecords())
        .put("maxReplicaLagSeconds", health.maxLagMs() / 1e3);
  }

  /** Adds those of one node; null = it has no replica. */
  static JsonObject put(JsonObject json, ReplicationHealth.OfNode node) {
    return json.put("leaders", node == null ? 0 : node.leaders())
        .put("replicas", node == null ? 0 : node.replicas())
        .put("outOfSync", node == null ? 0 : node.outOfSync())
        .put("maxReplicaLagRecords", node == null ? 0 : node.maxLagRecords())
        .put("maxReplicaLagSeconds", node == null ? 0 : node.maxLagMs() / 1e3);
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
              .put(
                  "lagSeconds",
                  replica.lagMs() < 0 ? null : Double.valueOf(replica.lagMs() / 1e3)));
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
}

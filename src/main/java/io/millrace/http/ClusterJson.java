package io.millrace.http;

import io.millrace.cluster.NodeLive;
import io.millrace.cluster.ReplicationHealth;
import io.millrace.cluster.ReplicationPicture;
import io.millrace.controller.state.OfflineReason;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumView;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Draws the cluster as JSON: what is committed, what its members tell about themselves, and the
 * quorum as the answering node sees it. Unknown = null.
 *
 * <p>Owner: immutable.
 */
final class ClusterJson {
  /** Named with their reasons; all are counted. */
  private static final int MAX_OFFLINE = 100;

  private ClusterJson() {}

  /** The answer of {@code /api/v1/cluster}. */
  static JsonObject cluster(NodeView node) {
    ReplicationPicture picture = node.replication();
    ClusterImage image = picture.image();
    ReplicationHealth health = picture.total();
    JsonArray brokers = new JsonArray();
    for (BrokerImage broker : new TreeMap<>(image.brokers()).values()) {
      brokers.add(ReplicationJson.put(broker(broker), health.nodes().get(broker.nodeId())));
    }
    JsonObject json =
        new JsonObject()
            .put("clusterId", image.clusterId())
            .put("controllerId", image.controllerId())
            .put("metadataOffset", image.offset())
            .put("answeredBy", node.identity().nodeId())
            .put("brokers", brokers)
            .put("nodes", nodes(node, image))
            .put("quorum", quorum(node.quorum()))
            .put("finalizedFeatures", features(image))
            .put("topics", image.topics().size())
            .put("offline", health.offline() == 0 ? new JsonArray() : offline(image));
    return ReplicationJson.put(json, health);
  }

  /** The first of the partitions without a leader, with what to do about each. */
  private static JsonArray offline(ClusterImage image) {
    JsonArray offline = new JsonArray();
    for (TopicImage topic : image.topics()) {
      for (PartitionImage partition : topic.partitions()) {
        if (offline.size() == MAX_OFFLINE) {
          return offline;
        }
        String reason = OfflineReason.of(image, topic.id(), partition);
        if (reason != null) {
          offline.add(
              new JsonObject()
                  .put("topic", topic.name())
                  .put("partition", partition.partition())
                  .put("reason", reason));
        }
      }
    }
    return offline;
  }

  private static JsonObject features(ClusterImage image) {
    JsonObject features = new JsonObject();
    new TreeMap<>(image.features()).forEach(features::put);
    return features.put("metadata.version", image.metadataVersion());
  }

  private static JsonObject broker(BrokerImage broker) {
    JsonArray endpoints = new JsonArray();
    for (Endpoint endpoint : broker.endpoints()) {
      endpoints.add(
          new JsonObject()
              .put("listener", endpoint.listener())
              .put("host", endpoint.host())
              .put("port", endpoint.port()));
    }
    return new JsonObject()
        .put("nodeId", broker.nodeId())
        .put("epoch", broker.epoch())
        .put("rack", broker.rack())
        .put("fenced", broker.fenced())
        .put("shuttingDown", broker.shuttingDown())
        .put("endpoints", endpoints);
  }

  /** Every node that is a member now, a broker or a voter; {@code alive} = it is a member now. */
  private static JsonArray nodes(NodeView node, ClusterImage image) {
    Map<Integer, NodeLive> live = node.nodes();
    QuorumView quorum = node.quorum();
    Set<Integer> ids = new TreeSet<>(live.keySet());
    ids.addAll(image.brokers().keySet());
    ids.addAll(image.controllers().keySet());
    ids.add(node.identity().nodeId());
    Set<Integer> voters = new TreeSet<>();
    image.voters().forEach(voter -> voters.add(voter.nodeId()));
    if (quorum != null) {
      quorum.replicas().stream()
          .filter(QuorumView.Replica::voter)
          .forEach(voter -> voters.add(voter.id().nodeId()));
    }
    ids.addAll(voters);
    JsonArray nodes = new JsonArray();
    for (int id : ids) {
      nodes.add(
          live(id, live.get(id), id == node.identity().nodeId()).put("voter", voters.contains(id)));
    }
    return nodes;
  }

  private static JsonObject live(int id, NodeLive live, boolean self) {
    JsonObject json = new JsonObject().put("nodeId", id).put("alive", self || live != null);
    if (live == null) {
      return json;
    }
    return json.put("internal", live.internalAddress().toString())
        .put("endpoints", new JsonArray(live.clientEndpoints()))
        .put("roles", new JsonArray(live.roles()))
        .put("rack", live.rack())
        .put("version", live.version())
        .put("metadataEnd", live.metadataOffset())
        .put("metadataLag", live.metadataLag())
        .put("startedAt", time(live.startedMs()))
        .put("toldAt", time(live.publishedMs()));
  }

  private static JsonObject quorum(QuorumView view) {
    if (view == null) {
      return null;
    }
    JsonArray voters = new JsonArray();
    JsonArray learners = new JsonArray();
    for (QuorumView.Replica replica : view.replicas()) {
      (replica.voter() ? voters : learners).add(replica(replica, view));
    }
    return new JsonObject()
        .put("term", view.term())
        .put("leaderId", view.leader() == null ? null : view.leaderNode())
        .put("role", view.role().name().toLowerCase(Locale.ROOT))
        .put("committedEnd", view.committedEnd())
        .put("logEnd", view.logEnd())
        .put("voters", voters)
        .put("learners", learners)
        .put("problem", view.problem());
  }

  private static JsonObject replica(QuorumView.Replica replica, QuorumView view) {
    boolean self = replica.id().equals(view.self());
    long end = self ? view.logEnd() : replica.endOffset();
    return new JsonObject()
        .put("nodeId", replica.id().nodeId())
        .put("directoryId", directory(replica.id()))
        .put("logEnd", end < 0 ? null : Long.valueOf(end))
        .put("lag", end < 0 || !view.active() ? null : Long.valueOf(view.logEnd() - end))
        .put("lastFetchAt", time(replica.lastFetchMs()))
        .put("lastCaughtUpAt", time(replica.lastCaughtUpMs()));
  }

  private static String directory(VoterId id) {
    return new TopicId(
            id.directoryId().getMostSignificantBits(), id.directoryId().getLeastSignificantBits())
        .toString();
  }

  private static String time(long ms) {
    return ms < 0 ? null : Instant.ofEpochMilli(ms).toString();
  }
}

package io.millrace.http;

import io.millrace.cluster.ReplicationPicture;
import io.millrace.controller.state.OfflineReason;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.millrace.quorum.QuorumView;
import io.millrace.telemetry.ClientView;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.TreeMap;

/**
 * Draws the cluster as JSON. One image for each answer.
 *
 * <p>Owner: any thread.
 */
final class Views {
  private final NodeView node;

  Views(NodeView node) {
    this.node = node;
  }

  /**
   * The answer of {@code /health/ready}. A node whose copy of the metadata log is damaged serves
   * all the same, so that it is ready, and so does one in a cluster that lacks replicas; but
   * whoever looks here is told.
   */
  JsonObject readiness(Readiness.Report report, int httpPort) {
    NodeView.Identity identity = node.identity();
    JsonArray listeners = new JsonArray();
    report
        .listeners()
        .forEach(
            listener ->
                listeners.add(
                    new JsonObject()
                        .put("name", listener.name())
                        .put("host", listener.host())
                        .put("port", listener.port())));
    JsonArray logDirs = new JsonArray();
    report
        .logDirs()
        .forEach(
            dir ->
                logDirs.add(
                    new JsonObject()
                        .put("logDir", dir.logDir())
                        .put("partitions", dir.partitions())
                        .put("recovered", dir.recovered())
                        .put("offline", dir.offline())));
    ClusterImage image = node.image();
    QuorumView quorum = node.quorum();
    ReplicationPicture picture = node.replication();
    return new JsonObject()
        .put("status", report.ready() ? "ready" : "not ready")
        .put("reasons", new JsonArray(report.reasons()))
        .put("quorumProblem", quorum == null ? null : quorum.problem())
        .put("nodeId", identity.nodeId())
        .put("clusterId", image == null ? null : image.clusterId())
        .put("version", identity.version())
        .put("pid", identity.pid())
        .put("startedAt", Instant.ofEpochMilli(identity.startedAtMs()).toString())
        .put("httpPort", httpPort)
        .put("listeners", listeners)
        .put("logDirs", logDirs)
        .put(
            "replication",
            picture == null ? null : ReplicationJson.put(new JsonObject(), picture.total()));
  }

  /** Whether the cluster's metadata is known, which all answers but health need. */
  boolean knowsTheCluster() {
    ClusterImage image = node.image();
    return image != null
        && image.offset() >= 0
        && node.replication() != null
        && node.groups() != null
        && node.transactions() != null;
  }

  /** Asks the coordinators; not null once the cluster is known. */
  GroupsView groups() {
    return node.groups();
  }

  /** The answer of {@code /api/v1/quotas}; at most so many of what is set, and of what is used. */
  JsonObject quotas(int limit) {
    return QuotaJson.page(node.image().quotas(), node.quotas(limit), limit);
  }

  /** Asks the coordinators; not null once the cluster is known. */
  TransactionsView transactions() {
    return node.transactions();
  }

  /** The compaction of the logs here; null = it has not begun. */
  CompactionView compaction() {
    return node.compaction();
  }

  /** The answer of {@code /api/v1/scrub}; null = the node is still starting. */
  JsonObject scrub() {
    ScrubView scrub = node.scrub();
    return scrub == null ? null : ScrubJson.of(scrub);
  }

  /** The clients that tell of themselves. */
  List<ClientView> clients() {
    return node.clients();
  }

  /** The answer of {@code /api/v1/cluster}. */
  JsonObject cluster() {
    return ClusterJson.cluster(node);
  }

  /** The answer of {@code /api/v1/disks}: the log directories of this node. */
  JsonObject disks() {
    JsonArray disks = new JsonArray();
    for (NodeView.Disk disk : node.disks()) {
      disks.add(
          new JsonObject()
              .put("path", disk.path())
              .put("state", disk.state())
              .put("usableBytes", disk.usableBytes() < 0 ? null : disk.usableBytes())
              .put("logs", disk.logs())
              .put("arriving", disk.arriving())
              .put("bytesLeft", disk.bytesLeft()));
    }
    return new JsonObject().put("nodeId", node.identity().nodeId()).put("disks", disks);
  }

  /**
   * The answer of {@code /api/v1/topics}: a page by name.
   *
   * @param after the last name of the page before; null = from the beginning
   */
  JsonObject topics(String after, int limit) {
    ReplicationPicture picture = node.replication();
    ClusterImage image = picture.image();
    Comparator<TopicImage> byName = Comparator.comparing(TopicImage::name);
    // The smallest names without sorting all: the greatest of those found so far is on top.
    PriorityQueue<TopicImage> found = new PriorityQueue<>(byName.reversed());
    for (TopicImage topic : image.topics()) {
      if (after == null || topic.name().compareTo(after) > 0) {
        found.add(topic);
        if (found.size() > limit + 1) {
          found.remove();
        }
      }
    }
    List<TopicImage> page = new ArrayList<>(found);
    page.sort(byName);
    boolean more = page.size() > limit;
    page = more ? page.subList(0, limit) : page;
    JsonArray topics = new JsonArray();
    page.forEach(topic -> topics.add(summary(picture, topic)));
    return new JsonObject()
        .put("topics", topics)
        .put("next", more ? page.get(limit - 1).name() : null);
  }

  private static JsonObject summary(ReplicationPicture picture, TopicImage topic) {
    JsonObject json =
        new JsonObject()
            .put("name", topic.name())
            .put("id", topic.id().toString())
            .put("partitions", topic.partitions().size())
            .put(
                "replicationFactor",
                topic.partitions().isEmpty() ? 0 : topic.partitions().get(0).replicas().size());
    return ReplicationJson.put(json, picture, topic);
  }

  /** The answer of {@code /api/v1/topics/NAME}; null = there is no such topic. */
  JsonObject topic(String name) {
    ReplicationPicture picture = node.replication();
    ClusterImage image = picture.image();
    TopicImage topic = image.topic(name);
    if (topic == null) {
      return null;
    }
    JsonArray partitions = new JsonArray();
    topic.partitions().forEach(partition -> partitions.add(partition(picture, topic, partition)));
    JsonObject configs = new JsonObject();
    new TreeMap<>(image.configs(ConfigResource.topic(name))).forEach(configs::put);
    return summary(picture, topic).put("configs", configs).put("partitions", partitions);
  }

  private JsonObject partition(ReplicationPicture picture, TopicImage topic, PartitionImage image) {
    JsonObject json =
        new JsonObject()
            .put("partition", image.partition())
            .put("leader", image.leader())
            .put("leaderEpoch", image.leaderEpoch())
            .put("replicas", new JsonArray(image.replicas()))
            .put("isr", new JsonArray(image.isr()))
            .put("lastIsr", new JsonArray(image.lastIsr()))
            .put("maybeCut", new JsonArray(image.maybeCut()))
            .put("offlineReason", OfflineReason.of(picture.image(), topic.id(), image));
    ReplicationJson.put(json, picture, topic, image);
    PartitionTable table = node.partitions();
    Partition here = table == null ? null : table.get(topic.id(), image.partition());
    if (here != null) {
      Partition.Status status = here.status();
      json.put(
          "here",
          new JsonObject()
              .put("logDir", status.logDir())
              .put("online", status.online())
              .put("sizeInBytes", status.sizeInBytes())
              .put("logStartOffset", status.logStartOffset())
              .put("highWatermark", status.highWatermark())
              .put("logEndOffset", status.logEndOffset()));
    }
    return json;
  }
}

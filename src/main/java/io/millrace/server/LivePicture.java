package io.millrace.server;

import io.millrace.cluster.Address;
import io.millrace.cluster.LiveMaps;
import io.millrace.cluster.Member;
import io.millrace.cluster.Membership;
import io.millrace.cluster.NodeLive;
import io.millrace.cluster.PartitionLive;
import io.millrace.cluster.ReplicaLive;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.millrace.quorum.QuorumView;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws this node's part of the live picture of the cluster, every few seconds.
 *
 * <p>Owner: a context of its own.
 */
final class LivePicture {
  private static final long EVERY_MS = 2_000;

  /** What has not changed is told again after this time. */
  private static final long AGAIN_MS = 30_000;

  private final Vertx vertx;
  private final Membership membership;
  private final MetadataLayer metadata;
  private final PartitionTable partitions;
  private final String version;
  private volatile long timer = -1;
  // Only used on the timer's loop; null = nothing was told.
  private NodeLive told;

  LivePicture(
      Vertx vertx,
      Membership membership,
      MetadataLayer metadata,
      PartitionTable partitions,
      String version) {
    this.vertx = vertx;
    this.membership = membership;
    this.metadata = metadata;
    this.partitions = partitions;
    this.version = version;
  }

  void start() {
    timer = vertx.setPeriodic(0, EVERY_MS, any -> draw());
  }

  void close() {
    vertx.cancelTimer(timer);
  }

  private void draw() {
    ClusterImage image = metadata.images().image();
    LiveMaps live = membership.live();
    long nowMs = System.currentTimeMillis();
    if (told == null
        || nowMs - told.publishedMs() >= AGAIN_MS
        || !told.equals(node(image, told.publishedMs()))) {
      told = node(image, nowMs);
    }
    live.publishNode(told);
    live.publishPartitions(led(image));
  }

  private NodeLive node(ClusterImage image, long publishedMs) {
    Member self = membership.self();
    BrokerImage broker = image.brokers().get(self.nodeId());
    List<String> endpoints = new ArrayList<>();
    if (broker != null) {
      broker
          .endpoints()
          .forEach(e -> endpoints.add(e.listener() + "://" + e.host() + ":" + e.port()));
    }
    QuorumView quorum = metadata.quorumView();
    long applied = image.offset() + 1;
    return new NodeLive(
        self.nodeId(),
        new Address(self.internalAddress().host(), self.internalAddress().port()),
        endpoints,
        self.roles(),
        broker == null ? null : broker.rack(),
        version,
        applied,
        quorum == null ? 0 : Math.max(0, quorum.committedEnd() - applied),
        self.startedMs(),
        publishedMs);
  }

  private List<PartitionLive> led(ClusterImage image) {
    List<PartitionLive> led = new ArrayList<>();
    for (Partition partition : partitions.all()) {
      Partition.Status status = partition.status();
      TopicImage topic = image.topic(partition.id().topicId());
      PartitionImage committed = topic == null ? null : topic.partition(partition.id().partition());
      if (status.leader() && committed != null) {
        led.add(picture(partition, committed));
      }
    }
    return led;
  }

  private PartitionLive picture(Partition partition, PartitionImage committed) {
    Partition.Status status = partition.status();
    int self = membership.self().nodeId();
    List<ReplicaLive> replicas = new ArrayList<>();
    for (int nodeId : committed.replicas()) {
      boolean here = nodeId == self;
      replicas.add(
          new ReplicaLive(
              nodeId,
              committed.isr().contains(nodeId),
              here ? status.logEndOffset() : -1,
              here ? 0 : -1));
    }
    return new PartitionLive(
        partition.id(),
        self,
        committed.leaderEpoch(),
        status.logStartOffset(),
        status.highWatermark(),
        replicas);
  }
}

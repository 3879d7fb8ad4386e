package io.millrace.server;

import io.millrace.cluster.Address;
import io.millrace.cluster.LiveMaps;
import io.millrace.cluster.Member;
import io.millrace.cluster.Membership;
import io.millrace.cluster.NodeLive;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
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
  private final ReplicaSurvey survey;
  private final String version;
  private volatile long timer = -1;
  // Only used on the timer's loop; null = nothing was told.
  private NodeLive told;

  LivePicture(
      Vertx vertx,
      Membership membership,
      MetadataLayer metadata,
      ReplicaSurvey survey,
      String version) {
    this.vertx = vertx;
    this.membership = membership;
    this.metadata = metadata;
    this.survey = survey;
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
    live.publishPartitions(survey.seen().led());
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
}

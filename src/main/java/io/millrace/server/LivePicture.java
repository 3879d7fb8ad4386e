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

  private final Vertx vertx;
  private final Membership membership;
  private final MetadataLayer metadata;
  private final ReplicaSurvey survey;
  private final String version;
  private volatile long timer = -1;

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
    live.publishNode(node(image));
    live.publishPartitions(survey.seen().led().values());
  }

  private NodeLive node(ClusterImage image) {
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
        System.currentTimeMillis());
  }
}

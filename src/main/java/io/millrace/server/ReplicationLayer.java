package io.millrace.server;

import io.millrace.api.RequestHandler;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.api.fetch.FetchHandler;
import io.millrace.api.fetch.FetchSessionSlots;
import io.millrace.api.peer.ReplicaCopyHandler;
import io.millrace.client.Peers;
import io.millrace.config.ReplicaKeys;
import io.millrace.config.Settings;
import io.millrace.config.TopicKeys;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImageDelta;
import io.millrace.model.Clock;
import io.millrace.partition.FollowedLog;
import io.millrace.partition.Following;
import io.millrace.partition.IsrCounters;
import io.millrace.partition.LeaderParts;
import io.millrace.partition.PartitionTable;
import io.millrace.partition.Racks;
import io.millrace.partition.ReplicaParts;
import io.millrace.partition.TransactionVerifier;
import io.millrace.quota.ReplicationThrottle;
import io.millrace.replication.ReplicaFetching;
import io.millrace.replication.ReplicationConfig;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How the replicas of this node follow leaders elsewhere, and those of other nodes the leaders
 * here.
 *
 * <p>Owner: any thread.
 */
final class ReplicationLayer {
  /** Connections of followers: a few from each node. */
  private static final int SESSIONS = 4_096;

  /** How long a follower that waits for records does not hear of a new high watermark. */
  private static final long HIGH_WATERMARK_NEWS_MS = 100;

  private final NodeParts node;
  private final MetadataLayer metadata;
  private final LongSupplier brokerEpoch;
  private final CommittedSettings committed;
  private final ReplicationThrottle ofLeaders = new ReplicationThrottle(Clock.SYSTEM::nanos);
  private final ReplicationThrottle ofFollowers = new ReplicationThrottle(Clock.SYSTEM::nanos);
  private final LogEndRequests logEnds;
  private final TransactionVerifier verifier;
  // null = the node is alone.
  private final ReplicaFetching fetching;

  /**
   * Of one node.
   *
   * @param brokerEpoch under which it is registered; -1 = it is not
   * @param partitions those of the node, once there are any
   * @param peers null = the node is alone
   * @param verifier asked before a transaction begins in a log
   */
  ReplicationLayer(
      NodeParts node,
      MetadataLayer metadata,
      LongSupplier brokerEpoch,
      Supplier<PartitionTable> partitions,
      Peers peers,
      TransactionVerifier verifier) {
    this.node = node;
    this.verifier = verifier;
    this.metadata = metadata;
    this.brokerEpoch = brokerEpoch;
    this.committed = new CommittedSettings(node.settings(), node.nodeId());
    this.logEnds =
        new LogEndRequests(
            node.loops().all().get(0),
            new LogEndRequests.Parts(
                node.nodeId(),
                brokerEpoch,
                metadata::controller,
                metadata.images()::image,
                partitions));
    this.fetching =
        peers == null
            ? null
            : new ReplicaFetching(
                node.nodeId(),
                brokerEpoch,
                peers,
                ReplicationConfig.from(node.settings()),
                ofFollowers,
                node.loops().all());
  }

  /** What the replicas of the node share. */
  ReplicaParts replicaParts() {
    Settings settings = node.settings();
    boolean consumersRead = settings.isSet(ReplicaKeys.REPLICA_SELECTOR_CLASS);
    return new ReplicaParts(
        node.nodeId(),
        Clock.SYSTEM,
        node.worker(),
        new LeaderParts(
            new IsrRequests(
                node.loops().all().get(0),
                node.nodeId(),
                brokerEpoch,
                metadata::controller,
                metadata.images()::image),
            new IsrCounters(node.metrics()),
            settings.get(ReplicaKeys.REPLICA_LAG_TIME_MAX_MS),
            consumersRead ? 0 : HIGH_WATERMARK_NEWS_MS,
            consumersRead ? this::serves : Racks.LEADERS_ONLY,
            ofLeaders,
            verifier),
        fetching == null ? new Alone() : fetching);
  }

  private boolean serves(int nodeId, String rack) {
    BrokerImage broker = metadata.images().image().brokers().get(nodeId);
    return broker != null && broker.active() && rack.equals(broker.rack());
  }

  /** What is throttled, and how much, is read anew when configs change. */
  void onDelta(ImageDelta delta) {
    logEnds.onDelta(delta);
    if (!delta.changedConfigs().isEmpty()) {
      ClusterImage image = delta.after();
      Settings now = committed.ofNode(image);
      ofLeaders.update(
          image,
          TopicKeys.LEADER_REPLICATION_THROTTLED_REPLICAS.name(),
          node.nodeId(),
          now.get(ReplicaKeys.LEADER_REPLICATION_THROTTLED_RATE));
      ofFollowers.update(
          image,
          TopicKeys.FOLLOWER_REPLICATION_THROTTLED_REPLICAS.name(),
          node.nodeId(),
          now.get(ReplicaKeys.FOLLOWER_REPLICATION_THROTTLED_RATE));
    }
  }

  /** What the internal listener answers to followers. */
  List<RequestHandler> handlers(PartitionTable partitions) {
    return List.of(
        new ReplicaCopyHandler(node.nodeId(), partitions),
        new FetchHandler(
            FetchHandler.Readers.FOLLOWERS,
            partitions,
            new FetchSessionSlots(SESSIONS),
            () -> Integer.MAX_VALUE,
            node.loops().all(),
            Clock.SYSTEM));
  }

  void close() {
    logEnds.close();
    if (fetching != null) {
      fetching.close();
    }
  }

  /** Of a node that knows no others: leaders elsewhere cannot be reached. */
  private static final class Alone implements Following {
    @Override
    public void follow(FollowedLog log, int leader) {
      // It is told by the next image if it is to lead.
    }

    @Override
    public void unfollow(FollowedLog log) {
      // Nothing is fetched.
    }
  }
}

package io.millrace.server;

import io.millrace.cluster.LiveMaps;
import io.millrace.cluster.PartitionLive;
import io.millrace.cluster.ReplicationHealth;
import io.millrace.cluster.ReplicationPicture;
import io.millrace.config.Settings;
import io.millrace.metadata.ClusterImage;
import io.millrace.metrics.Metrics;
import io.millrace.model.TopicIdPartition;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * What this node can tell about the replicas of the cluster and those that it leads: to HTTP and to
 * {@code /metrics}. The leaders here are asked themselves, the others told it over the live maps.
 *
 * <p>Owner: any thread.
 */
final class ReplicationFigures {
  /** How long one count serves. */
  private static final long COUNT_NANOS = 500_000_000;

  /**
   * What it is made of.
   *
   * @param image null = nothing is known yet
   * @param survey null = not begun yet
   * @param live null = the node is alone, or not a member yet
   */
  record Parts(
      Settings settings,
      IntSupplier nodeId,
      Supplier<ClusterImage> image,
      Supplier<ReplicaSurvey> survey,
      Supplier<LiveMaps> live) {}

  private record Counted(ReplicationPicture picture, long atNanos) {}

  private record CountedHere(
      ReplicationPicture picture, ReplicationHealth led, long maxFollowerLag) {}

  private final Parts parts;
  // Replaced as one; two threads that count at the same time do no harm.
  private volatile Counted counted;
  private volatile CountedHere here;

  ReplicationFigures(Parts parts) {
    this.parts = parts;
  }

  /** Of this moment, or less than a second old; null = nothing is known yet. */
  ReplicationPicture picture() {
    ClusterImage image = parts.image.get();
    if (image == null || image.offset() < 0) {
      return null;
    }
    Counted last = counted;
    long now = System.nanoTime();
    if (last == null
        || last.picture.image().offset() != image.offset()
        || now - last.atNanos > COUNT_NANOS) {
      last =
          new Counted(
              new ReplicationPicture(
                  image,
                  new MinInsyncReplicas(image, parts.settings, parts.nodeId.getAsInt()),
                  this::live),
              now);
      counted = last;
    }
    return last.picture;
  }

  /** What its leader tells of a partition; null = nothing. */
  private PartitionLive live(TopicIdPartition id) {
    ReplicaSurvey survey = parts.survey.get();
    PartitionLive own = survey == null ? null : survey.seen().byId().get(id);
    LiveMaps maps = parts.live.get();
    PartitionLive told = maps == null ? null : maps.partitions().get(id);
    boolean newer = own == null || (told != null && told.leaderEpoch() > own.leaderEpoch());
    return newer ? told : own;
  }

  private CountedHere here() {
    ReplicationPicture picture = picture();
    if (picture == null) {
      return null;
    }
    CountedHere last = here;
    if (last == null || last.picture != picture) {
      ReplicaSurvey survey = parts.survey.get();
      last =
          new CountedHere(
              picture,
              picture.ledBy(parts.nodeId.getAsInt()),
              survey == null ? 0 : survey.seen().maxFollowerLag());
      here = last;
    }
    return last;
  }

  /** Registers the gauges. */
  void register(Metrics metrics) {
    ofLeaders(metrics);
    ofCluster(metrics);
  }

  /** Kafka's figures of a broker: their sums over all nodes are those of the cluster. */
  private void ofLeaders(Metrics metrics) {
    led(
        metrics,
        "under_replicated_partitions",
        "Partitions led here with fewer in-sync replicas than they have, without those being added",
        c -> c.led.underReplicated());
    led(
        metrics,
        "under_min_isr_partitions",
        "Partitions led here with fewer in-sync replicas than min.insync.replicas",
        c -> c.led.underMinIsr());
    led(
        metrics,
        "at_min_isr_partitions",
        "Partitions led here with just as many in-sync replicas as min.insync.replicas",
        c -> c.led.atMinIsr());
    led(
        metrics,
        "follower_max_lag_records",
        "Records that the follower lacks which is furthest behind a leader here",
        c -> known(c.led.maxLagRecords()));
    led(
        metrics,
        "follower_max_lag_seconds",
        "How long a follower has lacked something of a leader here, at most",
        c -> known(c.led.maxLagMs()) / 1e3);
    led(
        metrics,
        "replica_max_lag_records",
        "Committed records that the follower here lacks which is furthest behind its leader",
        CountedHere::maxFollowerLag);
  }

  /** The same on every node. */
  private void ofCluster(Metrics metrics) {
    total(
        metrics,
        "cluster_under_replicated_partitions",
        "Partitions of the cluster with fewer in-sync replicas than they have, without those being"
            + " added",
        ReplicationHealth::underReplicated);
    total(
        metrics,
        "cluster_under_min_isr_partitions",
        "Partitions of the cluster with fewer in-sync replicas than min.insync.replicas",
        ReplicationHealth::underMinIsr);
    total(
        metrics,
        "cluster_at_min_isr_partitions",
        "Partitions of the cluster with just as many in-sync replicas as min.insync.replicas",
        ReplicationHealth::atMinIsr);
    total(
        metrics,
        "cluster_replica_max_lag_records",
        "Records that the replica of the cluster lacks which is furthest behind its leader",
        health -> known(health.maxLagRecords()));
    total(
        metrics,
        "cluster_replica_max_lag_seconds",
        "How long a replica of the cluster has lacked something of its leader, at most",
        health -> known(health.maxLagMs()) / 1e3);
  }

  private static double known(long value) {
    return value < 0 ? Double.NaN : value;
  }

  private void led(Metrics metrics, String name, String help, ToDoubleFunction<CountedHere> value) {
    metrics.gauge(
        name,
        help,
        () -> {
          CountedHere now = here();
          return now == null ? Double.NaN : value.applyAsDouble(now);
        });
  }

  private void total(
      Metrics metrics, String name, String help, ToDoubleFunction<ReplicationHealth> value) {
    metrics.gauge(
        name,
        help,
        () -> {
          ReplicationPicture now = picture();
          return now == null ? Double.NaN : value.applyAsDouble(now.total());
        });
  }
}

package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.cluster.LiveMaps;
import io.millrace.cluster.NodeLive;
import io.millrace.cluster.PartitionLive;
import io.millrace.cluster.ReplicaLive;
import io.millrace.config.Settings;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.PartitionImage;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.model.TopicIdPartition;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Node 1 leads partition 0, node 2 leads partition 1, of which one follower is behind. */
class ReplicationFiguresTest {
  private static final TopicIdPartition LED_BY_OTHER =
      new TopicIdPartition(TestImage.idOf("t"), "t", 1);

  private final PrometheusMetrics metrics = new PrometheusMetrics();
  private final TestImage image =
      TestImage.ofOne()
          .topic(
              "t",
              new PartitionImage(0, List.of(1, 2, 3), List.of(1), List.of(), 1, 5, 6),
              new PartitionImage(1, List.of(2, 3), List.of(2, 3), List.of(), 2, 5, 6));

  /** What node 2 tells. */
  private static final class Told implements LiveMaps {
    @Override
    public void publishNode(NodeLive node) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void publishPartitions(Collection<PartitionLive> led) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Map<Integer, NodeLive> nodes() {
      return Map.of();
    }

    @Override
    public Map<TopicIdPartition, PartitionLive> partitions() {
      List<ReplicaLive> replicas =
          List.of(new ReplicaLive(2, true, 100, 0), new ReplicaLive(3, true, 93, 2_500));
      return Map.of(LED_BY_OTHER, new PartitionLive(LED_BY_OTHER, 2, 5, 0, 93, replicas));
    }
  }

  private ReplicationFigures figures() {
    Told told = new Told();
    return new ReplicationFigures(
        new ReplicationFigures.Parts(
            Settings.of(Map.of()), () -> 1, () -> image, () -> null, () -> told));
  }

  private String scrape() {
    figures().register(metrics);
    return metrics.scrape();
  }

  @Test
  void shouldTellOfWhatThisNodeLeads() {
    image.config(ConfigResource.topic("t"), "min.insync.replicas", "2");

    assertThat(scrape())
        .contains(
            "millrace_under_replicated_partitions 1.0",
            "millrace_under_min_isr_partitions 1.0",
            "millrace_at_min_isr_partitions 0.0",
            "millrace_follower_max_lag_records NaN");
  }

  @Test
  void shouldTellOfTheClusterByWhatOthersTell() {
    image.config(ConfigResource.topic("t"), "min.insync.replicas", "2");

    assertThat(scrape())
        .contains(
            "millrace_cluster_under_replicated_partitions 1.0",
            "millrace_cluster_under_min_isr_partitions 1.0",
            "millrace_cluster_at_min_isr_partitions 1.0",
            "millrace_cluster_replica_max_lag_records 7.0",
            "millrace_cluster_replica_max_lag_seconds 2.5");
  }

  @Test
  void shouldDemandWhatTheNodeSaysOfTopicsThatDoNotSay() {
    image.config(ConfigResource.brokerDefault(), "min.insync.replicas", "2");

    assertThat(figures().picture().total().underMinIsr()).isEqualTo(1);
  }

  @Test
  void shouldKnowNothingBeforeTheMetadataIsRead() {
    image.offset(-1);

    assertThat(figures().picture()).isNull();
    assertThat(scrape()).contains("millrace_under_replicated_partitions NaN");
  }
}

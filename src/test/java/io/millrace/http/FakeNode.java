package io.millrace.http;

import io.millrace.cluster.NodeLive;
import io.millrace.cluster.PartitionLive;
import io.millrace.cluster.ReplicationPicture;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.QuotaEntity;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.millrace.quorum.QuorumView;
import io.millrace.quota.ClientQuotas;
import io.millrace.telemetry.ClientView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A node with made-up topics. */
final class FakeNode implements NodeView, ClusterImage, PartitionTable {
  final Map<String, TopicImage> topics = new TreeMap<>();
  final FakeGroups groups = new FakeGroups();
  final FakeTransactions transactions = new FakeTransactions();
  final List<ClientView> clients = new ArrayList<>();
  final Map<QuotaEntity, Map<String, Double>> quotas = new HashMap<>();
  final List<ClientQuotas.Figures> usage = new ArrayList<>();
  volatile RuntimeException failure;
  volatile boolean starting;
  volatile QuorumView quorum;
  volatile CompactionView compaction;
  final Map<Integer, NodeLive> live = new TreeMap<>();

  final Map<TopicIdPartition, PartitionLive> led = new HashMap<>();

  /** {@code min.insync.replicas} of all topics. */
  int minInsyncReplicas = 1;

  void topic(String name, PartitionImage... partitions) {
    topics.put(name, new TopicImage(new TopicId(1, name.hashCode()), name, List.of(partitions)));
  }

  void topic(String name, int partitions) {
    List<PartitionImage> images =
        java.util.stream.IntStream.range(0, partitions)
            .mapToObj(i -> new PartitionImage(i, List.of(7), List.of(7), List.of(), 7, 3, 4))
            .toList();
    topics.put(name, new TopicImage(new TopicId(1, name.hashCode()), name, images));
  }

  @Override
  public CompactionView compaction() {
    return compaction;
  }

  @Override
  public Identity identity() {
    return new Identity(7, "1.2.3", 4711, 0);
  }

  @Override
  public ClusterImage image() {
    if (failure != null) {
      throw failure;
    }
    return starting ? null : this;
  }

  @Override
  public ReplicationPicture replication() {
    return starting ? null : new ReplicationPicture(this, topic -> minInsyncReplicas, led::get);
  }

  @Override
  public PartitionTable partitions() {
    return this;
  }

  @Override
  public GroupsView groups() {
    return groups;
  }

  @Override
  public TransactionsView transactions() {
    return transactions;
  }

  @Override
  public List<ClientView> clients() {
    return clients;
  }

  @Override
  public Map<QuotaEntity, Map<String, Double>> quotas() {
    return quotas;
  }

  @Override
  public List<ClientQuotas.Figures> quotas(int max) {
    return usage.subList(0, Math.min(max, usage.size()));
  }

  @Override
  public QuorumView quorum() {
    return quorum;
  }

  @Override
  public Map<Integer, NodeLive> nodes() {
    return live;
  }

  @Override
  public long offset() {
    return 42;
  }

  @Override
  public String clusterId() {
    return "AAAAAAAAAAAAAAAAAAAAAA";
  }

  @Override
  public int controllerId() {
    return 7;
  }

  @Override
  public Map<Integer, BrokerImage> brokers() {
    return Map.of(
        7, new BrokerImage(7, 9, List.of(new Endpoint("PLAINTEXT", "h", 9092)), "r1", false));
  }

  @Override
  public Collection<TopicImage> topics() {
    return topics.values();
  }

  @Override
  public TopicImage topic(String name) {
    return topics.get(name);
  }

  @Override
  public TopicImage topic(TopicId id) {
    return topics.values().stream().filter(t -> t.id().equals(id)).findFirst().orElse(null);
  }

  @Override
  public Map<String, String> configs(ConfigResource resource) {
    return Map.of("retention.ms", "1000");
  }

  @Override
  public Partition get(TopicId topic, int partition) {
    return null;
  }

  @Override
  public Collection<Partition> all() {
    return List.of();
  }
}

package io.millrace.metadata;

import io.millrace.metadata.MetadataRecord.ClientQuota;
import io.millrace.metadata.MetadataRecord.ClusterId;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.MetadataRecord.RegisterController;
import io.millrace.metadata.MetadataRecord.Removed;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.pcollections.HashTreePMap;
import org.pcollections.HashTreePSet;
import org.pcollections.PMap;
import org.pcollections.PSet;

/**
 * The {@link ClusterImage} that records make. Its maps are persistent (they share all but the
 * changed path with the image before), so that the next image costs what changed, not what exists.
 *
 * <p>Owner: immutable.
 */
public final class MetadataImage implements ClusterImage {
  /** Nothing is applied yet. */
  public static final MetadataImage EMPTY =
      new MetadataImage(
          -1,
          null,
          -1,
          0,
          new Maps(
              HashTreePMap.empty(),
              HashTreePMap.empty(),
              HashTreePMap.empty(),
              HashTreePMap.empty(),
              HashTreePMap.empty(),
              HashTreePMap.empty(),
              HashTreePMap.empty(),
              HashTreePMap.empty(),
              HashTreePMap.empty(),
              HashTreePMap.empty(),
              Set.of()));

  /**
   * The parts that are maps or sets.
   *
   * @param collisions names of topics that have a dot or an underscore, by the name with
   *     underscores only
   * @param conditions of replicas that are not online, by node, topic and partition
   * @param quotas of clients, by key; no entity is without one
   * @param voters who votes on the metadata log; empty = nothing was said about it, as in logs of a
   *     node that was always alone
   */
  record Maps(
      PMap<Integer, BrokerImage> brokers,
      PMap<Integer, ControllerImage> controllers,
      PMap<String, TopicImage> byName,
      PMap<TopicId, TopicImage> byId,
      PMap<String, PSet<String>> collisions,
      PMap<ConfigResource, PMap<String, String>> configs,
      PMap<String, Integer> features,
      PMap<TopicId, RemovedTopic> removed,
      PMap<Integer, PMap<TopicId, PMap<Integer, ReplicaCondition>>> conditions,
      PMap<QuotaEntity, PMap<String, Double>> quotas,
      Set<VoterId> voters) {}

  private final long offset;
  private final String clusterId;
  private final int controllerId;
  private final long nextProducerId;
  private final Maps maps;

  MetadataImage(long offset, String clusterId, int controllerId, long nextProducerId, Maps maps) {
    this.offset = offset;
    this.clusterId = clusterId;
    this.controllerId = controllerId;
    this.nextProducerId = nextProducerId;
    this.maps = maps;
  }

  @Override
  public long offset() {
    return offset;
  }

  @Override
  public String clusterId() {
    return clusterId;
  }

  @Override
  public int controllerId() {
    return controllerId;
  }

  @Override
  public Map<Integer, BrokerImage> brokers() {
    return maps.brokers();
  }

  @Override
  public Collection<TopicImage> topics() {
    return maps.byName().values();
  }

  @Override
  public TopicImage topic(String name) {
    return name == null ? null : maps.byName().get(name);
  }

  @Override
  public TopicImage topic(TopicId id) {
    return maps.byId().get(id);
  }

  @Override
  public Set<ConfigResource> configured() {
    return maps.configs().keySet();
  }

  @Override
  public Map<String, String> configs(ConfigResource resource) {
    PMap<String, String> configs = maps.configs().get(resource);
    return configs == null ? Map.of() : configs;
  }

  /** Every producer id below this one has been given out. */
  public long nextProducerId() {
    return nextProducerId;
  }

  @Override
  public Map<Integer, ControllerImage> controllers() {
    return maps.controllers();
  }

  @Override
  public Map<TopicId, RemovedTopic> removedTopics() {
    return maps.removed();
  }

  @Override
  public Map<TopicId, ? extends Map<Integer, ReplicaCondition>> conditions(int nodeId) {
    return maps.conditions().getOrDefault(nodeId, HashTreePMap.empty());
  }

  /** Whether every replica is online, as far as is known. */
  public boolean allOnline() {
    return maps.conditions().isEmpty();
  }

  @Override
  public Map<String, Integer> features() {
    return maps.features();
  }

  @Override
  public Map<QuotaEntity, ? extends Map<String, Double>> quotas() {
    return maps.quotas();
  }

  @Override
  public Set<VoterId> voters() {
    return maps.voters();
  }

  /**
   * Topics whose names differ from this one at most in dots and underscores, itself included:
   * metrics of the two could not be told apart. Only looks at names that have such a character.
   */
  public Set<String> topicsCollidingWith(String name) {
    PSet<String> names = maps.collisions().get(collisionKey(name));
    return names == null ? HashTreePSet.empty() : names;
  }

  static String collisionKey(String topic) {
    return topic.replace('.', '_');
  }

  Maps maps() {
    return maps;
  }

  /** Records that make this image out of the empty one, but for its offset: a snapshot. */
  public List<MetadataRecord> toRecords() {
    List<MetadataRecord> records = new ArrayList<>();
    if (clusterId != null) {
      records.add(new ClusterId(clusterId));
    }
    if (!maps.voters().isEmpty()) {
      records.add(new Voters(maps.voters()));
    }
    maps.features().forEach((name, level) -> records.add(new Feature(name, level)));
    for (BrokerImage broker : maps.brokers().values()) {
      records.add(
          new RegisterBroker(
              broker.nodeId(),
              broker.endpoints(),
              broker.rack(),
              broker.fenced(),
              broker.epoch(),
              broker.shuttingDown(),
              broker.traits()));
    }
    maps.controllers()
        .values()
        .forEach(
            node ->
                records.add(new RegisterController(node.nodeId(), node.epoch(), node.traits())));
    maps.removed().forEach((id, topic) -> records.add(new Removed(id, topic)));
    for (TopicImage topic : maps.byName().values()) {
      records.add(new Topic(topic.id(), topic.name()));
      for (PartitionImage partition : topic.partitions()) {
        records.add(new Partition(topic.id(), partition));
      }
    }
    addConditions(records);
    maps.configs()
        .forEach(
            (resource, configs) ->
                configs.forEach((key, value) -> records.add(new Config(resource, key, value))));
    maps.quotas()
        .forEach(
            (entity, quotas) ->
                quotas.forEach((key, value) -> records.add(new ClientQuota(entity, key, value))));
    if (nextProducerId > 0) {
      records.add(new ProducerIds(nextProducerId));
    }
    return records;
  }

  private void addConditions(List<MetadataRecord> records) {
    maps.conditions()
        .forEach(
            (nodeId, topics) ->
                topics.forEach(
                    (topic, partitions) ->
                        Conditions.records(nodeId, topic, partitions).forEach(records::add)));
  }

  /** Whether the content is the same, whatever the offset and the controller. */
  public boolean sameContent(MetadataImage other) {
    return nextProducerId == other.nextProducerId
        && Objects.equals(clusterId, other.clusterId)
        && maps.equals(other.maps);
  }
}

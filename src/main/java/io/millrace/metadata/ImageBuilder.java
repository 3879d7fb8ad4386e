package io.millrace.metadata;

import io.millrace.metadata.MetadataImage.Maps;
import io.millrace.metadata.MetadataRecord.ClientQuota;
import io.millrace.metadata.MetadataRecord.ClusterId;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.FenceBroker;
import io.millrace.metadata.MetadataRecord.ForgetTopics;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.MetadataRecord.RegisterController;
import io.millrace.metadata.MetadataRecord.RemoveTopic;
import io.millrace.metadata.MetadataRecord.Removed;
import io.millrace.metadata.MetadataRecord.ReplicaConditions;
import io.millrace.metadata.MetadataRecord.StopBroker;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.metadata.MetadataRecord.UnfenceBroker;
import io.millrace.metadata.MetadataRecord.UnregisterNode;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.pcollections.HashTreePMap;
import org.pcollections.HashTreePSet;
import org.pcollections.PMap;
import org.pcollections.PSet;

/**
 * Applies records to an image and says what changed. Records come from the log, so they are facts:
 * one that does not fit what went before means a damaged log or a bug and throws {@link
 * IllegalStateException}. Used for one derivation and thrown away.
 *
 * <p>Owner: whoever made it.
 */
public final class ImageBuilder {
  /** So many deletions are remembered; of more, nodes that are away keep the logs. */
  static final int MAX_REMOVED_TOPICS = 100_000;

  private final MetadataImage before;
  private int controllerId;
  private long offset;
  private String clusterId;
  private long nextProducerId;
  private PMap<Integer, BrokerImage> brokers;
  private PMap<Integer, ControllerImage> controllers;
  private PMap<String, TopicImage> byName;
  private PMap<TopicId, TopicImage> byId;
  private PMap<String, PSet<String>> collisions;
  private PMap<ConfigResource, PMap<String, String>> configs;
  private PMap<String, Integer> features;
  private PMap<TopicId, RemovedTopic> removed;
  private Conditions conditions;
  private PMap<QuotaEntity, PMap<String, Double>> quotas;
  private Set<VoterId> voters;

  /** Topics touched, with their partitions so far; folded into the maps at the end. */
  private final Map<TopicId, Draft> drafts = new LinkedHashMap<>();

  private final Map<TopicId, TopicImage> deleted = new HashMap<>();
  private final Set<ConfigResource> changedConfigs = new HashSet<>();
  private final Set<Integer> changedBrokers = new HashSet<>();

  /** A snapshot took the place of what was before. */
  private boolean replaced;

  /** The outcome: {@code delta.after()} is {@code image}. */
  public record Derived(MetadataImage image, ImageDelta delta) {}

  private record Draft(String name, List<PartitionImage> partitions) {}

  /** Starts from an image, which stays as it is. */
  public ImageBuilder(MetadataImage before) {
    this.before = before;
    this.controllerId = before.controllerId();
    this.offset = before.offset();
    this.clusterId = before.clusterId();
    this.nextProducerId = before.nextProducerId();
    take(before.maps());
  }

  private void take(Maps maps) {
    this.brokers = maps.brokers();
    this.controllers = maps.controllers();
    this.byName = maps.byName();
    this.byId = maps.byId();
    this.collisions = maps.collisions();
    this.configs = maps.configs();
    this.features = maps.features();
    this.removed = maps.removed();
    this.conditions = new Conditions(maps.conditions());
    this.quotas = maps.quotas();
    this.voters = maps.voters();
  }

  /** Sets who the active controller is, which stands in no record; -1 = unknown. */
  public ImageBuilder controller(int nodeId) {
    controllerId = nodeId;
    return this;
  }

  /** Applies records that lie at {@code baseOffset} and on in the log. */
  public ImageBuilder apply(long baseOffset, List<MetadataRecord> records) {
    if (baseOffset != offset + 1) {
      throw new IllegalStateException(
          "Records at offset " + baseOffset + " do not follow offset " + offset);
    }
    for (MetadataRecord record : records) {
      offset++;
      apply(record);
    }
    return this;
  }

  /**
   * Replaces everything by the records of a snapshot, which stands for everything up to {@code
   * lastOffset}; the first thing a builder does. What differs from the image before is the change.
   */
  public ImageBuilder applySnapshot(long lastOffset, List<MetadataRecord> records) {
    if (lastOffset < offset) {
      throw new IllegalStateException(
          "A snapshot up to offset " + lastOffset + " after offset " + offset + " was applied");
    }
    clusterId = null;
    nextProducerId = 0;
    take(MetadataImage.EMPTY.maps());
    for (MetadataRecord record : records) {
      apply(record);
    }
    offset = lastOffset;
    replaced = true;
    return this;
  }

  private void apply(MetadataRecord record) {
    check(
        MetadataVersion.needed(record) <= MetadataVersion.of(features),
        record,
        "metadata.version is " + MetadataVersion.of(features));
    if (record instanceof Partition partition) {
      partition(partition);
    } else if (record instanceof PartitionChange change) {
      partitionChange(change);
    } else if (record instanceof Topic topic) {
      topic(topic);
    } else if (record instanceof RemoveTopic remove) {
      removeTopic(remove.id());
    } else if (record instanceof Config config) {
      config(config);
    } else if (record instanceof RegisterBroker broker) {
      long epoch = broker.epoch() == RegisterBroker.EPOCH_IS_OFFSET ? offset : broker.epoch();
      broker(
          new BrokerImage(
              broker.nodeId(),
              epoch,
              broker.endpoints(),
              broker.rack(),
              broker.fenced(),
              broker.shuttingDown(),
              broker.traits()));
      controllers = controllers.minus(broker.nodeId());
    } else if (record instanceof FenceBroker fence) {
      fence(fence.nodeId(), fence.epoch(), true);
    } else if (record instanceof UnfenceBroker unfence) {
      fence(unfence.nodeId(), unfence.epoch(), false);
    } else if (record instanceof ProducerIds ids) {
      check(ids.next() >= nextProducerId, record, "producer ids went back");
      nextProducerId = ids.next();
    } else if (record instanceof ClusterId cluster) {
      check(
          clusterId == null || clusterId.equals(cluster.id()), record, "the cluster id is another");
      clusterId = cluster.id();
    } else if (record instanceof Feature feature) {
      features =
          feature.level() == 0
              ? features.minus(feature.name())
              : features.plus(feature.name(), feature.level());
    } else if (record instanceof Voters quorum) {
      voters = quorum.voters();
    } else {
      applyRare(record);
    }
  }

  private void applyRare(MetadataRecord record) {
    if (record instanceof RegisterController node) {
      long epoch = node.epoch() == RegisterBroker.EPOCH_IS_OFFSET ? offset : node.epoch();
      controllers =
          controllers.plus(node.nodeId(), new ControllerImage(node.nodeId(), epoch, node.traits()));
      brokers = brokers.minus(node.nodeId());
      changedBrokers.add(node.nodeId());
      conditions.forgetNode(node.nodeId());
    } else if (record instanceof UnregisterNode node) {
      unregister(node);
    } else if (record instanceof StopBroker stop) {
      BrokerImage old = brokers.get(stop.nodeId());
      check(old != null && old.epoch() == stop.epoch(), stop, "there is no such registration");
      broker(old.stopping());
    } else if (record instanceof Removed topic) {
      removed = removed.plus(topic.id(), topic.topic());
    } else if (record instanceof ForgetTopics topics) {
      removed = removed.minusAll(topics.ids());
    } else if (record instanceof ReplicaConditions replicas) {
      check(brokers.containsKey(replicas.nodeId()), replicas, "there is no such broker");
      check(
          byId.containsKey(replicas.topicId()) || drafts.containsKey(replicas.topicId()),
          replicas,
          "there is no such topic");
      conditions.apply(replicas);
      changedBrokers.add(replicas.nodeId());
    } else if (record instanceof ClientQuota quota) {
      quota(quota);
    } else {
      check(record instanceof NoOp, record, "it is unknown here");
    }
  }

  private void unregister(UnregisterNode node) {
    BrokerImage broker = brokers.get(node.nodeId());
    ControllerImage controller = controllers.get(node.nodeId());
    check(
        (broker != null && broker.epoch() == node.epoch())
            || (controller != null && controller.epoch() == node.epoch()),
        node,
        "there is no such registration");
    brokers = brokers.minus(node.nodeId());
    controllers = controllers.minus(node.nodeId());
    changedBrokers.add(node.nodeId());
    conditions.forgetNode(node.nodeId());
    for (Map.Entry<TopicId, RemovedTopic> topic : removed.entrySet()) {
      if (topic.getValue().nodes().contains(node.nodeId())) {
        Set<Integer> left = new HashSet<>(topic.getValue().nodes());
        left.remove(node.nodeId());
        removed =
            left.isEmpty()
                ? removed.minus(topic.getKey())
                : removed.plus(topic.getKey(), new RemovedTopic(topic.getValue().offset(), left));
      }
    }
  }

  private void topic(Topic topic) {
    check(
        !byId.containsKey(topic.id()) && !drafts.containsKey(topic.id()),
        topic,
        "the topic id exists");
    check(!byName.containsKey(topic.name()), topic, "the topic name exists");
    drafts.put(topic.id(), new Draft(topic.name(), new ArrayList<>()));
    // The name is taken from here on; the partitions come with the fold.
    byName = byName.plus(topic.name(), new TopicImage(topic.id(), topic.name(), List.of()));
    String key = MetadataImage.collisionKey(topic.name());
    if (hasCollisionChars(topic.name())) {
      PSet<String> names = collisions.getOrDefault(key, HashTreePSet.empty());
      collisions = collisions.plus(key, names.plus(topic.name()));
    }
  }

  private void partition(Partition partition) {
    Draft draft = draft(partition.topicId(), partition);
    check(
        partition.image().partition() == draft.partitions().size(),
        partition,
        "the topic has " + draft.partitions().size() + " partitions");
    draft.partitions().add(partition.image());
  }

  private void partitionChange(PartitionChange change) {
    Draft draft = draft(change.topicId(), change);
    check(change.partition() < draft.partitions().size(), change, "there is no such partition");
    PartitionImage old = draft.partitions().get(change.partition());
    if (change.replicas() != null) {
      conditions.onReplicas(
          change.topicId(), change.partition(), old.replicas(), change.replicas());
    }
    draft
        .partitions()
        .set(
            change.partition(),
            new PartitionImage(
                old.partition(),
                change.replicas() == null ? old.replicas() : change.replicas(),
                change.isr() == null ? old.isr() : change.isr(),
                change.lastIsr() == null ? old.lastIsr() : change.lastIsr(),
                change.leader() == null ? old.leader() : change.leader(),
                change.leader() == null ? old.leaderEpoch() : old.leaderEpoch() + 1,
                old.partitionEpoch() + 1,
                change.possibleLoss() == null ? old.possibleLoss() : change.possibleLoss(),
                change.adding() == null ? old.adding() : change.adding(),
                change.removing() == null ? old.removing() : change.removing(),
                change.maybeCut() == null ? old.maybeCut() : change.maybeCut()));
  }

  private Draft draft(TopicId id, MetadataRecord record) {
    Draft draft = drafts.get(id);
    if (draft == null) {
      TopicImage topic = byId.get(id);
      check(topic != null, record, "there is no such topic");
      draft = new Draft(topic.name(), new ArrayList<>(topic.partitions()));
      drafts.put(id, draft);
    }
    return draft;
  }

  private void removeTopic(TopicId id) {
    TopicImage existed = before.topic(id);
    Draft draft = drafts.remove(id);
    check(existed != null || draft != null, new RemoveTopic(id), "there is no such topic");
    String name = draft == null ? existed.name() : draft.name();
    if (existed != null) {
      check(deleted.put(id, existed) == null, new RemoveTopic(id), "it was deleted before");
    }
    remember(id);
    conditions.forgetTopic(id);
    byName = byName.minus(name);
    byId = byId.minus(id);
    String key = MetadataImage.collisionKey(name);
    PSet<String> names = collisions.get(key);
    if (names != null) {
      PSet<String> left = names.minus(name);
      collisions = left.isEmpty() ? collisions.minus(key) : collisions.plus(key, left);
    }
    ConfigResource resource = ConfigResource.topic(name);
    if (configs.containsKey(resource)) {
      configs = configs.minus(resource);
      changedConfigs.add(resource);
    }
  }

  private void remember(TopicId id) {
    // A node that is alone sees what it does.
    if (brokers.size() > 1 && removed.size() < MAX_REMOVED_TOPICS) {
      removed = removed.plus(id, new RemovedTopic(offset, brokers.keySet()));
    }
  }

  private void config(Config config) {
    PMap<String, String> old = configs.getOrDefault(config.resource(), HashTreePMap.empty());
    PMap<String, String> changed =
        config.value() == null ? old.minus(config.key()) : old.plus(config.key(), config.value());
    configs =
        changed.isEmpty()
            ? configs.minus(config.resource())
            : configs.plus(config.resource(), changed);
    changedConfigs.add(config.resource());
  }

  private void quota(ClientQuota quota) {
    PMap<String, Double> old = quotas.getOrDefault(quota.entity(), HashTreePMap.empty());
    PMap<String, Double> changed =
        quota.value() == null ? old.minus(quota.key()) : old.plus(quota.key(), quota.value());
    quotas =
        changed.isEmpty() ? quotas.minus(quota.entity()) : quotas.plus(quota.entity(), changed);
  }

  private void fence(int nodeId, long epoch, boolean fenced) {
    BrokerImage old = brokers.get(nodeId);
    MetadataRecord record =
        fenced ? new FenceBroker(nodeId, epoch) : new UnfenceBroker(nodeId, epoch);
    check(old != null && old.epoch() == epoch, record, "there is no such registration");
    broker(fenced ? old.fence() : old.unfence());
  }

  private void broker(BrokerImage broker) {
    brokers = brokers.plus(broker.nodeId(), broker);
    changedBrokers.add(broker.nodeId());
  }

  private void check(boolean holds, MetadataRecord record, String why) {
    if (!holds) {
      throw new IllegalStateException(
          "The metadata log has " + record + " at offset " + offset + ", but " + why);
    }
  }

  private static boolean hasCollisionChars(String topic) {
    return topic.indexOf('.') >= 0 || topic.indexOf('_') >= 0;
  }

  /** The new image, and how it differs from the one before; the builder is done then. */
  public Derived build() {
    Map<TopicId, TopicImage> changed = new LinkedHashMap<>();
    drafts.forEach(
        (id, draft) -> {
          TopicImage topic = new TopicImage(id, draft.name(), draft.partitions());
          changed.put(id, topic);
          byId = byId.plus(id, topic);
          byName = byName.plus(draft.name(), topic);
        });
    if (replaced) {
      compare(changed);
    }
    MetadataImage after =
        new MetadataImage(
            offset,
            clusterId,
            controllerId,
            nextProducerId,
            new Maps(
                brokers,
                controllers,
                byName,
                byId,
                collisions,
                configs,
                features,
                removed,
                conditions.all(),
                quotas,
                voters));
    return new Derived(
        after, new ImageDelta(before, after, changed, deleted, changedConfigs, changedBrokers));
  }

  /** What a snapshot changed is what is not as it was. */
  private void compare(Map<TopicId, TopicImage> changed) {
    Maps old = before.maps();
    changed.entrySet().removeIf(topic -> topic.getValue().equals(old.byId().get(topic.getKey())));
    for (TopicImage topic : old.byId().values()) {
      // What is merely missing was not deleted.
      if (!byId.containsKey(topic.id()) && removed.containsKey(topic.id())) {
        deleted.put(topic.id(), topic);
      }
    }
    addDifferences(old.configs(), configs, changedConfigs);
    addDifferences(old.brokers(), brokers, changedBrokers);
    addDifferences(old.controllers(), controllers, changedBrokers);
  }

  private static <K, V> void addDifferences(Map<K, V> old, Map<K, V> now, Set<K> different) {
    Set<K> keys = new HashSet<>(old.keySet());
    keys.addAll(now.keySet());
    keys.forEach(
        key -> {
          if (Objects.equals(old.get(key), now.get(key))) {
            different.remove(key);
          } else {
            different.add(key);
          }
        });
  }
}

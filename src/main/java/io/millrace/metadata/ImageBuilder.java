package io.millrace.metadata;

import io.millrace.metadata.MetadataImage.Maps;
import io.millrace.metadata.MetadataRecord.ClusterId;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.FenceBroker;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.MetadataRecord.RemoveTopic;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.metadata.MetadataRecord.UnfenceBroker;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  private final MetadataImage before;
  private int controllerId;
  private long offset;
  private String clusterId;
  private long nextProducerId;
  private PMap<Integer, BrokerImage> brokers;
  private PMap<String, TopicImage> byName;
  private PMap<TopicId, TopicImage> byId;
  private PMap<String, PSet<String>> collisions;
  private PMap<ConfigResource, PMap<String, String>> configs;
  private PMap<String, Integer> features;
  private Set<VoterId> voters;

  /** Topics touched, with their partitions so far; folded into the maps at the end. */
  private final Map<TopicId, Draft> drafts = new LinkedHashMap<>();

  private final Map<TopicId, TopicImage> deleted = new HashMap<>();
  private final Set<ConfigResource> changedConfigs = new HashSet<>();
  private final Set<Integer> changedBrokers = new HashSet<>();

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
    Maps maps = before.maps();
    this.brokers = maps.brokers();
    this.byName = maps.byName();
    this.byId = maps.byId();
    this.collisions = maps.collisions();
    this.configs = maps.configs();
    this.features = maps.features();
    this.voters = maps.voters();
  }

  /** Sets who the active controller is, which stands in no record; -1 = unknown. */
  public ImageBuilder controller(int nodeId) {
    controllerId = nodeId;
    return this;
  }

  /** Applies records that lie at {@code baseOffset} and on in the log. */
  public ImageBuilder apply(long baseOffset, List<MetadataRecord> records) {
    if (baseOffset <= offset) {
      throw new IllegalStateException(
          "Records at offset " + baseOffset + " after offset " + offset + " was applied");
    }
    offset = baseOffset - 1;
    for (MetadataRecord record : records) {
      offset++;
      apply(record);
    }
    return this;
  }

  /** Applies the records of a snapshot that stands for everything up to {@code lastOffset}. */
  public ImageBuilder applySnapshot(long lastOffset, List<MetadataRecord> records) {
    for (MetadataRecord record : records) {
      apply(record);
    }
    offset = lastOffset;
    return this;
  }

  private void apply(MetadataRecord record) {
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
              broker.nodeId(), epoch, broker.endpoints(), broker.rack(), broker.fenced()));
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
      check(record instanceof NoOp, record, "it is unknown here");
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
                old.partitionEpoch() + 1));
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

  private void fence(int nodeId, long epoch, boolean fenced) {
    BrokerImage old = brokers.get(nodeId);
    MetadataRecord record =
        fenced ? new FenceBroker(nodeId, epoch) : new UnfenceBroker(nodeId, epoch);
    check(old != null && old.epoch() == epoch, record, "there is no such registration");
    broker(new BrokerImage(nodeId, epoch, old.endpoints(), old.rack(), fenced));
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
    MetadataImage after =
        new MetadataImage(
            offset,
            clusterId,
            controllerId,
            nextProducerId,
            new Maps(brokers, byName, byId, collisions, configs, features, voters));
    return new Derived(
        after, new ImageDelta(before, after, changed, deleted, changedConfigs, changedBrokers));
  }
}

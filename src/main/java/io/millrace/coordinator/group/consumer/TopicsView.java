package io.millrace.coordinator.group.consumer;

import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;

/**
 * The topics of the cluster as consumer groups see them.
 *
 * <p>Owner: immutable.
 */
record TopicsView(ClusterImage image) {
  private static final long FNV_PRIME = 0x100000001b3L;
  private static final long FNV_BASIS = 0xcbf29ce484222325L;

  static Uuid uuid(TopicId id) {
    return new Uuid(id.mostSignificantBits(), id.leastSignificantBits());
  }

  /** null = there is none. */
  Uuid id(String name) {
    TopicImage topic = image.topic(name);
    return topic == null ? null : uuid(topic.id());
  }

  /** Whether there is such a partition. */
  boolean has(String topic, int partition) {
    TopicImage image = image().topic(topic);
    return image != null && partition >= 0 && partition < image.partitions().size();
  }

  /** null = there is none. */
  String name(Uuid id) {
    TopicImage topic =
        image.topic(new TopicId(id.getMostSignificantBits(), id.getLeastSignificantBits()));
    return topic == null ? null : topic.name();
  }

  /** Partitions by the names of their topics, in order, without topics that exist no more. */
  SortedMap<String, List<Integer>> byName(Map<Uuid, ? extends Collection<Integer>> partitions) {
    SortedMap<String, List<Integer>> byName = new TreeMap<>();
    partitions.forEach(
        (topicId, of) -> {
          String name = name(topicId);
          if (name != null) {
            byName.put(name, of.stream().sorted().toList());
          }
        });
    return byName;
  }

  /** Those of these topics that exist. */
  SortedMap<Uuid, Assignor.Topic> existing(Collection<String> names) {
    SortedMap<Uuid, Assignor.Topic> topics = new TreeMap<>();
    for (String name : names) {
      TopicImage topic = image.topic(name);
      if (topic != null) {
        Uuid id = uuid(topic.id());
        topics.put(id, new Assignor.Topic(id, topic.partitions().size(), racks(topic)));
      }
    }
    return topics;
  }

  private List<Set<String>> racks(TopicImage topic) {
    Map<Integer, BrokerImage> brokers = image.brokers();
    if (brokers.values().stream().allMatch(broker -> broker.rack() == null)) {
      return List.of();
    }
    List<Set<String>> racks = new ArrayList<>(topic.partitions().size());
    for (PartitionImage partition : topic.partitions()) {
      Set<String> of = new TreeSet<>();
      for (int replica : partition.replicas()) {
        BrokerImage broker = brokers.get(replica);
        if (broker != null && broker.rack() != null) {
          of.add(broker.rack());
        }
      }
      racks.add(of);
    }
    return racks;
  }

  /**
   * A number that changes with what an assignor looks at: which of these topics exist, with how
   * many partitions, in which racks.
   *
   * @return 0 = none of them exists
   */
  long hash(Collection<String> names) {
    SortedMap<Uuid, Assignor.Topic> topics = existing(names);
    if (topics.isEmpty()) {
      return 0;
    }
    long hash = FNV_BASIS;
    for (Assignor.Topic topic : topics.values()) {
      hash = mix(hash, topic.id().getMostSignificantBits());
      hash = mix(hash, topic.id().getLeastSignificantBits());
      hash = mix(hash, topic.partitions());
      for (Set<String> racks : topic.racks()) {
        hash = mix(hash, racks.hashCode());
      }
    }
    return hash == 0 ? 1 : hash;
  }

  private static long mix(long hash, long value) {
    long mixed = (hash ^ value) * FNV_PRIME;
    return mixed ^ (mixed >>> 29);
  }
}

package io.millrace.controller.state;

import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Raises the number of replicas of internal topics that were made while there were too few brokers.
 * The new replicas are not in the ISR: they get there when they have fetched what the leader has,
 * which is the leader's to say.
 *
 * <p>Owner: any thread.
 */
public final class InternalTopics {
  private final Map<String, Integer> wanted;

  /**
   * The rule.
   *
   * @param wanted number of replicas by name of the topic
   */
  public InternalTopics(Map<String, Integer> wanted) {
    this.wanted = Map.copyOf(wanted);
  }

  /** Partitions that get replicas on brokers that serve. */
  public List<MetadataRecord> decide(MetadataImage image) {
    List<BrokerImage> brokers =
        image.brokers().values().stream().filter(BrokerImage::active).toList();
    List<MetadataRecord> records = new ArrayList<>();
    for (Map.Entry<String, Integer> entry : wanted.entrySet()) {
      TopicImage topic = image.topic(entry.getKey());
      if (topic != null) {
        raise(image, topic, entry.getValue(), brokers, records);
      }
    }
    return records;
  }

  private static void raise(
      MetadataImage image,
      TopicImage topic,
      int replicas,
      List<BrokerImage> brokers,
      List<MetadataRecord> records) {
    Map<Integer, Integer> load = new HashMap<>();
    topic
        .partitions()
        .forEach(partition -> partition.replicas().forEach(id -> load.merge(id, 1, Integer::sum)));
    for (PartitionImage partition : topic.partitions()) {
      List<Integer> now = new ArrayList<>(partition.replicas());
      while (now.size() < replicas) {
        BrokerImage added = next(image, now, brokers, load);
        if (added == null) {
          break;
        }
        now.add(added.nodeId());
        load.merge(added.nodeId(), 1, Integer::sum);
      }
      if (now.size() > partition.replicas().size()) {
        records.add(
            new MetadataRecord.PartitionChange(
                topic.id(), partition.partition(), now, null, null, null));
      }
    }
  }

  /** In a rack without a replica first, then with the fewest replicas; null = none is left. */
  private static BrokerImage next(
      MetadataImage image,
      List<Integer> replicas,
      List<BrokerImage> brokers,
      Map<Integer, Integer> load) {
    Set<String> racks = new HashSet<>();
    for (int nodeId : replicas) {
      BrokerImage broker = image.brokers().get(nodeId);
      racks.add(broker == null ? null : broker.rack());
    }
    return brokers.stream()
        .filter(broker -> !replicas.contains(broker.nodeId()))
        .min(
            Comparator.comparing((BrokerImage broker) -> racks.contains(broker.rack()))
                .thenComparing(broker -> load.getOrDefault(broker.nodeId(), 0))
                .thenComparing(BrokerImage::nodeId))
        .orElse(null);
  }
}

package io.millrace.controller.state;

import io.millrace.controller.ConfigRules;
import io.millrace.controller.Controller.CreatedTopic;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.ControllerConfig;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;

/**
 * CreateTopics: each topic is created or refused for itself, all that are created are committed
 * together.
 *
 * <p>Owner: controller context.
 */
public final class TopicCreation {
  /** Kafka's bound of new partitions in one request (KIP-599 and after). */
  public static final int MAX_PARTITIONS_PER_REQUEST = 10_000;

  private final ControllerConfig config;
  private final ConfigRules rules;
  private final Random random;

  public TopicCreation(ControllerConfig config, ConfigRules rules, Random random) {
    this.config = config;
    this.rules = rules;
    this.random = random;
  }

  /** One reply for each name, in the order of the first mentions. */
  public Decision<List<CreatedTopic>> decide(
      MetadataImage image, List<NewTopic> topics, boolean validateOnly) {
    Map<String, NewTopic> byName = new LinkedHashMap<>();
    Set<String> duplicates = new HashSet<>();
    long partitions = 0;
    for (NewTopic topic : topics) {
      if (byName.putIfAbsent(topic.name(), topic) != null) {
        duplicates.add(topic.name());
      }
      partitions += Math.max(0, partitionsOf(topic));
    }
    MetadataImage now = image;
    UserLimits limits = new UserLimits(image, rules);
    List<MetadataRecord> records = new ArrayList<>();
    List<CreatedTopic> replies = new ArrayList<>();
    for (NewTopic topic : byName.values()) {
      try {
        checkRequest(topic, duplicates, partitions);
        List<MetadataRecord> added = create(now, topic, limits);
        replies.add(created(topic, added));
        records.addAll(added);
        if (byName.size() > 1) {
          // The next one must not collide with this one.
          now = new ImageBuilder(now).apply(now.offset() + 1, added).build().image();
        }
      } catch (Refusal refusal) {
        replies.add(
            new CreatedTopic(topic.name(), refusal.outcome(), TopicId.ZERO, -1, (short) -1));
      }
    }
    return validateOnly ? Decision.unchanged(replies) : new Decision<>(records, replies);
  }

  private int partitionsOf(NewTopic topic) {
    if (!topic.assignment().isEmpty()) {
      return topic.assignment().size();
    }
    return topic.partitions() == -1 ? config.numPartitions() : topic.partitions();
  }

  private static void checkRequest(NewTopic topic, Set<String> duplicates, long partitions)
      throws Refusal {
    if (duplicates.contains(topic.name())) {
      throw new Refusal(Errors.INVALID_REQUEST, "Duplicate topic name.");
    }
    if (TopicNames.CLUSTER_METADATA.equals(topic.name())) {
      throw new Refusal(
          Errors.INVALID_REQUEST,
          "The name " + TopicNames.CLUSTER_METADATA + " is reserved for the metadata log");
    }
    if (partitions > MAX_PARTITIONS_PER_REQUEST) {
      throw new Refusal(
          Errors.POLICY_VIOLATION,
          "The request asks for "
              + partitions
              + " partitions, more than the "
              + MAX_PARTITIONS_PER_REQUEST
              + " allowed at once");
    }
  }

  private List<MetadataRecord> create(MetadataImage image, NewTopic topic, UserLimits limits)
      throws Refusal {
    TopicNames.checkNew(image, topic.name());
    checkConfigs(topic);
    limits.configure(topic.name(), Map.of(), topic.configs());
    List<PartitionImage> partitions =
        topic.assignment().isEmpty() ? place(image, topic) : assigned(image, topic);
    limits.grow(topic.name(), partitions.size(), partitions.size());
    TopicId id = TopicId.random();
    List<MetadataRecord> records = new ArrayList<>();
    records.add(new MetadataRecord.Topic(id, topic.name()));
    ConfigResource resource = ConfigResource.topic(topic.name());
    topic
        .configs()
        .forEach((key, value) -> records.add(new MetadataRecord.Config(resource, key, value)));
    for (PartitionImage partition : partitions) {
      records.add(new MetadataRecord.Partition(id, partition));
    }
    return records;
  }

  private void checkConfigs(NewTopic topic) throws Refusal {
    List<String> nulls = new ArrayList<>();
    topic
        .configs()
        .forEach(
            (key, value) -> {
              if (value == null) {
                nulls.add(key);
              }
            });
    if (!nulls.isEmpty()) {
      throw new Refusal(
          Errors.INVALID_CONFIG, "Topic configs without a value: " + String.join(",", nulls));
    }
    if (!topic.configs().isEmpty()) {
      ConfigChanges.validate(rules, ConfigResource.topic(topic.name()), topic.configs());
    }
  }

  private List<PartitionImage> place(MetadataImage image, NewTopic topic) throws Refusal {
    if (topic.replicationFactor() < -1 || topic.replicationFactor() == 0) {
      throw new Refusal(
          Errors.INVALID_REPLICATION_FACTOR,
          "Replication factor is "
              + topic.replicationFactor()
              + ": it must be at least 1, or -1 for the default");
    }
    int count = partitionsOf(topic);
    if (count < 1) {
      throw new Refusal(
          Errors.INVALID_PARTITIONS,
          "Number of partitions is " + count + ": it must be at least 1, or -1 for the default");
    }
    int replicationFactor =
        topic.replicationFactor() == -1
            ? config.defaultReplicationFactor()
            : topic.replicationFactor();
    Placement placement = new Placement(image.brokers().values(), random);
    placement.check(replicationFactor);
    List<PartitionImage> partitions = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      partitions.add(
          Assignments.newPartition(
              image, i, placement.next(replicationFactor), Errors.INVALID_REPLICATION_FACTOR));
    }
    return partitions;
  }

  private List<PartitionImage> assigned(MetadataImage image, NewTopic topic) throws Refusal {
    if (topic.replicationFactor() != -1 || topic.partitions() != -1) {
      throw new Refusal(
          Errors.INVALID_REQUEST,
          "With a manual assignment, partitions and replication factor must both be -1");
    }
    List<PartitionImage> partitions = new ArrayList<>();
    int size = Assignments.ANY_SIZE;
    for (Map.Entry<Integer, List<Integer>> entry : new TreeMap<>(topic.assignment()).entrySet()) {
      Assignments.check(image, entry.getValue(), size);
      size = entry.getValue().size();
      if (entry.getKey() != partitions.size()) {
        throw Assignments.invalid(
            "The manual assignment must have partitions from 0 on without a gap, but has no "
                + partitions.size());
      }
      partitions.add(
          Assignments.newPartition(
              image, entry.getKey(), entry.getValue(), Errors.INVALID_REPLICA_ASSIGNMENT));
    }
    return partitions;
  }

  private static CreatedTopic created(NewTopic topic, List<MetadataRecord> records) {
    TopicId id = ((MetadataRecord.Topic) records.get(0)).id();
    int partitions = records.size() - 1 - topic.configs().size();
    MetadataRecord.Partition last = (MetadataRecord.Partition) records.get(records.size() - 1);
    return new CreatedTopic(
        topic.name(), Outcome.OK, id, partitions, (short) last.image().replicas().size());
  }
}

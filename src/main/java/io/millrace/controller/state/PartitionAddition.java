package io.millrace.controller.state;

import io.millrace.controller.ConfigRules;
import io.millrace.controller.Controller.NewPartitions;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.TopicImage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * CreatePartitions: a topic grows to a new total.
 *
 * <p>Owner: controller context.
 */
public final class PartitionAddition {
  private final ConfigRules rules;
  private final Random random;

  public PartitionAddition(ConfigRules rules, Random random) {
    this.rules = rules;
    this.random = random;
  }

  /** One outcome for each name. */
  public Decision<Map<String, Outcome>> decide(
      MetadataImage image, List<NewPartitions> topics, boolean validateOnly) {
    Set<String> seen = new HashSet<>();
    Set<String> duplicates = new HashSet<>();
    for (NewPartitions topic : topics) {
      if (!seen.add(topic.topic())) {
        duplicates.add(topic.topic());
      }
    }
    UserLimits limits = new UserLimits(image, rules);
    List<MetadataRecord> records = new ArrayList<>();
    Map<String, Outcome> replies = new LinkedHashMap<>();
    for (NewPartitions topic : topics) {
      if (duplicates.contains(topic.topic())) {
        replies.put(topic.topic(), new Outcome(Errors.INVALID_REQUEST, "Duplicate topic name."));
        continue;
      }
      try {
        int left = TopicCreation.MAX_PARTITIONS_PER_REQUEST - records.size();
        records.addAll(add(image, topic, left, limits));
        replies.put(topic.topic(), Outcome.OK);
      } catch (Refusal refusal) {
        replies.put(topic.topic(), refusal.outcome());
      }
    }
    return validateOnly ? Decision.unchanged(replies) : new Decision<>(records, replies);
  }

  private List<MetadataRecord> add(
      MetadataImage image, NewPartitions request, int atMost, UserLimits limits) throws Refusal {
    TopicImage topic = image.topic(request.topic());
    if (topic == null) {
      throw new Refusal(
          Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.UNKNOWN_TOPIC_OR_PARTITION.message());
    }
    int existing = topic.partitions().size();
    int added = request.count() - existing;
    if (request.count() < 1 || added <= 0) {
      throw new Refusal(
          Errors.INVALID_PARTITIONS,
          "Topic "
              + topic.name()
              + " has "
              + existing
              + " partition(s): it can only get more, not "
              + request.count());
    }
    if (added > atMost) {
      throw new Refusal(
          Errors.POLICY_VIOLATION,
          "The request adds more than the "
              + TopicCreation.MAX_PARTITIONS_PER_REQUEST
              + " partitions allowed at once");
    }
    UserLimits.checkMayGrow(topic.name());
    int replicationFactor = topic.partitions().get(0).targetReplicas().size();
    List<List<Integer>> assignments =
        request.assignments() == null
            ? place(image, added, replicationFactor)
            : checked(image, request.assignments(), added, replicationFactor);
    Errors ifNobody =
        request.assignments() == null
            ? Errors.INVALID_REPLICATION_FACTOR
            : Errors.INVALID_REPLICA_ASSIGNMENT;
    limits.grow(topic.name(), added, request.count());
    List<MetadataRecord> records = new ArrayList<>();
    for (int i = 0; i < added; i++) {
      records.add(
          new MetadataRecord.Partition(
              topic.id(),
              Assignments.newPartition(image, existing + i, assignments.get(i), ifNobody)));
    }
    return records;
  }

  private List<List<Integer>> place(MetadataImage image, int added, int replicationFactor)
      throws Refusal {
    Placement placement = new Placement(image.brokers().values(), random);
    placement.check(replicationFactor);
    List<List<Integer>> assignments = new ArrayList<>();
    for (int i = 0; i < added; i++) {
      assignments.add(placement.next(replicationFactor));
    }
    return assignments;
  }

  private static List<List<Integer>> checked(
      MetadataImage image, List<List<Integer>> assignments, int added, int replicationFactor)
      throws Refusal {
    if (assignments.size() != added) {
      throw Assignments.invalid(
          added + " partition(s) are added, but " + assignments.size() + " assigned");
    }
    for (List<Integer> replicas : assignments) {
      Assignments.check(image, replicas, replicationFactor);
    }
    return assignments;
  }
}

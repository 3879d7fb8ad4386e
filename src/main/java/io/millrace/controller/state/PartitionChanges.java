package io.millrace.controller.state;

import static io.millrace.metadata.ReplicaCondition.OFFLINE;
import static io.millrace.metadata.ReplicaCondition.ONLINE;

import io.millrace.controller.state.PartitionUpdate.Terms;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Walks over partitions and collects what changes of them.
 *
 * <p>Owner: whoever made it; for one decision.
 */
final class PartitionChanges {
  private final MetadataImage image;
  private final TopicPolicies policies;
  private final IntPredicate active;
  private final List<MetadataRecord> records = new ArrayList<>();
  private TopicId termsOf;
  private Terms terms;

  PartitionChanges(MetadataImage image, TopicPolicies policies, IntPredicate active) {
    this.image = image;
    this.policies = policies;
    this.active = active;
  }

  /** With the nodes active that the image says are. */
  PartitionChanges(MetadataImage image, TopicPolicies policies) {
    this(image, policies, nodeId -> Assignments.isActive(image, nodeId));
  }

  /** Updates every partition that is meant. */
  List<MetadataRecord> inAll(
      Predicate<PartitionImage> meant, UnaryOperator<PartitionUpdate> change) {
    for (TopicImage topic : image.topics()) {
      for (PartitionImage partition : topic.partitions()) {
        if (meant.test(partition)) {
          add(change.apply(update(topic, partition)));
        }
      }
    }
    return records;
  }

  PartitionUpdate update(TopicImage topic, PartitionImage partition) {
    return new PartitionUpdate(topic.id(), partition, terms(topic, partition));
  }

  PartitionUpdate uncleanUpdate(TopicImage topic, PartitionImage partition) {
    return new PartitionUpdate(topic.id(), partition, terms(topic, partition).withUnclean());
  }

  /** Whether the topic lets a replica lead that may lack acknowledged records. */
  boolean mayLose(TopicImage topic) {
    return terms(topic).unclean();
  }

  private Terms terms(TopicImage topic, PartitionImage partition) {
    Terms all = terms(topic);
    return image.allOnline()
        ? all
        : all.with(
            nodeId -> active.test(nodeId) && condition(nodeId, topic, partition) != OFFLINE,
            nodeId -> active.test(nodeId) && condition(nodeId, topic, partition) == ONLINE);
  }

  private ReplicaCondition condition(int nodeId, TopicImage topic, PartitionImage partition) {
    return image.condition(nodeId, topic.id(), partition.partition());
  }

  private Terms terms(TopicImage topic) {
    if (!topic.id().equals(termsOf)) {
      termsOf = topic.id();
      terms =
          new Terms(
              active,
              policies.minInsyncReplicas(image, topic.name()),
              policies.uncleanElection(image, topic.name()),
              image.metadataVersion() >= MetadataVersion.MARKS_POSSIBLE_LOSS,
              image.metadataVersion() >= MetadataVersion.REMEMBERS_CUT_LOGS);
    }
    return terms;
  }

  /** Adds what an update came to; false = nothing changes. */
  boolean add(PartitionUpdate update) {
    MetadataRecord change = update.build();
    return change != null && records.add(change);
  }

  /** Raises the partition epoch, and changes nothing else. */
  void touch(TopicImage topic, PartitionImage partition) {
    records.add(
        new MetadataRecord.PartitionChange(
            topic.id(), partition.partition(), null, partition.isr(), null, null));
  }

  List<MetadataRecord> records() {
    return records;
  }
}

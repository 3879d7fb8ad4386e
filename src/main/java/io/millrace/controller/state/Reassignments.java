package io.millrace.controller.state;

import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicPartition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterPartitionReassignments (KIP-455): partitions get other replicas, or a reassignment under way
 * is taken back. {@link PartitionUpdate} completes it, here if nothing has to be copied.
 *
 * <p>Owner: any thread.
 */
public final class Reassignments {
  private final TopicPolicies policies;

  public Reassignments(TopicPolicies policies) {
    this.policies = policies;
  }

  /**
   * One outcome for each partition.
   *
   * @param wanted the replicas of each; null = its reassignment is cancelled
   * @param allowFactorChange whether a partition may get more or fewer replicas (KIP-860)
   */
  public Decision<Map<TopicPartition, Outcome>> decide(
      MetadataImage image, Map<TopicPartition, List<Integer>> wanted, boolean allowFactorChange) {
    PartitionChanges changes = new PartitionChanges(image, policies);
    Map<TopicPartition, Outcome> replies = new LinkedHashMap<>();
    wanted.forEach(
        (name, replicas) -> {
          try {
            TopicImage topic = image.topic(name.topic());
            PartitionImage partition = topic == null ? null : topic.partition(name.partition());
            check(image, partition);
            if (replicas == null) {
              checkUnderWay(partition);
              reassign(changes, topic, partition, partition.originalReplicas());
            } else {
              Assignments.check(image, replicas, Assignments.ANY_SIZE);
              checkFactor(partition, replicas, allowFactorChange);
              reassign(changes, topic, partition, replicas);
            }
            replies.put(name, Outcome.OK);
          } catch (Refusal refusal) {
            replies.put(name, refusal.outcome());
          }
        });
    return new Decision<>(changes.records(), replies);
  }

  private static void check(MetadataImage image, PartitionImage partition) throws Refusal {
    if (partition == null) {
      throw new Refusal(
          Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.UNKNOWN_TOPIC_OR_PARTITION.message());
    }
    Levels.check(image, MetadataVersion.REASSIGNS_PARTITIONS);
  }

  private static void checkUnderWay(PartitionImage partition) throws Refusal {
    if (!partition.isReassigning()) {
      throw new Refusal(
          Errors.NO_REASSIGNMENT_IN_PROGRESS, Errors.NO_REASSIGNMENT_IN_PROGRESS.message());
    }
  }

  private static void checkFactor(
      PartitionImage partition, List<Integer> replicas, boolean allowFactorChange) throws Refusal {
    int factor = partition.targetReplicas().size();
    if (!allowFactorChange && replicas.size() != factor) {
      throw new Refusal(
          Errors.INVALID_REPLICATION_FACTOR,
          "The replication factor would change from "
              + factor
              + " to "
              + replicas.size()
              + ", and the request does not allow that");
    }
  }

  private static void reassign(
      PartitionChanges changes, TopicImage topic, PartitionImage partition, List<Integer> target)
      throws Refusal {
    PartitionUpdate update = changes.update(topic, partition).reassign(target);
    if (!update.hasComplete()) {
      if (!changes.mayLose(topic)) {
        throw Assignments.invalid(
            "No replica that would stay has every acknowledged record: it takes an unclean leader"
                + " election, which the topic does not allow");
      }
      update.giveUpIsr();
    }
    changes.add(update.elect());
  }
}

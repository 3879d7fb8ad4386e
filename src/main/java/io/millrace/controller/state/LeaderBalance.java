package io.millrace.controller.state;

import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gives leaders back to the preferred replicas of brokers that have lost too many, after a failover
 * say.
 *
 * <p>Owner: any thread.
 */
public final class LeaderBalance {
  /** So many leaders move at once, as in Kafka. */
  static final int MAX_MOVES = 1_000;

  private final TopicPolicies policies;
  private final int percentage;

  /**
   * The rule.
   *
   * @param percentage {@code leader.imbalance.per.broker.percentage}: a broker may lack so much of
   *     the leaders that are meant for it
   */
  public LeaderBalance(TopicPolicies policies, int percentage) {
    this.policies = policies;
    this.percentage = percentage;
  }

  /** Changes of leaders; at most {@link #MAX_MOVES}. */
  public List<MetadataRecord> decide(MetadataImage image) {
    Map<Integer, Integer> meant = new HashMap<>();
    Map<Integer, Integer> lacking = new HashMap<>();
    for (TopicImage topic : image.topics()) {
      for (PartitionImage partition : topic.partitions()) {
        int preferred = partition.replicas().get(0);
        meant.merge(preferred, 1, Integer::sum);
        if (partition.leader() != preferred) {
          lacking.merge(preferred, 1, Integer::sum);
        }
      }
    }
    Set<Integer> brokers = new HashSet<>();
    lacking.forEach(
        (nodeId, count) -> {
          if (count * 100L > (long) percentage * meant.get(nodeId)
              && Assignments.isActive(image, nodeId)) {
            brokers.add(nodeId);
          }
        });
    return brokers.isEmpty() ? List.of() : move(image, brokers);
  }

  private List<MetadataRecord> move(MetadataImage image, Set<Integer> brokers) {
    PartitionChanges changes = new PartitionChanges(image, policies);
    for (TopicImage topic : image.topics()) {
      for (PartitionImage partition : topic.partitions()) {
        if (changes.records().size() == MAX_MOVES) {
          return changes.records();
        }
        int preferred = partition.replicas().get(0);
        if (partition.leader() != preferred && brokers.contains(preferred)) {
          changes.add(changes.update(topic, partition).electPreferred());
        }
      }
    }
    return changes.records();
  }
}

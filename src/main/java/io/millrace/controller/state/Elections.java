package io.millrace.controller.state;

import io.millrace.controller.Controller.ElectionType;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicPartition;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * ElectLeaders (KIP-460): elections that somebody asks for.
 *
 * <p>Owner: any thread.
 */
public final class Elections {
  private final TopicPolicies policies;
  private final UncleanRecovery recovery;

  /**
   * The rule.
   *
   * @param recovery knows whose log has the most where all may be cut
   */
  public Elections(TopicPolicies policies, UncleanRecovery recovery) {
    this.policies = policies;
    this.recovery = recovery;
  }

  /** Without anything reported. */
  Elections(TopicPolicies policies) {
    this(policies, new UncleanRecovery(policies));
  }

  /**
   * Elects.
   *
   * @param asked null = all; then partitions that need no election are left out of the reply
   */
  public Decision<Map<TopicPartition, Outcome>> decide(
      MetadataImage image, ElectionType type, Set<TopicPartition> asked) {
    PartitionChanges changes = new PartitionChanges(image, policies);
    Map<TopicPartition, Outcome> replies = new LinkedHashMap<>();
    if (asked == null) {
      for (TopicImage topic : image.topics()) {
        for (PartitionImage partition : topic.partitions()) {
          Outcome outcome = elect(image, changes, type, topic, partition);
          if (outcome.error() != Errors.ELECTION_NOT_NEEDED) {
            replies.put(new TopicPartition(topic.name(), partition.partition()), outcome);
          }
        }
      }
    } else {
      for (TopicPartition name : asked) {
        TopicImage topic = image.topic(name.topic());
        PartitionImage partition = topic == null ? null : topic.partition(name.partition());
        replies.put(
            name,
            partition == null
                ? outcome(Errors.UNKNOWN_TOPIC_OR_PARTITION)
                : elect(image, changes, type, topic, partition));
      }
    }
    return new Decision<>(changes.records(), replies);
  }

  private Outcome elect(
      MetadataImage image,
      PartitionChanges changes,
      ElectionType type,
      TopicImage topic,
      PartitionImage partition) {
    return switch (type) {
      case PREFERRED -> {
        int preferred = partition.replicas().get(0);
        if (partition.leader() == preferred) {
          yield outcome(Errors.ELECTION_NOT_NEEDED);
        }
        PartitionUpdate update = changes.update(topic, partition).electPreferred();
        yield update.leader() == preferred && changes.add(update)
            ? Outcome.OK
            : new Outcome(
                Errors.PREFERRED_LEADER_NOT_AVAILABLE,
                "Broker " + preferred + " is not in sync or does not serve");
      }
      case UNCLEAN -> {
        if (partition.leader() != PartitionImage.NO_LEADER) {
          yield outcome(Errors.ELECTION_NOT_NEEDED);
        }
        PartitionUpdate update = changes.uncleanUpdate(topic, partition);
        if (partition.awaitsLogEnds()) {
          leadBest(update, recovery.bestActive(image, topic, partition));
        } else {
          update.elect();
        }
        yield update.leader() != PartitionImage.NO_LEADER && changes.add(update)
            ? Outcome.OK
            : new Outcome(Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE, "No replica of it serves");
      }
    };
  }

  /** Whoever asks for this waits no longer for others. */
  private static void leadBest(PartitionUpdate update, int best) {
    int leader = best == PartitionImage.NO_LEADER ? update.firstUnclean() : best;
    if (leader != PartitionImage.NO_LEADER) {
      update.leadUncleanly(leader, /* best= */ false);
    }
  }

  private static Outcome outcome(Errors error) {
    return new Outcome(error, error.message());
  }
}

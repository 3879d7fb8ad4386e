package io.millrace.controller.state;

import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrChanged;
import io.millrace.controller.Controller.IsrMember;
import io.millrace.controller.Controller.IsrReply;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.metadata.TopicImage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterPartition: leaders change their ISR. Both epochs must be the current ones, so that of two
 * leaders only the newer gets its way, and of two proposals of one leader the second is made with
 * the first in mind (KIP-497). A member counts only as the incarnation that the leader knows
 * (KIP-903).
 *
 * <p>A refusal for a reason that can pass raises the partition epoch: the leader counts on it that
 * the proposal never comes true, and another copy of it may still be on its way.
 *
 * <p>Owner: any thread.
 */
public final class IsrChanges {
  private final TopicPolicies policies;

  public IsrChanges(TopicPolicies policies) {
    this.policies = policies;
  }

  /** One reply for each change; a partition that is named twice is refused the second time. */
  public Decision<IsrReply> decide(
      MetadataImage image, int nodeId, long brokerEpoch, List<IsrChange> changes) {
    Errors wrong = Heartbeats.check(image.brokers().get(nodeId), brokerEpoch);
    if (wrong != Errors.NONE) {
      return Decision.unchanged(new IsrReply(new Outcome(wrong, wrong.message()), List.of()));
    }
    PartitionChanges updates = new PartitionChanges(image, policies);
    List<IsrChanged> replies = new ArrayList<>();
    Set<List<Object>> seen = new HashSet<>();
    for (IsrChange change : changes) {
      TopicImage topic = null;
      PartitionImage partition = null;
      try {
        if (!seen.add(List.of(change.topicId(), change.partition()))) {
          throw new Refusal(Errors.INVALID_REQUEST, "The request names the partition twice");
        }
        topic = topic(image, change);
        partition = partition(topic, change);
        checkEpochs(partition, change);
        checkLeader(partition, nodeId);
        checkMembers(image, topic, partition, nodeId, change.isr());
        List<Integer> isr = change.isr().stream().map(IsrMember::nodeId).toList();
        if (new HashSet<>(isr).equals(new HashSet<>(partition.isr()))) {
          replies.add(accepted(change, partition, partition.isr(), false));
          continue;
        }
        PartitionUpdate update = updates.update(topic, partition).changeIsr(isr);
        boolean changed = updates.add(update);
        replies.add(
            changed && update.beginsEpoch()
                ? reassigned(change)
                : accepted(change, partition, update.isr(), changed));
      } catch (Refusal refusal) {
        if (refusal.outcome().error() == Errors.INELIGIBLE_REPLICA) {
          updates.touch(topic, partition);
        }
        replies.add(
            new IsrChanged(
                change.topicId(), change.partition(), refusal.outcome(), -1, -1, List.of(), -1));
      }
    }
    List<MetadataRecord> records = updates.records();
    return new Decision<>(records, new IsrReply(Outcome.OK, replies));
  }

  /** As Kafka says that the change is made and has completed a reassignment. */
  private static IsrChanged reassigned(IsrChange change) {
    Outcome outcome =
        new Outcome(
            Errors.NEW_LEADER_ELECTED,
            "The change completes a reassignment, with which a new leader epoch begins");
    return new IsrChanged(change.topicId(), change.partition(), outcome, -1, -1, List.of(), -1);
  }

  private static IsrChanged accepted(
      IsrChange change, PartitionImage partition, List<Integer> isr, boolean changed) {
    return new IsrChanged(
        change.topicId(),
        change.partition(),
        Outcome.OK,
        partition.leader(),
        partition.leaderEpoch(),
        isr,
        partition.partitionEpoch() + (changed ? 1 : 0));
  }

  private static TopicImage topic(MetadataImage image, IsrChange change) throws Refusal {
    TopicImage topic = image.topic(change.topicId());
    if (topic == null) {
      throw new Refusal(Errors.UNKNOWN_TOPIC_ID, Errors.UNKNOWN_TOPIC_ID.message());
    }
    return topic;
  }

  private static PartitionImage partition(TopicImage topic, IsrChange change) throws Refusal {
    PartitionImage partition = topic.partition(change.partition());
    if (partition == null) {
      throw new Refusal(
          Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.UNKNOWN_TOPIC_OR_PARTITION.message());
    }
    return partition;
  }

  private static void checkEpochs(PartitionImage partition, IsrChange change) throws Refusal {
    if (change.leaderEpoch() > partition.leaderEpoch()
        || change.partitionEpoch() > partition.partitionEpoch()) {
      throw new Refusal(
          Errors.NOT_CONTROLLER,
          "The broker knows a newer state of the partition than this controller does");
    }
    if (change.leaderEpoch() < partition.leaderEpoch()) {
      throw new Refusal(
          Errors.FENCED_LEADER_EPOCH,
          "Leader epoch "
              + change.leaderEpoch()
              + " is over, the partition is in "
              + partition.leaderEpoch());
    }
    if (change.partitionEpoch() < partition.partitionEpoch()) {
      throw new Refusal(
          Errors.INVALID_UPDATE_VERSION,
          "Partition epoch "
              + change.partitionEpoch()
              + " is over, the partition is in "
              + partition.partitionEpoch());
    }
  }

  private static void checkLeader(PartitionImage partition, int nodeId) throws Refusal {
    if (partition.leader() != nodeId) {
      throw new Refusal(
          Errors.INVALID_REQUEST,
          "Broker " + nodeId + " does not lead the partition, " + partition.leader() + " does");
    }
  }

  private static void checkMembers(
      MetadataImage image,
      TopicImage topic,
      PartitionImage partition,
      int leader,
      List<IsrMember> isr)
      throws Refusal {
    Set<Integer> seen = new HashSet<>();
    for (IsrMember member : isr) {
      if (!partition.replicas().contains(member.nodeId()) || !seen.add(member.nodeId())) {
        throw new Refusal(
            Errors.INVALID_REQUEST,
            "Broker " + member.nodeId() + " has no replica of the partition or is named twice");
      }
    }
    if (!seen.contains(leader)) {
      throw new Refusal(Errors.INVALID_REQUEST, "The leader is not in the ISR that it proposes");
    }
    for (IsrMember member : isr) {
      BrokerImage broker = image.brokers().get(member.nodeId());
      // A leader that is to stop may still shrink its ISR.
      boolean eligible =
          broker != null
              && !broker.fenced()
              && (!broker.shuttingDown() || broker.nodeId() == leader);
      if (!eligible) {
        throw new Refusal(
            Errors.INELIGIBLE_REPLICA, "Broker " + member.nodeId() + " is fenced or about to stop");
      }
      if (image.condition(member.nodeId(), topic.id(), partition.partition())
          == ReplicaCondition.OFFLINE) {
        throw new Refusal(
            Errors.INELIGIBLE_REPLICA,
            "The replica on broker " + member.nodeId() + " is offline there");
      }
      if (member.brokerEpoch() != -1 && member.brokerEpoch() != broker.epoch()) {
        throw new Refusal(
            Errors.INELIGIBLE_REPLICA,
            "Broker "
                + member.nodeId()
                + " has registered again since: its epoch is "
                + broker.epoch());
      }
    }
  }
}

package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.ClientId;
import io.millrace.coordinator.group.RebalanceCause;
import io.millrace.coordinator.group.RebalanceCause.Kind;
import io.millrace.coordinator.group.consumer.MemberMetadata.Identity;
import io.millrace.coordinator.group.consumer.MemberMetadata.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData.Assignment;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData.TopicPartitions;
import org.apache.kafka.common.protocol.Errors;

/**
 * A heartbeat of a member that stays: it joins, or tells what changed, or just that it lives; and
 * it hears of the next step towards its target.
 *
 * <p>Owner: partition loop.
 */
final class ConsumerHeartbeat {
  private static final int UNCHANGED = -1;

  private final GroupEpochs.Shared shared;
  private final GroupEpochs epochs;
  private final Regexes regexes;
  private final ConsumerSessions sessions;

  ConsumerHeartbeat(
      GroupEpochs.Shared shared, GroupEpochs epochs, Regexes regexes, ConsumerSessions sessions) {
    this.shared = shared;
    this.epochs = epochs;
    this.regexes = regexes;
    this.sessions = sessions;
  }

  /**
   * Decides into the draft.
   *
   * @param memberId the request's, or a new one if it has none
   */
  ConsumerGroupHeartbeatResponseData beat(
      Draft draft, ConsumerGroupHeartbeatRequestData request, String memberId, ClientId client)
      throws Refusal {
    checkSize(draft.group(), memberId);
    Map<Uuid, Set<Integer>> owned = HeartbeatChecks.owned(request.topicPartitions());
    ConsumerMember before = member(draft, request, memberId, owned);
    MemberMetadata metadata = updated(before.metadata(), request, client);
    boolean changed = update(draft, before, metadata);
    epochs.assign(draft, changed && draft.group().target(memberId).size() > 0);
    CurrentAssignment after = reconcile(draft, memberId, owned);
    sessions.restart(
        draft.groupId(),
        memberId,
        shared.config().sessionTimeoutMs(shared.configs(draft.groupId())));
    ConsumerGroupHeartbeatResponseData response =
        new ConsumerGroupHeartbeatResponseData()
            .setMemberId(memberId)
            .setMemberEpoch(after.epoch())
            .setHeartbeatIntervalMs(
                shared.config().heartbeatIntervalMs(shared.configs(draft.groupId())));
    if (isFull(request) || !after.assigned().equals(before.current().assigned())) {
      response.setAssignment(assignment(after.assigned()));
    }
    return response;
  }

  private void checkSize(ConsumerGroup group, String memberId) throws Refusal {
    int most = shared.config().maxSize();
    if (group.members().size() >= most && group.member(memberId) == null) {
      throw new Refusal(
          Errors.GROUP_MAX_SIZE_REACHED,
          "The consumer group has reached its maximum capacity of " + most + " members.");
    }
  }

  /** The member as it was, which for one that joins is new. */
  private ConsumerMember member(
      Draft draft,
      ConsumerGroupHeartbeatRequestData request,
      String memberId,
      Map<Uuid, Set<Integer>> owned)
      throws Refusal {
    ConsumerGroup group = draft.group();
    boolean joins = request.memberEpoch() == 0;
    String instanceId = request.instanceId();
    ConsumerMember member = group.member(memberId);
    if (instanceId != null) {
      ConsumerMember holder = group.staticMember(instanceId);
      if (joins && holder != null && !holder.id().equals(memberId)) {
        if (!holder.isClassic()) {
          ConsumerDeparture.checkReleased(holder, memberId);
        }
        return ConsumerDeparture.replace(draft, holder, memberId);
      }
      if (!joins) {
        HeartbeatChecks.checkInstance(holder, memberId, instanceId);
      }
    }
    if (member != null) {
      HeartbeatChecks.checkEpoch(member, request.memberEpoch(), owned);
      return member;
    }
    if (!joins) {
      throw HeartbeatChecks.unknownMember(memberId, group.groupId());
    }
    return new ConsumerMember(MemberMetadata.unknown(memberId), CurrentAssignment.NONE);
  }

  /** What the request does not say stays as it was. */
  private static MemberMetadata updated(
      MemberMetadata before, ConsumerGroupHeartbeatRequestData request, ClientId client) {
    Subscription subscription = before.subscription();
    if (request.subscribedTopicNames() != null || request.subscribedTopicRegex() != null) {
      subscription =
          Subscription.of(
              request.subscribedTopicNames() == null
                  ? subscription.names()
                  : request.subscribedTopicNames(),
              request.subscribedTopicRegex() == null
                  ? subscription.regex()
                  : request.subscribedTopicRegex());
    }
    return new MemberMetadata(
        new Identity(
            before.memberId(),
            request.instanceId() == null ? before.identity().instanceId() : request.instanceId(),
            client.clientId(),
            client.host()),
        request.rackId() == null ? before.rackId() : request.rackId(),
        subscription,
        request.rebalanceTimeoutMs() == UNCHANGED
            ? before.rebalanceTimeoutMs()
            : request.rebalanceTimeoutMs(),
        request.serverAssignor() == null ? before.serverAssignor() : request.serverAssignor(),
        null);
  }

  /**
   * Writes down what changed of a member, and what follows from it for the group.
   *
   * @return whether its subscription did
   */
  boolean update(Draft draft, ConsumerMember before, MemberMetadata metadata) throws Refusal {
    boolean isNew = draft.group().member(before.id()) == null;
    boolean changed = isNew || !metadata.subscription().equals(before.metadata().subscription());
    boolean resolved = false;
    if (changed && metadata.subscription().hasRegex()) {
      resolved = regexes.require(draft, metadata.subscription().regex());
    }
    if (isNew || !metadata.equals(before.metadata())) {
      draft.append(ConsumerRecords.member(draft.groupId(), metadata));
    }
    if (changed) {
      ConsumerDeparture.forgetRegexes(draft);
    }
    if (changed || resolved) {
      draft.because(new RebalanceCause(isNew ? Kind.JOINED : Kind.METADATA_CHANGED, before.id()));
      epochs.bump(draft);
    }
    return changed;
  }

  /** The member's next step, which is the last record of the draft. */
  CurrentAssignment reconcile(Draft draft, String memberId, Map<Uuid, Set<Integer>> owned)
      throws Refusal {
    ConsumerGroup group = draft.group();
    ConsumerMember member = group.member(memberId);
    if (member.current().isReconciledTo(group.targetEpoch())) {
      return member.current();
    }
    CurrentAssignment after =
        new Reconciliation(
                group.targetEpoch(),
                TargetAssignment.wanted(group, member, shared.topics()),
                group::owner,
                owned)
            .next(member.current());
    if (after.equals(member.current())) {
      return after;
    }
    draft.append(ConsumerRecords.current(group.groupId(), memberId, after));
    if (member.isClassic()) {
      return after;
    }
    if (after.state() == MemberState.UNREVOKED_PARTITIONS) {
      sessions.awaitRevocation(
          group.groupId(), memberId, after.epoch(), member.metadata().rebalanceTimeoutMs());
    } else {
      sessions.onRevoked(group.groupId(), memberId);
    }
    return after;
  }

  private static boolean isFull(ConsumerGroupHeartbeatRequestData request) {
    return request.memberEpoch() == 0
        || (request.rebalanceTimeoutMs() != UNCHANGED
            && (request.subscribedTopicNames() != null || request.subscribedTopicRegex() != null)
            && request.topicPartitions() != null);
  }

  private static Assignment assignment(SortedMap<Uuid, SortedMap<Integer, Integer>> assigned) {
    List<TopicPartitions> topics = new ArrayList<>(assigned.size());
    assigned.forEach(
        (topicId, partitions) ->
            topics.add(
                new TopicPartitions()
                    .setTopicId(topicId)
                    .setPartitions(List.copyOf(partitions.keySet()))));
    return new Assignment().setTopicPartitions(topics);
  }
}

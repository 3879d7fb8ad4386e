package io.millrace.coordinator.group.consumer;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData.TopicPartitions;
import org.apache.kafka.common.protocol.Errors;

/**
 * What makes a ConsumerGroupHeartbeat a bad one, with Kafka's words.
 *
 * <p>Owner: immutable.
 */
final class HeartbeatChecks {
  private HeartbeatChecks() {}

  /** What can be said without looking at the group. */
  static void check(
      ConsumerGroupHeartbeatRequestData request, short version, List<String> assignors)
      throws Refusal {
    int epoch = request.memberEpoch();
    // From version 1 on clients make their ids themselves (KIP-1082).
    if (version >= 1 || epoch > 0 || epoch == CurrentAssignment.LEAVING) {
      notEmpty(request.memberId(), "MemberId can't be empty.");
    }
    notEmpty(request.groupId(), "GroupId can't be empty.");
    notEmpty(request.instanceId(), "InstanceId can't be empty.");
    notEmpty(request.rackId(), "RackId can't be empty.");
    if (epoch == 0) {
      require(
          request.rebalanceTimeoutMs() != -1,
          "RebalanceTimeoutMs must be provided in first request.");
      require(
          request.topicPartitions() != null && request.topicPartitions().isEmpty(),
          "TopicPartitions must be empty when (re-)joining.");
      require(
          request.subscribedTopicNames() != null || request.subscribedTopicRegex() != null,
          "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
    } else if (epoch == CurrentAssignment.AWAY) {
      require(request.instanceId() != null, "InstanceId can't be null.");
    } else {
      require(epoch > CurrentAssignment.AWAY, "MemberEpoch is invalid.");
    }
    if (request.serverAssignor() != null && !assignors.contains(request.serverAssignor())) {
      throw new Refusal(
          Errors.UNSUPPORTED_ASSIGNOR,
          "ServerAssignor "
              + request.serverAssignor()
              + " is not supported. Supported assignors: "
              + String.join(", ", assignors)
              + ".");
    }
  }

  private static void notEmpty(String value, String message) throws Refusal {
    require(value == null || !value.isEmpty(), message);
  }

  private static void require(boolean met, String message) throws Refusal {
    if (!met) {
      throw new Refusal(Errors.INVALID_REQUEST, message);
    }
  }

  /** null = the member did not say. */
  static Map<Uuid, Set<Integer>> owned(List<TopicPartitions> said) {
    if (said == null) {
      return null;
    }
    Map<Uuid, Set<Integer>> owned = new HashMap<>();
    for (TopicPartitions topic : said) {
      owned.computeIfAbsent(topic.topicId(), id -> new HashSet<>()).addAll(topic.partitions());
    }
    return owned;
  }

  /**
   * A member comes with its epoch; with 0 when it has given up everything; or with the epoch before
   * if the answer that told it the new one was lost: it then has nothing that it must not have.
   */
  static void checkEpoch(ConsumerMember member, int epoch, Map<Uuid, Set<Integer>> owned)
      throws Refusal {
    if (epoch == 0) {
      return;
    }
    if (epoch > member.epoch()) {
      throw fenced("greater", epoch, member);
    }
    boolean repeated =
        epoch == member.current().previousEpoch()
            && owned != null
            && hasNothingElse(owned, member.current().assigned());
    if (epoch < member.epoch() && !repeated) {
      throw fenced("smaller", epoch, member);
    }
  }

  private static boolean hasNothingElse(
      Map<Uuid, Set<Integer>> owned, SortedMap<Uuid, SortedMap<Integer, Integer>> assigned) {
    for (Map.Entry<Uuid, Set<Integer>> topic : owned.entrySet()) {
      SortedMap<Integer, Integer> of = assigned.get(topic.getKey());
      if (of == null || !of.keySet().containsAll(topic.getValue())) {
        return false;
      }
    }
    return true;
  }

  private static Refusal fenced(String how, int epoch, ConsumerMember member) {
    return new Refusal(
        Errors.FENCED_MEMBER_EPOCH,
        "The consumer group member has a "
            + how
            + " member epoch ("
            + epoch
            + ") than the one known by the group coordinator ("
            + member.epoch()
            + "). The member must abandon all its partitions and rejoin.");
  }

  /** The holder of an instance id is somebody else. */
  static void checkInstance(ConsumerMember holder, String memberId, String instanceId)
      throws Refusal {
    if (holder == null) {
      throw new Refusal(Errors.UNKNOWN_MEMBER_ID, "Instance id " + instanceId + " is unknown.");
    }
    if (!holder.id().equals(memberId)) {
      throw new Refusal(
          Errors.FENCED_INSTANCE_ID,
          "Static member "
              + memberId
              + " with instance id "
              + instanceId
              + " was fenced by member "
              + holder.id()
              + ".");
    }
  }

  static Refusal unknownMember(String memberId, String groupId) {
    return new Refusal(
        Errors.UNKNOWN_MEMBER_ID,
        "Member " + memberId + " is not a member of group " + groupId + ".");
  }
}

package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.Group;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.Assignment;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.Member;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.TopicPartitions;
import org.apache.kafka.common.protocol.Errors;

/**
 * What administrators are shown of consumer groups.
 *
 * <p>Owner: partition loop.
 */
final class ConsumerGroupViews {
  private static final byte CLASSIC_MEMBER = 0;
  private static final byte CONSUMER_MEMBER = 1;

  private ConsumerGroupViews() {}

  /**
   * A group for ConsumerGroupDescribe.
   *
   * @param group null = there is none
   */
  static DescribedGroup describe(
      Group group, String groupId, TopicsView topics, TargetAssignment targets) {
    if (!(group instanceof ConsumerGroup consumer)) {
      return new DescribedGroup()
          .setGroupId(groupId)
          .setErrorCode(Errors.GROUP_ID_NOT_FOUND.code())
          .setErrorMessage(
              group == null
                  ? "Group " + groupId + " not found."
                  : "Group " + groupId + " is not a consumer group.");
    }
    List<Member> members = new ArrayList<>();
    for (ConsumerMember member : consumer.members()) {
      members.add(describe(consumer, member, topics));
    }
    return new DescribedGroup()
        .setGroupId(groupId)
        .setGroupState(consumer.state())
        .setGroupEpoch(consumer.epoch())
        .setAssignmentEpoch(consumer.targetEpoch())
        .setAssignorName(targets.preferredAssignor(consumer))
        .setMembers(members);
  }

  private static Member describe(ConsumerGroup group, ConsumerMember member, TopicsView topics) {
    MemberMetadata metadata = member.metadata();
    return new Member()
        .setMemberId(member.id())
        .setInstanceId(member.instanceId())
        .setRackId(metadata.rackId())
        .setMemberEpoch(member.epoch())
        .setClientId(metadata.identity().clientId())
        .setClientHost(metadata.identity().clientHost())
        .setSubscribedTopicNames(List.copyOf(metadata.subscription().names()))
        .setSubscribedTopicRegex(
            metadata.subscription().hasRegex() ? metadata.subscription().regex() : null)
        .setAssignment(assignment(member.current().partitions(), topics))
        .setTargetAssignment(assignment(group.target(member.id()), topics))
        .setMemberType(member.isClassic() ? CLASSIC_MEMBER : CONSUMER_MEMBER);
  }

  /** Topics that exist no more have no name, and are not shown. */
  private static Assignment assignment(
      Map<Uuid, ? extends Collection<Integer>> partitions, TopicsView topics) {
    List<TopicPartitions> shown = new ArrayList<>(partitions.size());
    partitions.forEach(
        (topicId, of) -> {
          String name = topics.name(topicId);
          if (name != null) {
            shown.add(
                new TopicPartitions()
                    .setTopicId(topicId)
                    .setTopicName(name)
                    .setPartitions(List.copyOf(of)));
          }
        });
    return new Assignment().setTopicPartitions(shown);
  }
}

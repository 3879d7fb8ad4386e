package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.consumer.MemberMetadata.Identity;
import io.millrace.coordinator.group.consumer.MemberMetadata.Subscription;
import io.millrace.coordinator.shard.CoordinatorRecord;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupPartitionMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupRegularExpressionKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupRegularExpressionValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberValue.TopicPartition;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMetadataValue;

/**
 * The records of consumer groups, in Kafka's schemas: written and read. All values have version 0.
 *
 * <p>Owner: any thread.
 */
final class ConsumerRecords {
  private ConsumerRecords() {}

  /** The group's epoch, and a hash of the topics that it was derived from. */
  static CoordinatorRecord epoch(String groupId, int epoch, long metadataHash) {
    return record(
        new ConsumerGroupMetadataKey().setGroupId(groupId),
        new ConsumerGroupMetadataValue().setEpoch(epoch).setMetadataHash(metadataHash));
  }

  static CoordinatorRecord noGroup(String groupId) {
    return CoordinatorRecord.tombstone(new ConsumerGroupMetadataKey().setGroupId(groupId));
  }

  /** Kafka before 4.1 kept the topics' partitions in it; here it is only removed. */
  static CoordinatorRecord noPartitionMetadata(String groupId) {
    return CoordinatorRecord.tombstone(new ConsumerGroupPartitionMetadataKey().setGroupId(groupId));
  }

  // ---- members

  static CoordinatorRecord member(String groupId, MemberMetadata member) {
    Identity identity = member.identity();
    return record(
        memberKey(groupId, identity.memberId()),
        new ConsumerGroupMemberMetadataValue()
            .setInstanceId(identity.instanceId())
            .setRackId(member.rackId())
            .setClientId(identity.clientId())
            .setClientHost(identity.clientHost())
            .setSubscribedTopicNames(List.copyOf(member.subscription().names()))
            .setSubscribedTopicRegex(member.subscription().regex())
            .setRebalanceTimeoutMs(member.rebalanceTimeoutMs())
            .setServerAssignor(member.serverAssignor())
            .setClassicMemberMetadata(member.classic()));
  }

  static MemberMetadata member(String memberId, ConsumerGroupMemberMetadataValue value) {
    return new MemberMetadata(
        new Identity(memberId, value.instanceId(), value.clientId(), value.clientHost()),
        value.rackId(),
        Subscription.of(value.subscribedTopicNames(), value.subscribedTopicRegex()),
        value.rebalanceTimeoutMs(),
        value.serverAssignor(),
        value.classicMemberMetadata());
  }

  private static ConsumerGroupMemberMetadataKey memberKey(String groupId, String memberId) {
    return new ConsumerGroupMemberMetadataKey().setGroupId(groupId).setMemberId(memberId);
  }

  /** A member with all that it has, in the order in which it must go. */
  static List<CoordinatorRecord> noMember(String groupId, String memberId) {
    return List.of(
        CoordinatorRecord.tombstone(currentKey(groupId, memberId)),
        noTarget(groupId, memberId),
        CoordinatorRecord.tombstone(memberKey(groupId, memberId)));
  }

  // ---- current assignments

  static CoordinatorRecord current(String groupId, String memberId, CurrentAssignment current) {
    return record(
        currentKey(groupId, memberId),
        new ConsumerGroupCurrentMemberAssignmentValue()
            .setMemberEpoch(current.epoch())
            .setPreviousMemberEpoch(current.previousEpoch())
            .setState(current.state().code())
            .setAssignedPartitions(write(current.assigned()))
            .setPartitionsPendingRevocation(write(current.revoking())));
  }

  private static ConsumerGroupCurrentMemberAssignmentKey currentKey(
      String groupId, String memberId) {
    return new ConsumerGroupCurrentMemberAssignmentKey().setGroupId(groupId).setMemberId(memberId);
  }

  private static List<TopicPartitions> write(
      SortedMap<Uuid, SortedMap<Integer, Integer>> partitions) {
    List<TopicPartitions> written = new ArrayList<>(partitions.size());
    partitions.forEach(
        (topicId, epochs) ->
            written.add(
                new TopicPartitions()
                    .setTopicId(topicId)
                    .setPartitions(List.copyOf(epochs.keySet()))
                    .setAssignmentEpochs(List.copyOf(epochs.values()))));
    return written;
  }

  static CurrentAssignment current(ConsumerGroupCurrentMemberAssignmentValue value) {
    return new CurrentAssignment(
        value.memberEpoch(),
        value.previousMemberEpoch(),
        MemberState.of(value.state()),
        read(value.assignedPartitions(), value.memberEpoch()),
        read(value.partitionsPendingRevocation(), value.memberEpoch()));
  }

  /** Kafka before 4.2 wrote no epochs of partitions: the member's then stands for them. */
  private static SortedMap<Uuid, SortedMap<Integer, Integer>> read(
      List<TopicPartitions> written, int memberEpoch) {
    if (written.isEmpty()) {
      return CurrentAssignment.NO_PARTITIONS;
    }
    SortedMap<Uuid, SortedMap<Integer, Integer>> read = new TreeMap<>();
    for (TopicPartitions topic : written) {
      SortedMap<Integer, Integer> epochs = new TreeMap<>();
      for (int i = 0; i < topic.partitions().size(); i++) {
        boolean known = topic.assignmentEpochs() != null && i < topic.assignmentEpochs().size();
        epochs.put(
            topic.partitions().get(i), known ? topic.assignmentEpochs().get(i) : memberEpoch);
      }
      read.put(topic.topicId(), Collections.unmodifiableSortedMap(epochs));
    }
    return Collections.unmodifiableSortedMap(read);
  }

  // ---- target assignments

  static CoordinatorRecord target(
      String groupId, String memberId, Map<Uuid, ? extends Set<Integer>> partitions) {
    List<TopicPartition> written = new ArrayList<>(partitions.size());
    new TreeMap<Uuid, Set<Integer>>(partitions)
        .forEach(
            (topicId, of) ->
                written.add(
                    new TopicPartition()
                        .setTopicId(topicId)
                        .setPartitions(List.copyOf(new TreeSet<>(of)))));
    return record(
        targetKey(groupId, memberId),
        new ConsumerGroupTargetAssignmentMemberValue().setTopicPartitions(written));
  }

  static SortedMap<Uuid, SortedSet<Integer>> target(
      ConsumerGroupTargetAssignmentMemberValue value) {
    SortedMap<Uuid, SortedSet<Integer>> read = new TreeMap<>();
    for (TopicPartition topic : value.topicPartitions()) {
      read.put(
          topic.topicId(), Collections.unmodifiableSortedSet(new TreeSet<>(topic.partitions())));
    }
    return Collections.unmodifiableSortedMap(read);
  }

  static CoordinatorRecord noTarget(String groupId, String memberId) {
    return CoordinatorRecord.tombstone(targetKey(groupId, memberId));
  }

  private static ConsumerGroupTargetAssignmentMemberKey targetKey(String groupId, String memberId) {
    return new ConsumerGroupTargetAssignmentMemberKey().setGroupId(groupId).setMemberId(memberId);
  }

  static CoordinatorRecord targetEpoch(String groupId, int epoch, long nowMs) {
    return record(
        new ConsumerGroupTargetAssignmentMetadataKey().setGroupId(groupId),
        new ConsumerGroupTargetAssignmentMetadataValue()
            .setAssignmentEpoch(epoch)
            .setAssignmentTimestamp(nowMs));
  }

  static CoordinatorRecord noTargetEpoch(String groupId) {
    return CoordinatorRecord.tombstone(
        new ConsumerGroupTargetAssignmentMetadataKey().setGroupId(groupId));
  }

  // ---- regular expressions

  static CoordinatorRecord regex(String groupId, String regex, ResolvedRegex resolved) {
    return record(
        regexKey(groupId, regex),
        new ConsumerGroupRegularExpressionValue()
            .setTopics(List.copyOf(resolved.topics()))
            .setVersion(resolved.version())
            .setTimestamp(resolved.timestampMs()));
  }

  static ResolvedRegex regex(ConsumerGroupRegularExpressionValue value) {
    return new ResolvedRegex(
        Collections.unmodifiableSortedSet(new TreeSet<>(value.topics())),
        value.version(),
        value.timestamp());
  }

  static CoordinatorRecord noRegex(String groupId, String regex) {
    return CoordinatorRecord.tombstone(regexKey(groupId, regex));
  }

  private static ConsumerGroupRegularExpressionKey regexKey(String groupId, String regex) {
    return new ConsumerGroupRegularExpressionKey().setGroupId(groupId).setRegularExpression(regex);
  }

  private static CoordinatorRecord record(
      org.apache.kafka.common.protocol.ApiMessage key,
      org.apache.kafka.common.protocol.ApiMessage value) {
    return new CoordinatorRecord(key, value, (short) 0);
  }
}

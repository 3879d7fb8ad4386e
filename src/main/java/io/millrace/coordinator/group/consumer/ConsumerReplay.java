package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.shard.CoordinatorRecord;
import java.util.EnumSet;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupPartitionMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupRegularExpressionKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupRegularExpressionValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMetadataValue;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordType;

/**
 * How a record changes a consumer group.
 *
 * <p>Owner: any thread.
 */
public final class ConsumerReplay {
  /** The types of records that consumer groups are made of. */
  public static final Set<CoordinatorRecordType> TYPES =
      Set.copyOf(
          EnumSet.of(
              CoordinatorRecordType.CONSUMER_GROUP_METADATA,
              CoordinatorRecordType.CONSUMER_GROUP_PARTITION_METADATA,
              CoordinatorRecordType.CONSUMER_GROUP_MEMBER_METADATA,
              CoordinatorRecordType.CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA,
              CoordinatorRecordType.CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER,
              CoordinatorRecordType.CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT,
              CoordinatorRecordType.CONSUMER_GROUP_REGULAR_EXPRESSION));

  private ConsumerReplay() {}

  static boolean owns(short recordType) {
    return TYPES.stream().anyMatch(type -> type.id() == recordType);
  }

  static String groupId(ApiMessage key) {
    if (key instanceof ConsumerGroupMetadataKey of) {
      return of.groupId();
    } else if (key instanceof ConsumerGroupMemberMetadataKey of) {
      return of.groupId();
    } else if (key instanceof ConsumerGroupCurrentMemberAssignmentKey of) {
      return of.groupId();
    } else if (key instanceof ConsumerGroupTargetAssignmentMemberKey of) {
      return of.groupId();
    } else if (key instanceof ConsumerGroupTargetAssignmentMetadataKey of) {
      return of.groupId();
    } else if (key instanceof ConsumerGroupRegularExpressionKey of) {
      return of.groupId();
    }
    return ((ConsumerGroupPartitionMetadataKey) key).groupId();
  }

  /** Whether it says that the group is no more. */
  static boolean endsGroup(CoordinatorRecord record) {
    return record.value() == null && record.key() instanceof ConsumerGroupMetadataKey;
  }

  /** Applies any record but one that ends the group. */
  static void apply(ConsumerGroup group, CoordinatorRecord record) {
    ApiMessage key = record.key();
    if (key instanceof ConsumerGroupCurrentMemberAssignmentKey of) {
      ConsumerGroupCurrentMemberAssignmentValue value =
          (ConsumerGroupCurrentMemberAssignmentValue) record.value();
      group.replayCurrent(of.memberId(), value == null ? null : ConsumerRecords.current(value));
    } else if (key instanceof ConsumerGroupMemberMetadataKey of) {
      ConsumerGroupMemberMetadataValue value = (ConsumerGroupMemberMetadataValue) record.value();
      group.replayMember(
          of.memberId(), value == null ? null : ConsumerRecords.member(of.memberId(), value));
    } else if (key instanceof ConsumerGroupTargetAssignmentMemberKey of) {
      ConsumerGroupTargetAssignmentMemberValue value =
          (ConsumerGroupTargetAssignmentMemberValue) record.value();
      group.replayTarget(of.memberId(), value == null ? null : ConsumerRecords.target(value));
    } else if (key instanceof ConsumerGroupTargetAssignmentMetadataKey) {
      ConsumerGroupTargetAssignmentMetadataValue value =
          (ConsumerGroupTargetAssignmentMetadataValue) record.value();
      if (value != null) {
        group.replayTargetEpoch(value.assignmentEpoch(), value.assignmentTimestamp());
      }
    } else if (key instanceof ConsumerGroupMetadataKey) {
      ConsumerGroupMetadataValue value = (ConsumerGroupMetadataValue) record.value();
      group.replayEpoch(value.epoch(), value.metadataHash());
    } else if (key instanceof ConsumerGroupRegularExpressionKey of) {
      ConsumerGroupRegularExpressionValue value =
          (ConsumerGroupRegularExpressionValue) record.value();
      group.replayRegex(
          of.regularExpression(), value == null ? null : ConsumerRecords.regex(value));
    }
    // What Kafka before 4.1 wrote of the topics' partitions is known from the metadata.
  }
}

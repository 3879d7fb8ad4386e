package io.millrace.coordinator.group;

import io.millrace.coordinator.group.ClassicMember.Identity;
import io.millrace.coordinator.group.ClassicMember.Terms;
import io.millrace.coordinator.shard.CoordinatorRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue.MemberMetadata;

/**
 * The records of classic groups: GroupMetadataKey and GroupMetadataValue.
 *
 * <p>Owner: any thread.
 */
final class ClassicRecords {
  /** What Kafka 4.3 writes; the next, flexible version exists for readers only. */
  static final short VALUE_VERSION = 3;

  /** Of a record in version 0: the session timeout stands for it. */
  private static final int NO_REBALANCE_TIMEOUT = -1;

  private ClassicRecords() {}

  /** The group exists, and has no members yet. */
  static CoordinatorRecord created(String groupId, long nowMs) {
    return record(
        groupId,
        new GroupMetadataValue()
            .setProtocolType("")
            .setGeneration(ClassicGroup.NO_GENERATION)
            .setProtocol(null)
            .setLeader(null)
            .setCurrentStateTimestamp(nowMs));
  }

  /** All members are gone; this counts as a generation. */
  static CoordinatorRecord emptied(ClassicGroup group, long nowMs) {
    return record(
        group.groupId(),
        new GroupMetadataValue()
            .setProtocolType(group.protocolType())
            .setGeneration(group.generation() + 1)
            .setProtocol(null)
            .setLeader(null)
            .setCurrentStateTimestamp(nowMs));
  }

  /** The current generation, with these members and what each is assigned. */
  static CoordinatorRecord assigned(
      ClassicGroup group,
      String leaderId,
      Collection<ClassicMember> members,
      Function<ClassicMember, byte[]> assignment,
      long nowMs) {
    List<MemberMetadata> written = new ArrayList<>(members.size());
    for (ClassicMember member : members) {
      Identity identity = member.identity();
      written.add(
          new MemberMetadata()
              .setMemberId(identity.memberId())
              .setGroupInstanceId(identity.groupInstanceId())
              .setClientId(identity.clientId())
              .setClientHost(identity.clientHost())
              .setRebalanceTimeout(member.rebalanceTimeoutMs())
              .setSessionTimeout(member.sessionTimeoutMs())
              .setSubscription(member.protocols().metadata(group.protocolName()))
              .setAssignment(assignment.apply(member)));
    }
    return record(
        group.groupId(),
        new GroupMetadataValue()
            .setProtocolType(group.protocolType())
            .setGeneration(group.generation())
            .setProtocol(group.protocolName())
            .setLeader(leaderId)
            .setCurrentStateTimestamp(nowMs)
            .setMembers(written));
  }

  /** The group is no more. */
  static CoordinatorRecord tombstone(String groupId) {
    return CoordinatorRecord.tombstone(new GroupMetadataKey().setGroup(groupId));
  }

  private static CoordinatorRecord record(String groupId, GroupMetadataValue value) {
    return new CoordinatorRecord(new GroupMetadataKey().setGroup(groupId), value, VALUE_VERSION);
  }

  /** The members that a record names. Of their protocols it knows the selected one. */
  static List<ClassicMember> members(GroupMetadataValue value) {
    List<ClassicMember> members = new ArrayList<>(value.members().size());
    for (MemberMetadata read : value.members()) {
      int rebalanceTimeoutMs =
          read.rebalanceTimeout() == NO_REBALANCE_TIMEOUT
              ? read.sessionTimeout()
              : read.rebalanceTimeout();
      ClassicMember member =
          new ClassicMember(
              new Identity(
                  read.memberId(), read.groupInstanceId(), read.clientId(), read.clientHost()),
              new Terms(
                  rebalanceTimeoutMs,
                  read.sessionTimeout(),
                  MemberProtocols.selected(value.protocol(), read.subscription())));
      member.assign(read.assignment());
      members.add(member);
    }
    return members;
  }

  /** Gives all members what the record assigns to them. */
  static void assign(ClassicMembers members, GroupMetadataValue value) {
    Map<String, byte[]> assignments = new HashMap<>();
    value.members().forEach(member -> assignments.put(member.memberId(), member.assignment()));
    for (ClassicMember member : members.all()) {
      member.assign(assignments.getOrDefault(member.id(), ClassicMember.NO_ASSIGNMENT));
    }
  }
}

package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.CoordinatorRecord;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue.ClassicProtocol;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue.MemberMetadata;

/**
 * A classic group with its members at one moment: what it needs to become a group of another kind,
 * or to have been one.
 *
 * @param protocolName of the generation; null = none is selected
 *     <p>Owner: immutable; nobody changes the arrays.
 */
public record ClassicSnapshot(
    String groupId,
    String protocolType,
    String protocolName,
    int generation,
    List<Member> members) {
  /**
   * A member.
   *
   * @param instanceId null = a dynamic member
   * @param protocols that it speaks, its favourite first
   */
  public record Member(
      String memberId,
      String instanceId,
      String clientId,
      String clientHost,
      Timeouts timeouts,
      List<ClassicProtocol> protocols,
      ByteBuffer assignment) {
    /** The metadata for a protocol; null = the member does not speak it. */
    public byte[] metadata(String name) {
      for (ClassicProtocol protocol : protocols) {
        if (protocol.name().equals(name)) {
          return protocol.metadata();
        }
      }
      return null;
    }
  }

  /** What a member asked for. */
  public record Timeouts(int rebalanceMs, int sessionMs) {}

  /** Whether the members are consumers. */
  public boolean isOfConsumers() {
    return SubscribedTopics.PROTOCOL_TYPE.equals(protocolType);
  }

  /** The group as it is. */
  static ClassicSnapshot of(ClassicGroup group) {
    List<Member> members =
        group.members().all().stream()
            .map(
                member ->
                    new Member(
                        member.id(),
                        member.groupInstanceId(),
                        member.identity().clientId(),
                        member.identity().clientHost(),
                        new Timeouts(member.rebalanceTimeoutMs(), member.sessionTimeoutMs()),
                        protocols(member.protocols()),
                        ByteBuffer.wrap(member.assignment())))
            .toList();
    return new ClassicSnapshot(
        group.groupId(), group.protocolType(), group.protocolName(), group.generation(), members);
  }

  private static List<ClassicProtocol> protocols(MemberProtocols protocols) {
    Set<String> names = protocols.names();
    return names.stream()
        .map(name -> new ClassicProtocol().setName(name).setMetadata(protocols.metadata(name)))
        .toList();
  }

  /** The record with which it is a classic group; the first member leads. */
  public CoordinatorRecord record(long nowMs) {
    List<MemberMetadata> written =
        members.stream()
            .map(
                member ->
                    new MemberMetadata()
                        .setMemberId(member.memberId)
                        .setGroupInstanceId(member.instanceId)
                        .setClientId(member.clientId)
                        .setClientHost(member.clientHost)
                        .setRebalanceTimeout(member.timeouts.rebalanceMs)
                        .setSessionTimeout(member.timeouts.sessionMs)
                        .setSubscription(member.metadata(protocolName))
                        .setAssignment(Utils.toArray(member.assignment)))
            .toList();
    return new CoordinatorRecord(
        new GroupMetadataKey().setGroup(groupId),
        new GroupMetadataValue()
            .setProtocolType(protocolType)
            .setGeneration(generation)
            .setProtocol(protocolName)
            .setLeader(members.get(0).memberId)
            .setCurrentStateTimestamp(nowMs)
            .setMembers(written),
        ClassicRecords.VALUE_VERSION);
  }
}

package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.ClassicGroup;
import io.millrace.coordinator.group.ClassicSnapshot;
import io.millrace.coordinator.group.consumer.MemberMetadata.Identity;
import io.millrace.coordinator.group.consumer.MemberMetadata.Subscription;
import io.millrace.coordinator.shard.CoordinatorRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.types.SchemaException;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue.ClassicMemberMetadata;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue.ClassicProtocol;

/**
 * Makes a classic group a consumer group, and the reverse, with its members and what they have.
 *
 * <p>Owner: immutable.
 */
final class Migration {
  private final ConsumerGroupConfig config;
  private final int classicMaxSize;

  /**
   * The rules.
   *
   * @param classicMaxSize most members of a classic group
   */
  Migration(ConsumerGroupConfig config, int classicMaxSize) {
    this.config = config;
    this.classicMaxSize = classicMaxSize;
  }

  boolean isDisabled() {
    return config.migration() == MigrationPolicy.DISABLED;
  }

  // ---- classic to consumer

  /** The records with which a classic group with members goes on as a consumer group. */
  List<CoordinatorRecord> upgrade(ClassicGroup group, TopicsView topics) throws Refusal {
    ClassicSnapshot classic = group.snapshot();
    if (!config.migration().upgrades()) {
      throw refused(classic, "online upgrade is disabled");
    }
    if (!classic.isOfConsumers()) {
      throw refused(classic, "the group does not use the consumer embedded protocol");
    }
    if (classic.members().size() > config.maxSize()) {
      throw refused(classic, "the group size exceeds the consumer group maximum size");
    }
    ConsumerGroup upgraded = new ConsumerGroup(classic.groupId());
    Draft draft = new Draft(upgraded);
    try {
      for (ClassicSnapshot.Member member : classic.members()) {
        convert(draft, classic, member, topics);
      }
    } catch (SchemaException | java.nio.BufferUnderflowException e) {
      throw refused(classic, "the embedded consumer protocol is malformed");
    }
    long hash = topics.hash(draft.group().subscribedNames());
    draft.append(ConsumerRecords.epoch(classic.groupId(), classic.generation(), hash));
    draft.append(ConsumerRecords.targetEpoch(classic.groupId(), classic.generation(), 0));
    return draft.records();
  }

  private static Refusal refused(ClassicSnapshot classic, String why) {
    return new Refusal(
        Errors.GROUP_ID_NOT_FOUND,
        "Cannot upgrade classic group "
            + classic.groupId()
            + " to consumer group because "
            + why
            + ".");
  }

  private static void convert(
      Draft draft, ClassicSnapshot classic, ClassicSnapshot.Member member, TopicsView topics) {
    String groupId = classic.groupId();
    String protocol =
        classic.protocolName() == null ? member.protocols().get(0).name() : classic.protocolName();
    ConsumerProtocolSubscription subscription = subscription(member.metadata(protocol));
    MemberMetadata metadata =
        new MemberMetadata(
            new Identity(
                member.memberId(), member.instanceId(), member.clientId(), member.clientHost()),
            rack(subscription),
            Subscription.of(subscription.topics(), ""),
            member.timeouts().rebalanceMs(),
            null,
            new ClassicMemberMetadata()
                .setSessionTimeoutMs(member.timeouts().sessionMs())
                .setSupportedProtocols(member.protocols()));
    SortedMap<Uuid, SortedMap<Integer, Integer>> assigned =
        assigned(draft.group(), member.assignment(), classic.generation(), topics);
    Map<Uuid, Set<Integer>> target = new TreeMap<>();
    assigned.forEach((topicId, partitions) -> target.put(topicId, partitions.keySet()));
    draft.append(ConsumerRecords.member(groupId, metadata));
    draft.append(ConsumerRecords.target(groupId, member.memberId(), target));
    draft.append(
        ConsumerRecords.current(
            groupId,
            member.memberId(),
            new CurrentAssignment(
                classic.generation(),
                classic.generation(),
                MemberState.STABLE,
                assigned,
                CurrentAssignment.NO_PARTITIONS)));
  }

  static ConsumerProtocolSubscription subscription(byte[] metadata) {
    return ConsumerProtocol.deserializeConsumerProtocolSubscription(ByteBuffer.wrap(metadata));
  }

  static String rack(ConsumerProtocolSubscription subscription) {
    String rack = subscription.rackId();
    return rack == null || rack.isEmpty() ? null : rack;
  }

  /** What the leader gave to a member. What it gave to two, only the first has. */
  private static SortedMap<Uuid, SortedMap<Integer, Integer>> assigned(
      ConsumerGroup group, ByteBuffer assignment, int generation, TopicsView topics) {
    if (!assignment.hasRemaining()) {
      return CurrentAssignment.NO_PARTITIONS;
    }
    SortedMap<Uuid, SortedMap<Integer, Integer>> assigned = new TreeMap<>();
    for (TopicPartition partition :
        ConsumerProtocol.deserializeAssignment(assignment.duplicate()).partitions()) {
      Uuid id = topics.id(partition.topic());
      // A leader can write anything into its assignment.
      if (id != null
          && topics.has(partition.topic(), partition.partition())
          && group.owner(id, partition.partition()) == null) {
        assigned
            .computeIfAbsent(id, topic -> new TreeMap<>())
            .put(partition.partition(), generation);
      }
    }
    return Collections.unmodifiableSortedMap(assigned);
  }

  // ---- consumer to classic

  /** Whether a group becomes classic when these members leave. */
  boolean downgrades(ConsumerGroup group, Set<String> leaving) {
    int left = group.members().size() - leaving.size();
    return left > 0
        && left <= classicMaxSize
        && config.migration().downgrades()
        && group.areAllClassicBut(leaving);
  }

  /** The records with which a group goes on as a classic one, without these members. */
  static List<CoordinatorRecord> downgrade(
      ConsumerGroup group, Set<String> leaving, TopicsView topics, long nowMs) {
    List<ConsumerMember> staying =
        group.members().stream().filter(member -> !leaving.contains(member.id())).toList();
    String protocol = commonProtocol(staying);
    List<ClassicSnapshot.Member> members = new ArrayList<>();
    for (ConsumerMember member : staying) {
      MemberMetadata metadata = member.metadata();
      members.add(
          new ClassicSnapshot.Member(
              member.id(),
              member.instanceId(),
              metadata.identity().clientId(),
              metadata.identity().clientHost(),
              new ClassicSnapshot.Timeouts(
                  metadata.rebalanceTimeoutMs(), metadata.classic().sessionTimeoutMs()),
              metadata.classic().supportedProtocols(),
              ByteBuffer.wrap(assignment(member, topics))));
    }
    List<CoordinatorRecord> records = new ArrayList<>(group.tombstones());
    records.add(
        new ClassicSnapshot(group.groupId(), ConsumerGroup.TYPE, protocol, group.epoch(), members)
            .record(nowMs));
    return records;
  }

  /** The first member's favourite of those that all speak; they were only let in with one. */
  static String commonProtocol(Collection<ConsumerMember> members) {
    return members.iterator().next().metadata().classic().supportedProtocols().stream()
        .map(ClassicProtocol::name)
        .filter(name -> members.stream().allMatch(member -> speaks(member, name)))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("No protocol is spoken by all members"));
  }

  static boolean speaks(ConsumerMember member, String protocol) {
    return member.metadata().classic().supportedProtocols().stream()
        .anyMatch(one -> one.name().equals(protocol));
  }

  /** What a member of the classic protocol hears of what it has. */
  static byte[] assignment(ConsumerMember member, TopicsView topics) {
    List<TopicPartition> partitions = new ArrayList<>();
    member
        .current()
        .assigned()
        .forEach(
            (topicId, epochs) -> {
              String name = topics.name(topicId);
              if (name != null) {
                epochs.keySet().forEach(p -> partitions.add(new TopicPartition(name, p)));
              }
            });
    byte[] metadata = member.metadata().classic().supportedProtocols().get(0).metadata();
    short version = ConsumerProtocol.deserializeVersion(ByteBuffer.wrap(metadata));
    return Utils.toArray(ConsumerProtocol.serializeAssignment(new Assignment(partitions), version));
  }
}

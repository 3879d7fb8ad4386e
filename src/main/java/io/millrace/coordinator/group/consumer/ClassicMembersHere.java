package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.ClassicGuests;
import io.millrace.coordinator.group.ClientId;
import io.millrace.coordinator.group.RebalanceCause;
import io.millrace.coordinator.group.RebalanceCause.Kind;
import io.millrace.coordinator.group.consumer.MemberMetadata.Identity;
import io.millrace.coordinator.group.consumer.MemberMetadata.Subscription;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupResponseData.MemberResponse;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.types.SchemaException;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue.ClassicMemberMetadata;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue.ClassicProtocol;

/**
 * Members of the classic protocol in consumer groups: they join alone, without waiting for the
 * others, sync to get what the coordinator assigned, and are told by heartbeats to join again for
 * their next step. A generation is a member's epoch; nobody leads.
 *
 * <p>Owner: partition loop.
 */
final class ClassicMembersHere implements ClassicGuests {
  private static final short FIRST_VERSION_WITH_REQUIRED_ID = 4;

  /** What it needs of the groups that it is in. */
  interface Host extends GroupEpochs.Shared {
    /** The member did not do what it was told to in time. */
    Decision fence(String groupId, String memberId, Kind why);

    /** These members leave. */
    void remove(Draft draft, List<ConsumerMember> members);

    /** The group goes on as a classic one, without these members. */
    void downgrade(Draft draft, Set<String> leaving);
  }

  private final Host host;
  private final GroupEpochs epochs;
  private final ConsumerHeartbeat steps;
  private final ConsumerSessions sessions;
  private final Migration migration;
  private final Timers timers;
  private final Supplier<String> randomIds;
  // Timer keys of members that were told to join again.
  private final Set<String> expected = new HashSet<>();
  // Groups that become classic within this decision, and need no rebalance for it.
  private final Set<String> keeping = new HashSet<>();

  ClassicMembersHere(
      Host host,
      GroupEpochs epochs,
      ConsumerHeartbeat steps,
      ConsumerSessions sessions,
      Migration migration,
      Timers timers,
      Supplier<String> randomIds) {
    this.host = host;
    this.epochs = epochs;
    this.steps = steps;
    this.sessions = sessions;
    this.migration = migration;
    this.timers = timers;
    this.randomIds = randomIds;
  }

  @Override
  public boolean hosts(String groupId) {
    ConsumerGroup group = host.find(groupId);
    return group != null && !group.isEmpty();
  }

  @Override
  public boolean keepsGeneration(String groupId) {
    return keeping.remove(groupId);
  }

  // ---- JoinGroup

  @Override
  public Decision join(
      JoinGroupRequestData request, ClientId client, Reply<JoinGroupResponseData> reply) {
    String memberId = request.memberId();
    try {
      Draft draft = new Draft(host.find(request.groupId()));
      check(draft.group(), request);
      if (memberId.isEmpty()) {
        memberId = client.clientId() + '-' + randomIds.get();
        if (client.version() >= FIRST_VERSION_WITH_REQUIRED_ID
            && request.groupInstanceId() == null) {
          throw new Refusal(Errors.MEMBER_ID_REQUIRED, null);
        }
      }
      JoinGroupResponseData response = join(draft, request, memberId, client);
      return epochs.decision(draft).answer(reply, response);
    } catch (Refusal e) {
      return new Decision()
          .answer(
              reply,
              new JoinGroupResponseData()
                  .setErrorCode(e.error().code())
                  .setMemberId(memberId)
                  .setProtocolName(null));
    }
  }

  private void check(ConsumerGroup group, JoinGroupRequestData request) throws Refusal {
    if (group.members().size() >= host.config().maxSize()
        && group.member(request.memberId()) == null) {
      throw new Refusal(Errors.GROUP_MAX_SIZE_REACHED, null);
    }
    boolean fits =
        request.protocols().stream()
            .anyMatch(
                one ->
                    group.members().stream()
                        .allMatch(
                            member -> !member.isClassic() || Migration.speaks(member, one.name())));
    if (migration.isDisabled() || !ConsumerGroup.TYPE.equals(request.protocolType()) || !fits) {
      throw new Refusal(Errors.INCONSISTENT_GROUP_PROTOCOL, null);
    }
  }

  private JoinGroupResponseData join(
      Draft draft, JoinGroupRequestData request, String memberId, ClientId client) throws Refusal {
    String groupId = draft.groupId();
    JoinGroupRequestProtocol favourite = request.protocols().iterator().next();
    ConsumerProtocolSubscription subscription;
    try {
      subscription = Migration.subscription(favourite.metadata());
    } catch (SchemaException | java.nio.BufferUnderflowException e) {
      throw new Refusal(Errors.INCONSISTENT_GROUP_PROTOCOL, null);
    }
    boolean replaces =
        request.groupInstanceId() != null
            && request.memberId().isEmpty()
            && draft.group().staticMember(request.groupInstanceId()) != null;
    ConsumerMember before = member(draft, request, memberId);
    int rebalanceTimeoutMs =
        client.version() == 0 ? request.sessionTimeoutMs() : request.rebalanceTimeoutMs();
    MemberMetadata metadata =
        new MemberMetadata(
            new Identity(memberId, request.groupInstanceId(), client.clientId(), client.host()),
            Migration.rack(subscription),
            Subscription.of(subscription.topics(), ""),
            rebalanceTimeoutMs,
            null,
            classic(request));
    boolean changed = steps.update(draft, before, metadata);
    if (replaces && migration.downgrades(draft.group(), Set.of())) {
      return downgrade(draft, memberId, owned(subscription));
    }
    epochs.assign(draft, changed && draft.group().target(memberId).size() > 0);
    CurrentAssignment after = steps.reconcile(draft, memberId, owned(subscription));
    forgetJoin(groupId, memberId);
    sessions.restart(groupId, memberId, request.sessionTimeoutMs());
    timers.schedule(
        key("sync", groupId, memberId),
        rebalanceTimeoutMs,
        () -> host.fence(groupId, memberId, Kind.SYNC_MISSING));
    return new JoinGroupResponseData()
        .setMemberId(memberId)
        .setGenerationId(after.epoch())
        .setProtocolType(ConsumerGroup.TYPE)
        .setProtocolName(favourite.name());
  }

  /**
   * The last static member of the consumer protocol has come back with the classic one. Nobody has
   * to join again if all have what they are to have.
   */
  private JoinGroupResponseData downgrade(
      Draft draft, String memberId, Map<Uuid, Set<Integer>> owned) throws Refusal {
    String groupId = draft.groupId();
    if (draft.group().epoch() == draft.group().targetEpoch()) {
      steps.reconcile(draft, memberId, owned);
    }
    if (draft.group().isSettled()) {
      keeping.add(groupId);
      draft.ifRefused(() -> keeping.remove(groupId));
    }
    JoinGroupResponseData response =
        new JoinGroupResponseData()
            .setMemberId(memberId)
            .setGenerationId(draft.group().epoch())
            .setProtocolType(ConsumerGroup.TYPE)
            .setProtocolName(Migration.commonProtocol(draft.group().members()));
    host.downgrade(draft, Set.of());
    return response;
  }

  private static ConsumerMember member(Draft draft, JoinGroupRequestData request, String memberId)
      throws Refusal {
    String instanceId = request.groupInstanceId();
    if (instanceId != null) {
      ConsumerMember holder = draft.group().staticMember(instanceId);
      if (holder != null && request.memberId().isEmpty()) {
        return ConsumerDeparture.replace(draft, holder, memberId);
      }
      if (!request.memberId().isEmpty()) {
        HeartbeatChecks.checkInstance(holder, memberId, instanceId);
      }
    }
    ConsumerMember member = draft.group().member(memberId);
    return member == null
        ? new ConsumerMember(MemberMetadata.unknown(memberId), CurrentAssignment.NONE)
        : member;
  }

  private static ClassicMemberMetadata classic(JoinGroupRequestData request) {
    List<ClassicProtocol> protocols = new ArrayList<>();
    request
        .protocols()
        .forEach(
            one ->
                protocols.add(
                    new ClassicProtocol().setName(one.name()).setMetadata(one.metadata())));
    return new ClassicMemberMetadata()
        .setSessionTimeoutMs(request.sessionTimeoutMs())
        .setSupportedProtocols(protocols);
  }

  private Map<Uuid, Set<Integer>> owned(ConsumerProtocolSubscription subscription) {
    Map<Uuid, Set<Integer>> owned = new HashMap<>();
    for (ConsumerProtocolSubscription.TopicPartition topic : subscription.ownedPartitions()) {
      Uuid id = host.topics().id(topic.topic());
      if (id != null) {
        owned.computeIfAbsent(id, any -> new HashSet<>()).addAll(topic.partitions());
      }
    }
    return owned;
  }

  // ---- SyncGroup, Heartbeat

  @Override
  public Decision sync(SyncGroupRequestData request, Reply<SyncGroupResponseData> reply) {
    ConsumerGroup group = host.find(request.groupId());
    SyncGroupResponseData response = new SyncGroupResponseData();
    try {
      ConsumerMember member =
          member(group, request.memberId(), request.groupInstanceId(), request.generationId());
      ClassicProtocol protocol = member.metadata().classic().supportedProtocols().get(0);
      if (differ(request.protocolType(), ConsumerGroup.TYPE)
          || differ(request.protocolName(), protocol.name())) {
        throw new Refusal(Errors.INCONSISTENT_GROUP_PROTOCOL, null);
      }
      if (group.targetEpoch() > member.epoch()
          && member.current().state() != MemberState.UNREVOKED_PARTITIONS) {
        awaitJoin(group.groupId(), member);
        throw new Refusal(Errors.REBALANCE_IN_PROGRESS, null);
      }
      timers.cancel(key("sync", group.groupId(), member.id()));
      restart(group, member);
      response
          .setProtocolType(ConsumerGroup.TYPE)
          .setProtocolName(protocol.name())
          .setAssignment(Migration.assignment(member, host.topics()));
    } catch (Refusal e) {
      response.setErrorCode(e.error().code());
    }
    return new Decision().answer(reply, response);
  }

  /** Older clients name neither. */
  private static boolean differ(String asked, String selected) {
    return asked != null && !asked.equals(selected);
  }

  @Override
  public Decision heartbeat(HeartbeatRequestData request, Reply<HeartbeatResponseData> reply) {
    Draft draft = new Draft(host.find(request.groupId()));
    Errors error = Errors.NONE;
    try {
      ConsumerMember member =
          member(
              draft.group(), request.memberId(), request.groupInstanceId(), request.generationId());
      restart(draft.group(), member);
      epochs.assign(draft, false);
      if (mustJoin(draft.group(), member)) {
        awaitJoin(draft.groupId(), member);
        error = Errors.REBALANCE_IN_PROGRESS;
      }
    } catch (Refusal e) {
      error = e.error();
    }
    return epochs
        .decision(draft)
        .answer(reply, new HeartbeatResponseData().setErrorCode(error.code()));
  }

  /** Whether there is a next step for it: a newer target, partitions to give up or to get. */
  private static boolean mustJoin(ConsumerGroup group, ConsumerMember member) {
    return member.epoch() < group.targetEpoch()
        || switch (member.current().state()) {
          case UNREVOKED_PARTITIONS, UNKNOWN -> true;
          case UNRELEASED_PARTITIONS -> getsMore(group, member);
          case STABLE -> false;
        };
  }

  private static boolean getsMore(ConsumerGroup group, ConsumerMember member) {
    return group.target(member.id()).entrySet().stream()
        .anyMatch(
            topic ->
                topic.getValue().stream()
                    .anyMatch(partition -> group.owner(topic.getKey(), partition) == null));
  }

  private static ConsumerMember member(
      ConsumerGroup group, String memberId, String instanceId, int generation) throws Refusal {
    ConsumerMember member = ConsumerDeparture.leaving(group, memberId, instanceId);
    if (!member.isClassic()) {
      throw HeartbeatChecks.unknownMember(memberId, group.groupId());
    }
    if (generation != member.epoch()) {
      throw new Refusal(Errors.ILLEGAL_GENERATION, null);
    }
    return member;
  }

  private void restart(ConsumerGroup group, ConsumerMember member) {
    sessions.restart(group.groupId(), member.id(), member.metadata().classic().sessionTimeoutMs());
  }

  /** The member has its rebalance timeout to join again, from the first time that it hears so. */
  private void awaitJoin(String groupId, ConsumerMember member) {
    String key = key("join", groupId, member.id());
    if (expected.add(key)) {
      timers.schedule(
          key,
          member.metadata().rebalanceTimeoutMs(),
          () -> {
            expected.remove(key);
            return host.fence(groupId, member.id(), Kind.JOIN_MISSING);
          });
    }
  }

  private void forgetJoin(String groupId, String memberId) {
    String key = key("join", groupId, memberId);
    if (expected.remove(key)) {
      timers.cancel(key);
    }
  }

  /** The member is gone. */
  void end(String groupId, String memberId) {
    forgetJoin(groupId, memberId);
    timers.cancel(key("sync", groupId, memberId));
  }

  private static String key(String what, String groupId, String memberId) {
    return "guest-" + what + '-' + groupId.length() + '-' + groupId + '-' + memberId;
  }

  // ---- LeaveGroup

  @Override
  public Decision leave(LeaveGroupRequestData request, Reply<LeaveGroupResponseData> reply) {
    Draft draft = new Draft(host.find(request.groupId()));
    List<ConsumerMember> leaving = new ArrayList<>();
    List<MemberResponse> responses = new ArrayList<>();
    for (MemberIdentity one : request.members()) {
      Errors error = Errors.NONE;
      try {
        ConsumerMember member = leaving(draft.group(), one);
        if (!leaving.contains(member)) {
          leaving.add(member);
          String reason = one.reason() == null ? "" : one.reason();
          draft.because(new RebalanceCause(Kind.LEFT, member.id(), reason));
        }
      } catch (Refusal e) {
        error = e.error();
      }
      responses.add(
          new MemberResponse()
              .setMemberId(one.memberId())
              .setGroupInstanceId(one.groupInstanceId())
              .setErrorCode(error.code()));
    }
    if (!leaving.isEmpty()) {
      host.remove(draft, leaving);
    }
    return epochs.decision(draft).answer(reply, new LeaveGroupResponseData().setMembers(responses));
  }

  /** Administrators remove static members by their instance id alone (KIP-345). */
  private static ConsumerMember leaving(ConsumerGroup group, MemberIdentity one) throws Refusal {
    ConsumerMember holder =
        one.groupInstanceId() == null ? null : group.staticMember(one.groupInstanceId());
    String memberId = holder != null && one.memberId().isEmpty() ? holder.id() : one.memberId();
    ConsumerMember member = ConsumerDeparture.leaving(group, memberId, one.groupInstanceId());
    if (!member.isClassic()) {
      throw HeartbeatChecks.unknownMember(memberId, group.groupId());
    }
    return member;
  }
}

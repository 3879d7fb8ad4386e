package io.millrace.coordinator.group;

import io.millrace.coordinator.group.ClassicMember.Identity;
import io.millrace.coordinator.group.ClassicMember.Terms;
import io.millrace.coordinator.group.RebalanceCause.Kind;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * JoinGroup in a classic group: who is let in, as whom (KIP-394, KIP-345), and whether the others
 * have to join again because of it.
 *
 * <p>Owner: partition loop.
 */
final class ClassicJoin {
  private static final short FIRST_VERSION_WITH_REQUIRED_ID = 4;
  private static final short FIRST_VERSION_WITH_SKIPPED_ASSIGNMENT = 9;

  private final ClassicRebalance rebalance;
  private final ClassicSessions sessions;
  private final ClassicGroupConfig config;
  private final Timers timers;
  private final Supplier<String> randomIds;

  /**
   * The rules of joining.
   *
   * @param randomIds what makes member ids unique, in the whole cluster and for all times
   */
  ClassicJoin(
      ClassicRebalance rebalance,
      ClassicSessions sessions,
      ClassicGroupConfig config,
      Timers timers,
      Supplier<String> randomIds) {
    this.rebalance = rebalance;
    this.sessions = sessions;
    this.config = config;
    this.timers = timers;
    this.randomIds = randomIds;
  }

  /** One JoinGroup on its way through the rules. */
  private record Asked(
      ClassicGroup group,
      JoinGroupRequestData request,
      ClientId client,
      Terms terms,
      Reply<JoinGroupResponseData> reply,
      Decision out) {
    void refuse(Errors error, String memberId) {
      out.answer(reply, ClassicRebalance.refusedJoin(error, memberId));
    }

    Identity identity(String memberId) {
      return new Identity(memberId, request.groupInstanceId(), client.clientId(), client.host());
    }

    RebalanceCause cause(Kind kind, String memberId) {
      return new RebalanceCause(kind, memberId, request.reason() == null ? "" : request.reason());
    }
  }

  void join(
      ClassicGroup group,
      JoinGroupRequestData request,
      ClientId client,
      Reply<JoinGroupResponseData> reply,
      Decision out) {
    // The protocol's first version knew one timeout for both.
    int rebalanceTimeoutMs =
        client.version() == 0 ? request.sessionTimeoutMs() : request.rebalanceTimeoutMs();
    Terms terms =
        new Terms(
            rebalanceTimeoutMs,
            request.sessionTimeoutMs(),
            MemberProtocols.of(request.protocols()));
    Asked asked = new Asked(group, request, client, terms, reply, out);
    boolean unknown = request.memberId().isEmpty();
    if (!hasRoomFor(group, request.memberId())) {
      refuseForSize(asked);
    } else if (!group.supports(request.protocolType(), terms.protocols())) {
      asked.refuse(Errors.INCONSISTENT_GROUP_PROTOCOL, request.memberId());
    } else if (unknown) {
      joinAsNew(asked);
    } else if (group.members().isExpected(request.memberId())) {
      joinAsExpected(asked);
    } else {
      joinAgain(asked);
    }
  }

  /**
   * While the group rebalances, those who have joined count and not the members: if the limit was
   * lowered, the last ones that come are out.
   */
  private boolean hasRoomFor(ClassicGroup group, String memberId) {
    ClassicMember member = group.members().get(memberId);
    return switch (group.current()) {
      case EMPTY, DEAD -> true;
      case PREPARING_REBALANCE ->
          (member != null && member.awaitsJoin())
              || group.members().awaitingJoin() < config.maxSize();
      case COMPLETING_REBALANCE, STABLE ->
          member != null || group.members().size() < config.maxSize();
    };
  }

  private void refuseForSize(Asked asked) {
    ClassicGroup group = asked.group;
    String memberId = asked.request.memberId();
    asked.refuse(Errors.GROUP_MAX_SIZE_REACHED, "");
    ClassicMember member = group.members().get(memberId);
    if (member != null) {
      rebalance.drop(group, member, asked.out);
      group.history().onChange(asked.cause(Kind.REFUSED, memberId));
    } else if (group.members().forget(memberId)) {
      sessions.end(group, memberId);
    }
    // Nobody waits for it any more.
    rebalance.completeIfAllJoined(group, asked.out);
  }

  private void joinAsNew(Asked asked) {
    String instanceId = asked.request.groupInstanceId();
    String prefix = instanceId == null ? asked.client.clientId() : instanceId;
    String memberId = prefix + '-' + randomIds.get();
    String holder = instanceId == null ? null : asked.group.members().staticId(instanceId);
    if (holder != null) {
      succeed(asked, asked.group.members().get(holder), memberId);
    } else if (instanceId != null || asked.client.version() < FIRST_VERSION_WITH_REQUIRED_ID) {
      add(asked, memberId);
    } else {
      // A client that gives up before it hears its id would leave a member behind that nobody
      // knows of; so it becomes one only when it comes back with the id.
      asked.group.members().expect(memberId);
      sessions.expect(asked.group, memberId, asked.request.sessionTimeoutMs());
      asked.refuse(Errors.MEMBER_ID_REQUIRED, memberId);
    }
  }

  private void joinAsExpected(Asked asked) {
    if (asked.request.groupInstanceId() == null) {
      add(asked, asked.request.memberId());
    } else {
      // Static members are never sent away for an id; Kafka fails on this one.
      asked.refuse(Errors.UNKNOWN_SERVER_ERROR, asked.request.memberId());
    }
  }

  private void add(Asked asked, String memberId) {
    ClassicGroup group = asked.group;
    ClassicMember member = new ClassicMember(asked.identity(memberId), asked.terms);
    member.fresh(true);
    group.add(member, asked.request.protocolType());
    group.members().swapJoin(member, asked.reply);
    sessions.awaitGeneration(group, member);
    rebalance.prepareOrComplete(group, asked.cause(Kind.JOINED, memberId), asked.out);
  }

  private void joinAgain(Asked asked) {
    ClassicGroup group = asked.group;
    String memberId = asked.request.memberId();
    Errors error = group.validateMember(memberId, asked.request.groupInstanceId());
    if (error == Errors.NONE && group.is(ClassicState.EMPTY)) {
      error = Errors.UNKNOWN_MEMBER_ID;
    }
    if (error != Errors.NONE) {
      asked.refuse(error, memberId);
      return;
    }
    ClassicMember member = group.members().get(memberId);
    if (group.is(ClassicState.PREPARING_REBALANCE)) {
      renew(asked, member, Kind.JOINED);
    } else if (!member.protocols().matches(asked.terms.protocols())) {
      renew(asked, member, Kind.METADATA_CHANGED);
    } else if (group.is(ClassicState.STABLE) && group.isLeader(memberId)) {
      // How the leader asks for a rebalance when, say, a topic has more partitions.
      renew(asked, member, Kind.LEADER_REJOINED);
    } else {
      // It may not have heard of its generation. The members only matter before the assignment.
      asked.out.answer(asked.reply, ClassicRebalance.joined(group, member));
    }
  }

  private void renew(Asked asked, ClassicMember member, Kind kind) {
    ClassicGroup group = asked.group;
    group.members().renew(member, asked.terms);
    park(asked, member);
    if (kind == Kind.JOINED) {
      // It is a member already and does what all members do now.
      rebalance.completeIfAllJoined(group, asked.out);
    } else {
      rebalance.prepareOrComplete(group, asked.cause(kind, member.id()), asked.out);
    }
  }

  private void park(Asked asked, ClassicMember member) {
    Reply<JoinGroupResponseData> before = asked.group.members().swapJoin(member, asked.reply);
    if (before != null) {
      asked.out.answer(
          before, ClassicRebalance.refusedJoin(Errors.REBALANCE_IN_PROGRESS, member.id()));
    }
  }

  /** A static member came back without its member id: after a restart of its process, say. */
  private void succeed(Asked asked, ClassicMember old, String memberId) {
    ClassicGroup group = asked.group;
    ClassicMember successor = new ClassicMember(asked.identity(memberId), asked.terms);
    successor.assign(old.assignment());
    if (group.is(ClassicState.STABLE) && protocolStays(group, old, successor)) {
      succeedUnnoticed(asked, old, successor);
      return;
    }
    sessions.end(group, old.id());
    group.replace(old, successor);
    ClassicRebalance.refuse(old, Errors.FENCED_INSTANCE_ID, old.id(), asked.out);
    group.members().swapJoin(successor, asked.reply);
    sessions.restart(group, successor);
    // In the middle of a generation the leader may assign to the old id, which is nobody now.
    rebalance.prepareOrComplete(group, asked.cause(Kind.REPLACED, memberId), asked.out);
  }

  /** Whether the next generation would select the same protocol. */
  private static boolean protocolStays(
      ClassicGroup group, ClassicMember old, ClassicMember successor) {
    ClassicMembers members = group.members();
    members.replace(old, successor);
    boolean stays = members.selectProtocol().equals(group.protocolName());
    members.replace(successor, old);
    return stays;
  }

  /** The successor takes over the assignment, and nobody has to rebalance. */
  private void succeedUnnoticed(Asked asked, ClassicMember old, ClassicMember successor) {
    ClassicGroup group = asked.group;
    boolean leads = group.isLeader(old.id());
    List<ClassicMember> members =
        group.members().all().stream().map(member -> member == old ? successor : member).toList();
    String leaderId = leads ? successor.id() : group.leaderId();
    group.expectSuccessor(successor);
    asked.out.append(
        ClassicRecords.assigned(
            group, leaderId, members, ClassicMember::assignment, timers.nowMs()));
    asked.out.answer(asked.reply, succeeded(asked, old, successor, members));
    asked.out.answer(new WhenRefused(error -> stayed(group, old, successor)), null);
    sessions.end(group, old.id());
    sessions.restart(group, successor);
  }

  private void stayed(ClassicGroup group, ClassicMember old, ClassicMember successor) {
    if (!group.is(ClassicState.DEAD) && group.members().get(old.id()) == old) {
      group.expectSuccessor(null);
      sessions.end(group, successor.id());
      sessions.restart(group, old);
    }
  }

  /**
   * A leader that comes back must not assign anew, since nobody else joins. Clients know that from
   * version 9 on (KIP-814); older ones are told that the old id still leads.
   */
  private static JoinGroupResponseData succeeded(
      Asked asked, ClassicMember old, ClassicMember successor, List<ClassicMember> members) {
    ClassicGroup group = asked.group;
    boolean leads = group.isLeader(old.id());
    if (asked.client.version() < FIRST_VERSION_WITH_SKIPPED_ASSIGNMENT || !leads) {
      return ClassicRebalance.joined(group, successor.id(), group.leaderId(), List.of());
    }
    return ClassicRebalance.joined(
            group, successor.id(), successor.id(), ClassicRebalance.membership(group, members))
        .setSkipAssignment(true);
  }
}

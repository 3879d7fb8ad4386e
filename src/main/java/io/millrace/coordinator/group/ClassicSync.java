package io.millrace.coordinator.group;

import io.millrace.coordinator.group.RebalanceCause.Kind;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * SyncGroup in a classic group: everybody waits for the leader's, which brings what each is
 * assigned. The assignment is durable before anybody hears of it.
 *
 * <p>Owner: partition loop.
 */
final class ClassicSync {
  private final ClassicRebalance rebalance;
  private final ClassicSessions sessions;
  private final Timers timers;

  ClassicSync(ClassicRebalance rebalance, ClassicSessions sessions, Timers timers) {
    this.rebalance = rebalance;
    this.sessions = sessions;
    this.timers = timers;
  }

  void sync(
      ClassicGroup group,
      SyncGroupRequestData request,
      Reply<SyncGroupResponseData> reply,
      Decision out) {
    Errors error = validate(group, request);
    if (error != Errors.NONE) {
      out.answer(reply, ClassicRebalance.refusedSync(error));
      return;
    }
    ClassicMember member = group.members().get(request.memberId());
    rebalance.onSync(group, member);
    if (group.is(ClassicState.STABLE)) {
      out.answer(reply, assigned(group, member.assignment()));
      return;
    }
    Reply<SyncGroupResponseData> before = member.swapSync(reply);
    if (before != null) {
      out.answer(before, ClassicRebalance.refusedSync(Errors.REBALANCE_IN_PROGRESS));
    }
    if (group.isLeader(member.id())) {
      assign(group, request, out);
    }
  }

  private static Errors validate(ClassicGroup group, SyncGroupRequestData request) {
    if (group.isEmpty()) {
      return Errors.UNKNOWN_MEMBER_ID;
    }
    Errors error =
        group.validateMember(request.memberId(), request.groupInstanceId(), request.generationId());
    if (error != Errors.NONE) {
      return error;
    }
    if (differ(request.protocolType(), group.protocolTypeOrNull())
        || differ(request.protocolName(), group.protocolName())) {
      return Errors.INCONSISTENT_GROUP_PROTOCOL;
    }
    return group.is(ClassicState.PREPARING_REBALANCE) ? Errors.REBALANCE_IN_PROGRESS : Errors.NONE;
  }

  /** Older clients name neither. */
  private static boolean differ(String asked, String selected) {
    return asked != null && selected != null && !asked.equals(selected);
  }

  /** Members that the leader forgot get nothing; what it assigns to strangers is dropped. */
  private void assign(ClassicGroup group, SyncGroupRequestData request, Decision out) {
    Map<String, byte[]> assignments = new HashMap<>();
    request.assignments().forEach(one -> assignments.put(one.memberId(), one.assignment()));
    out.append(
        ClassicRecords.assigned(
            group,
            group.leaderId(),
            group.members().all(),
            member -> assignments.getOrDefault(member.id(), ClassicMember.NO_ASSIGNMENT),
            timers.nowMs()));
    for (ClassicMember member : group.members().all()) {
      Reply<SyncGroupResponseData> sync = member.swapSync(null);
      if (sync != null) {
        out.answer(
            sync,
            assigned(group, assignments.getOrDefault(member.id(), ClassicMember.NO_ASSIGNMENT)));
        sessions.restart(group, member);
      }
    }
    int generation = group.generation();
    String leaderId = group.leaderId();
    out.answer(
        new WhenRefused(
            error ->
                rebalance.onNotStored(
                    group,
                    generation,
                    new RebalanceCause(Kind.NOT_STORED, leaderId, error.name()))),
        null);
  }

  private static SyncGroupResponseData assigned(ClassicGroup group, byte[] assignment) {
    return new SyncGroupResponseData()
        .setProtocolType(group.protocolTypeOrNull())
        .setProtocolName(group.protocolName())
        .setAssignment(assignment);
  }
}

package io.millrace.coordinator.group;

import io.millrace.coordinator.group.RebalanceCause.Kind;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupResponseData.MemberResponse;
import org.apache.kafka.common.protocol.Errors;

/**
 * LeaveGroup in a classic group, for one member or many: members that go, and administrators that
 * remove static members by their instance id alone (KIP-345).
 *
 * <p>Owner: partition loop.
 */
final class ClassicLeave {
  private final ClassicRebalance rebalance;
  private final ClassicSessions sessions;

  ClassicLeave(ClassicRebalance rebalance, ClassicSessions sessions) {
    this.rebalance = rebalance;
    this.sessions = sessions;
  }

  void leave(
      ClassicGroup group,
      LeaveGroupRequestData request,
      Reply<LeaveGroupResponseData> reply,
      Decision out) {
    List<MemberResponse> responses = new ArrayList<>();
    List<RebalanceCause> causes = new ArrayList<>();
    for (MemberIdentity leaving : request.members()) {
      responses.add(response(leaving, leave(group, leaving, causes, out)));
    }
    out.answer(reply, new LeaveGroupResponseData().setMembers(responses));
    if (group.is(ClassicState.PREPARING_REBALANCE)) {
      causes.forEach(group.history()::onChange);
      rebalance.completeIfAllJoined(group, out);
    } else if (!causes.isEmpty()) {
      rebalance.prepare(group, causes.get(0), out);
      causes.subList(1, causes.size()).forEach(group.history()::onChange);
    }
  }

  private Errors leave(
      ClassicGroup group, MemberIdentity leaving, List<RebalanceCause> causes, Decision out) {
    String memberId = leaving.memberId();
    if (memberId.isEmpty()) {
      String instanceId = leaving.groupInstanceId();
      memberId = instanceId == null ? null : group.members().staticId(instanceId);
      if (memberId == null) {
        return Errors.UNKNOWN_MEMBER_ID;
      }
    } else if (group.members().forget(memberId)) {
      sessions.end(group, memberId);
      return Errors.NONE;
    } else {
      Errors error = group.validateMember(memberId, leaving.groupInstanceId());
      if (error != Errors.NONE) {
        return error;
      }
    }
    rebalance.drop(group, group.members().get(memberId), out);
    causes.add(
        new RebalanceCause(Kind.LEFT, memberId, leaving.reason() == null ? "" : leaving.reason()));
    return Errors.NONE;
  }

  /** The answer for a member of a group that does not exist, or the result for one that does. */
  static MemberResponse response(MemberIdentity leaving, Errors error) {
    return new MemberResponse()
        .setMemberId(leaving.memberId())
        .setGroupInstanceId(leaving.groupInstanceId())
        .setErrorCode(error.code());
  }
}

package io.millrace.coordinator.group;

import io.millrace.coordinator.group.RebalanceCause.Kind;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData.JoinGroupResponseMember;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * How a classic group goes from one generation to the next: everybody joins, within the rebalance
 * timeout; then everybody syncs, within the rebalance timeout; who does not is out. Its methods add
 * to the decision that they are given.
 *
 * <p>Owner: partition loop.
 */
final class ClassicRebalance {
  private static final int RETRY_MS = 1_000;

  private final Timers timers;
  private final ClassicSessions sessions;
  private final ClassicGroupConfig config;
  private final Runnable onBegun;

  /**
   * The rules for all groups of a shard.
   *
   * @param onBegun hears of each rebalance that begins
   */
  ClassicRebalance(
      Timers timers, ClassicSessions sessions, ClassicGroupConfig config, Runnable onBegun) {
    this.timers = timers;
    this.sessions = sessions;
    this.config = config;
    this.onBegun = onBegun;
  }

  /** Something changed: all have to join again or, if that is under way, may now be complete. */
  void prepareOrComplete(ClassicGroup group, RebalanceCause cause, Decision out) {
    if (ClassicState.PREPARING_REBALANCE.before().contains(group.current())) {
      prepare(group, cause, out);
    } else {
      group.history().onChange(cause);
      completeIfAllJoined(group, out);
    }
  }

  /** All members have to join again. */
  void prepare(ClassicGroup group, RebalanceCause cause, Decision out) {
    if (group.is(ClassicState.COMPLETING_REBALANCE)) {
      // One more attempt of the rebalance that is under way.
      refuseSyncs(group, out);
    } else {
      onBegun.run();
    }
    group.members().expectNoSyncs();
    timers.cancel(syncKey(group));
    group.moveTo(ClassicState.PREPARING_REBALANCE, timers.nowMs());
    group.history().onPrepare(cause, timers.nowMs());
    if (group.isInitialRebalance()) {
      delay(group, out);
    } else if (group.members().haveAllJoined()) {
      complete(group, out);
    } else {
      awaitJoins(group);
    }
  }

  /** Whoever waits for an assignment of the generation that ends here has to join again. */
  private void refuseSyncs(ClassicGroup group, Decision out) {
    for (ClassicMember member : group.members().all()) {
      member.assign(ClassicMember.NO_ASSIGNMENT);
      if (member.awaitsSync()) {
        out.answer(member.swapSync(null), refusedSync(Errors.REBALANCE_IN_PROGRESS));
        sessions.restart(group, member);
      }
    }
  }

  private void awaitJoins(ClassicGroup group) {
    timers.schedule(
        joinKey(group), group.members().rebalanceTimeoutMs(), () -> onJoinsOverdue(group));
  }

  private Decision onJoinsOverdue(ClassicGroup group) {
    Decision out = new Decision();
    if (group.is(ClassicState.PREPARING_REBALANCE)) {
      complete(group, out);
    }
    return out;
  }

  /** The first of several members that start together must not get all partitions at once. */
  private void delay(ClassicGroup group, Decision out) {
    int delayMs = config.initialRebalanceDelayMs();
    if (delayMs == 0) {
      complete(group, out);
    } else {
      delay(group, delayMs, Math.max(group.members().rebalanceTimeoutMs() - delayMs, 0));
    }
  }

  private void delay(ClassicGroup group, int delayMs, int remainingMs) {
    timers.schedule(joinKey(group), delayMs, () -> onDelayOver(group, delayMs, remainingMs));
  }

  /** Waits once more if others have joined meanwhile, but all in all no longer than a rebalance. */
  private Decision onDelayOver(ClassicGroup group, int delayMs, int remainingMs) {
    if (group.is(ClassicState.PREPARING_REBALANCE)
        && group.takeJoinedInDelay()
        && remainingMs > 0) {
      delay(
          group,
          Math.min(config.initialRebalanceDelayMs(), remainingMs),
          Math.max(remainingMs - delayMs, 0));
      return new Decision();
    }
    return onJoinsOverdue(group);
  }

  /** Completes the generation if it only waited for those who are there or gone now. */
  void completeIfAllJoined(ClassicGroup group, Decision out) {
    if (group.is(ClassicState.PREPARING_REBALANCE)
        && !group.isInitialRebalance()
        && group.members().haveAllJoined()) {
      complete(group, out);
    }
  }

  /**
   * Begins the next generation with those who have joined. Static members may be missing: they keep
   * their place until their session ends.
   */
  void complete(ClassicGroup group, Decision out) {
    timers.cancel(joinKey(group));
    for (ClassicMember missing :
        group.members().which(member -> !member.awaitsJoin() && !member.isStatic())) {
      group.history().onChange(new RebalanceCause(Kind.JOIN_MISSING, missing.id()));
      drop(group, missing, out);
    }
    if (group.members().isEmpty()) {
      out.append(ClassicRecords.emptied(group, timers.nowMs()))
          .answer(new WhenRefused(error -> retry(group)), null);
    } else if (group.electJoinedLeader()) {
      group.beginGeneration(timers.nowMs());
      for (ClassicMember member : group.members().all()) {
        Reply<JoinGroupResponseData> join = group.members().swapJoin(member, null);
        if (join != null) {
          out.answer(join, joined(group, member));
        }
        sessions.restart(group, member);
        member.fresh(false);
      }
      timers.schedule(
          syncKey(group), group.members().rebalanceTimeoutMs(), () -> onSyncsOverdue(group));
    } else {
      // Only absent static members: until they come, or their sessions end.
      awaitJoins(group);
    }
  }

  /** The group could not be stored as empty. By then somebody may have joined it. */
  private void retry(ClassicGroup group) {
    if (group.is(ClassicState.PREPARING_REBALANCE) && group.members().isEmpty()) {
      timers.schedule(joinKey(group), RETRY_MS, () -> onJoinsOverdue(group));
    }
  }

  private Decision onSyncsOverdue(ClassicGroup group) {
    Decision out = new Decision();
    boolean inGeneration =
        group.is(ClassicState.COMPLETING_REBALANCE) || group.is(ClassicState.STABLE);
    List<ClassicMember> late = group.members().unsynced();
    if (inGeneration && !late.isEmpty()) {
      late.forEach(member -> drop(group, member, out));
      prepare(group, new RebalanceCause(Kind.SYNC_MISSING, late.get(0).id()), out);
      for (ClassicMember member : late.subList(1, late.size())) {
        group.history().onChange(new RebalanceCause(Kind.SYNC_MISSING, member.id()));
      }
    }
    return out;
  }

  /** The member owes no SyncGroup any more. */
  void onSync(ClassicGroup group, ClassicMember member) {
    group.members().onSync(member.id());
    if (group.members().haveAllSynced()) {
      timers.cancel(syncKey(group));
    }
  }

  /** Removes a member. If it is still there, it hears that it must join as a new one. */
  void drop(ClassicGroup group, ClassicMember member, Decision out) {
    sessions.end(group, member.id());
    group.remove(member);
    refuse(member, Errors.UNKNOWN_MEMBER_ID, "", out);
  }

  /**
   * Answers what waits of somebody who is no member any more.
   *
   * @param memberId for the answer to JoinGroup
   */
  static void refuse(ClassicMember member, Errors error, String memberId, Decision out) {
    Reply<JoinGroupResponseData> join = member.swapJoin(null);
    if (join != null) {
      out.answer(join, refusedJoin(error, memberId));
    }
    if (member.awaitsSync()) {
      out.answer(member.swapSync(null), refusedSync(error));
    }
  }

  /** A member has been silent for too long. */
  Decision onSilence(ClassicGroup group, ClassicMember member) {
    Decision out = new Decision();
    boolean isMember = group.members().get(member.id()) == member;
    if (isMember && !member.needsNoHeartbeat() && !group.is(ClassicState.DEAD)) {
      drop(group, member, out);
      RebalanceCause cause = new RebalanceCause(Kind.SESSION_EXPIRED, member.id());
      if (group.is(ClassicState.PREPARING_REBALANCE)) {
        group.history().onChange(cause);
        if (group.members().haveAllJoined()) {
          complete(group, out);
        }
      } else {
        prepareOrComplete(group, cause, out);
      }
    }
    return out;
  }

  /** Someone that was given a member id did not come back with it. */
  Decision onAbsence(ClassicGroup group, String memberId) {
    Decision out = new Decision();
    if (group.members().forget(memberId)
        && group.is(ClassicState.PREPARING_REBALANCE)
        && group.members().haveAllJoined()) {
      complete(group, out);
    }
    return out;
  }

  /** The assignment could not be stored: a new generation has to try it again. */
  void onNotStored(ClassicGroup group, int generation, RebalanceCause cause) {
    if (group.is(ClassicState.COMPLETING_REBALANCE) && group.generation() == generation) {
      // Nobody waits for an answer: all of them were refused together with the record.
      prepare(group, cause, new Decision());
    }
  }

  /** No timer of this group does anything any more. */
  void end(ClassicGroup group) {
    timers.cancel(joinKey(group));
    timers.cancel(syncKey(group));
    group.members().all().forEach(member -> sessions.end(group, member.id()));
    group.members().expected().forEach(memberId -> sessions.end(group, memberId));
    group.moveTo(ClassicState.DEAD, timers.nowMs());
  }

  /** The generation, as a member hears of it; only the leader hears of the others. */
  static JoinGroupResponseData joined(ClassicGroup group, ClassicMember member) {
    return joined(group, member.id(), group.leaderId(), others(group, member));
  }

  static JoinGroupResponseData joined(
      ClassicGroup group, String memberId, String leaderId, List<JoinGroupResponseMember> members) {
    return new JoinGroupResponseData()
        .setMembers(members)
        .setMemberId(memberId)
        .setGenerationId(group.generation())
        .setProtocolName(group.protocolName())
        .setProtocolType(group.protocolTypeOrNull())
        .setLeader(leaderId);
  }

  private static List<JoinGroupResponseMember> others(ClassicGroup group, ClassicMember member) {
    return group.isLeader(member.id()) ? membership(group, group.members().all()) : List.of();
  }

  /** The members with what they said of themselves for the selected protocol. */
  static List<JoinGroupResponseMember> membership(
      ClassicGroup group, Iterable<ClassicMember> members) {
    List<JoinGroupResponseMember> list = new ArrayList<>();
    for (ClassicMember member : members) {
      list.add(
          new JoinGroupResponseMember()
              .setMemberId(member.id())
              .setGroupInstanceId(member.groupInstanceId())
              .setMetadata(member.protocols().metadata(group.protocolName())));
    }
    return list;
  }

  static JoinGroupResponseData refusedJoin(Errors error, String memberId) {
    return new JoinGroupResponseData()
        .setErrorCode(error.code())
        .setMemberId(memberId)
        .setProtocolName(null);
  }

  static SyncGroupResponseData refusedSync(Errors error) {
    return new SyncGroupResponseData()
        .setErrorCode(error.code())
        .setAssignment(ClassicMember.NO_ASSIGNMENT);
  }

  private static String joinKey(ClassicGroup group) {
    return "join-" + group.groupId();
  }

  private static String syncKey(ClassicGroup group) {
    return "sync-" + group.groupId();
  }
}

package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Timers;

/**
 * The sessions of the members of classic groups: who is silent for too long is out.
 *
 * <p>Owner: partition loop.
 */
final class ClassicSessions {
  /**
   * How long a new member may wait for its first generation. It cannot send heartbeats yet, and
   * nobody hears when its connection ends; one that is still there joins again.
   */
  static final int NEW_MEMBER_WAIT_MS = 5 * 60 * 1000;

  /** Who decides when a session is over. */
  interface Expiry {
    Decision onSilence(ClassicGroup group, ClassicMember member);

    /** Someone that was given a member id has not come back with it. */
    Decision onAbsence(ClassicGroup group, String memberId);
  }

  private final Timers timers;
  private final Expiry expiry;

  ClassicSessions(Timers timers, Expiry expiry) {
    this.timers = timers;
    this.expiry = expiry;
  }

  /** The member has shown that it lives. */
  void restart(ClassicGroup group, ClassicMember member) {
    restart(group, member, member.sessionTimeoutMs());
  }

  /** A new member begins to wait for its first generation. */
  void awaitGeneration(ClassicGroup group, ClassicMember member) {
    restart(group, member, NEW_MEMBER_WAIT_MS);
  }

  private void restart(ClassicGroup group, ClassicMember member, int timeoutMs) {
    timers.schedule(
        key(group.groupId(), member.id()), timeoutMs, () -> expiry.onSilence(group, member));
  }

  /** Someone was given a member id and has this long to come back with it. */
  void expect(ClassicGroup group, String memberId, int timeoutMs) {
    timers.schedule(
        key(group.groupId(), memberId), timeoutMs, () -> expiry.onAbsence(group, memberId));
  }

  /** The member is gone, or never came. */
  void end(ClassicGroup group, String memberId) {
    timers.cancel(key(group.groupId(), memberId));
  }

  /** The length keeps apart what the two ids would blur. */
  private static String key(String groupId, String memberId) {
    return "session-" + groupId.length() + '-' + groupId + '-' + memberId;
  }
}

package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Timers;

/**
 * The timers of members: who is silent for too long is out, and so is who does not give up its
 * partitions in time.
 *
 * <p>Owner: partition loop.
 */
final class ConsumerSessions {
  /** Who decides when time is over. */
  interface Expiry {
    Decision onSilence(String groupId, String memberId);

    /** The member was to give partitions up, and is in this epoch still. */
    Decision onNotRevoked(String groupId, String memberId, int epoch);
  }

  private final Timers timers;
  private final Expiry expiry;

  ConsumerSessions(Timers timers, Expiry expiry) {
    this.timers = timers;
    this.expiry = expiry;
  }

  /** The member has shown that it lives. */
  void restart(String groupId, String memberId, int timeoutMs) {
    timers.schedule(
        key("alive", groupId, memberId), timeoutMs, () -> expiry.onSilence(groupId, memberId));
  }

  /** The member has this long to give partitions up. */
  void awaitRevocation(String groupId, String memberId, int epoch, int timeoutMs) {
    timers.schedule(
        key("revoke", groupId, memberId),
        timeoutMs,
        () -> expiry.onNotRevoked(groupId, memberId, epoch));
  }

  void onRevoked(String groupId, String memberId) {
    timers.cancel(key("revoke", groupId, memberId));
  }

  /** The member is gone. */
  void end(String groupId, String memberId) {
    timers.cancel(key("alive", groupId, memberId));
    onRevoked(groupId, memberId);
  }

  /** The length keeps apart what the two ids would blur. */
  private static String key(String what, String groupId, String memberId) {
    return what + '-' + groupId.length() + '-' + groupId + '-' + memberId;
  }
}

package io.millrace.partition.state;

/**
 * How far one follower has got, as its fetches say.
 *
 * <p>Owner: partition loop.
 */
final class FollowerProgress {
  private static final long NEVER = Long.MIN_VALUE / 2;

  // -1 = it does not say.
  private long start = -1;
  private boolean startsBeforeLeader;
  // Log end offset (exclusive). Invariant: never above the leader's.
  private long end = -1;
  private long brokerEpoch = -1;
  private long firstFetchMs = NEVER;
  private long lastFetchMs = NEVER;
  private long leaderEndAtLastFetch;
  private long caughtUpMs;

  private FollowerProgress(long caughtUpMs) {
    this.caughtUpMs = caughtUpMs;
  }

  /** One that has not fetched from this leader yet. */
  static FollowerProgress unknown() {
    return new FollowerProgress(NEVER);
  }

  /** A member of the ISR gets its time to fetch from a new leader. */
  static FollowerProgress inSync(long nowMs) {
    return new FollowerProgress(nowMs);
  }

  /** Log end offset, exclusive; 0 until it has fetched. */
  long end() {
    return Math.max(0, end);
  }

  /** Log end offset, exclusive; -1 until it has fetched. */
  long knownEnd() {
    return end;
  }

  /** Under which broker epoch it fetched last; -1 = it has not. */
  long brokerEpoch() {
    return brokerEpoch;
  }

  /** Whether a request is of a process of the node that another one has followed. */
  boolean isOutdated(long epoch) {
    return epoch < brokerEpoch;
  }

  /**
   * It fetches from here on, so that it has everything before.
   *
   * @param leaderEnd the leader's log end offset now
   */
  void onFetch(long fetchOffset, long epoch, long leaderEnd, long nowMs) {
    long reached = Math.min(fetchOffset, leaderEnd);
    if (reached >= leaderEnd) {
      caughtUpMs = nowMs;
    } else if (reached >= leaderEndAtLastFetch && lastFetchMs > caughtUpMs) {
      // It has what there was when it asked before, so at that moment it lacked nothing older.
      caughtUpMs = lastFetchMs;
    }
    // Another process of the node may have less than the one before. Of one process it counts what
    // it has had: requests of a connection that has ended can come late.
    end = epoch == brokerEpoch ? Math.max(end, reached) : reached;
    brokerEpoch = epoch;
    firstFetchMs = lastFetchMs == NEVER ? nowMs : firstFetchMs;
    lastFetchMs = nowMs;
    leaderEndAtLastFetch = leaderEnd;
  }

  /** Where its log starts, -1 = it does not say; and the leader's. */
  void onStart(long logStartOffset, long leaderStart) {
    start = logStartOffset;
    startsBeforeLeader = logStartOffset >= 0 && logStartOffset < leaderStart;
  }

  /** Whether it said last that it has something which the leader has deleted. */
  boolean startsBeforeLeader() {
    return startsBeforeLeader;
  }

  /** Whether its log is known to start here or before. */
  boolean startsBy(long offset) {
    return start >= 0 && start <= offset;
  }

  /** The leader's log is about to end later: whoever has all of it lacks something from now on. */
  void onLeaderGrows(long leaderEnd, long nowMs) {
    if (end >= leaderEnd) {
      caughtUpMs = nowMs;
    }
  }

  /**
   * For how long it has lacked something, in ms; 0 = it lacks nothing. Of one that has never had
   * all of it, longer than anything.
   */
  long lagMs(long leaderEnd, long nowMs) {
    return end >= leaderEnd ? 0 : Math.max(0, nowMs - caughtUpMs);
  }

  /** The same for people: one that has never had all lacks something since it fetches. */
  long seenLagMs(long leaderEnd, long nowMs) {
    return end >= leaderEnd
        ? 0
        : Math.max(0, nowMs - (caughtUpMs == NEVER ? firstFetchMs : caughtUpMs));
  }
}

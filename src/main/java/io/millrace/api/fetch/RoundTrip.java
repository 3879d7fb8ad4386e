package io.millrace.api.fetch;

/**
 * How long it takes a follower to ask again: the way there and back, and the write between. To one
 * that is far an answer waits a moment for records that are just coming: what it misses waits for a
 * whole round trip.
 *
 * <p>Owner: connection loop.
 */
final class RoundTrip {
  /** On shorter ways nothing is won. */
  private static final long FAR_NS = 4_000_000;

  private static final long NS_PER_MS = 1_000_000;
  private static final int MAX_GATHER_MS = 3;

  /** So small a part of a round trip may be lost: a sixth. */
  private static final int PART = 6;

  // 0 = not known.
  private long shortestNs;
  // When the last answer with records went out; -1 = the last one had none, or was answered to.
  private long sentNs = -1;

  void onAnswered(boolean records, long nowNs) {
    sentNs = records ? nowNs : -1;
  }

  void onAsked(long nowNs) {
    if (sentNs >= 0) {
      long taken = nowNs - sentNs;
      // A write that takes long makes no long way; a way that gets longer is noticed soon.
      shortestNs = shortestNs == 0 ? taken : Math.min(taken, shortestNs + shortestNs / PART);
      sentNs = -1;
    }
  }

  /** How long an answer waits for more; 0 = not at all. */
  int gatherMs() {
    return shortestNs < FAR_NS
        ? 0
        : (int) Math.max(1, Math.min(MAX_GATHER_MS, shortestNs / PART / NS_PER_MS));
  }
}

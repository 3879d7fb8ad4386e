package io.millrace.partition.state;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Whether nobody else can have led the partition at a moment, the one at which this was made: every
 * replica that may be elected has asked this leader for records since, in its leader epoch. It is
 * what Raft calls ReadIndex, with fetches for heartbeats. Pure.
 *
 * <p>That a request comes later does not say that it was sent later: it may have waited in a socket
 * while this process stood still. So the first one is only answered, and the next of the same
 * session counts: whoever sent it has had that answer.
 *
 * <p>Owner: partition loop.
 */
public final class LeadConfirmation {
  // By node: the session in which it has been answered since.
  private final Map<Integer, Object> answered = new HashMap<>();
  private final Set<Integer> confirmed = new HashSet<>();

  /**
   * A request of a replica is admitted, and will be answered.
   *
   * @param session the same object exactly for requests that answer one another
   */
  @SuppressWarnings("ReferenceEquality")
  public void onFetch(int replica, Object session) {
    if (answered.put(replica, session) == session) {
      confirmed.add(replica);
    }
  }

  /** Whether another request of this replica would help. */
  public boolean lacks(int replica) {
    return !confirmed.contains(replica);
  }

  /** Whether all of them have confirmed it. */
  public boolean isComplete(Collection<Integer> successors) {
    return confirmed.containsAll(successors);
  }
}

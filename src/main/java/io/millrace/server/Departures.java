package io.millrace.server;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Finds nodes that have left for good: neither seen by the membership, nor registered, nor voters,
 * for a while. A node that has only just been started can be in none of these for a moment, and one
 * that is down is still registered.
 *
 * <p>Owner: whoever made it.
 */
final class Departures {
  private final long patienceMs;
  // When nodes were first found missing.
  private final Map<Integer, Long> missing = new HashMap<>();

  Departures(long patienceMs) {
    this.patienceMs = patienceMs;
  }

  /**
   * Looks once.
   *
   * @param remembered the nodes that this one could still talk to
   * @param expected those that may come back
   * @return the remembered ones that have left for good
   */
  Set<Integer> observe(long nowMs, Set<Integer> remembered, Set<Integer> expected) {
    missing.keySet().removeIf(nodeId -> !remembered.contains(nodeId) || expected.contains(nodeId));
    Set<Integer> left = new HashSet<>();
    for (int nodeId : remembered) {
      if (!expected.contains(nodeId)
          && nowMs - missing.computeIfAbsent(nodeId, any -> nowMs) >= patienceMs) {
        left.add(nodeId);
      }
    }
    missing.keySet().removeAll(left);
    return left;
  }
}

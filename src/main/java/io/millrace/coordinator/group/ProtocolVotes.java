package io.millrace.coordinator.group;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which protocols all members of a group speak, and which of them they prefer.
 *
 * <p>Invariant: counts hold, for each protocol, the number of members added that speak it.
 *
 * <p>Owner: partition loop.
 */
final class ProtocolVotes {
  private final Map<String, Integer> counts = new HashMap<>();

  void add(MemberProtocols protocols) {
    protocols.names().forEach(name -> counts.merge(name, 1, Integer::sum));
  }

  void remove(MemberProtocols protocols) {
    protocols
        .names()
        .forEach(name -> counts.computeIfPresent(name, (key, n) -> n == 1 ? null : n - 1));
  }

  /** Whether one of these protocols is spoken by all members. */
  boolean supportsOneOf(Collection<String> names, int members) {
    return names.stream().anyMatch(name -> spokenByAll(name, members));
  }

  /**
   * The protocol with the most votes: each member votes for the first of its own that all speak.
   * Among equals the one that was voted for first.
   *
   * @throws IllegalStateException if there is none
   */
  String select(Collection<ClassicMember> members) {
    Map<String, Integer> votes = new LinkedHashMap<>();
    for (ClassicMember member : members) {
      for (String name : member.protocols().names()) {
        if (spokenByAll(name, members.size())) {
          votes.merge(name, 1, Integer::sum);
          break;
        }
      }
    }
    String best = null;
    for (Map.Entry<String, Integer> vote : votes.entrySet()) {
      if (best == null || vote.getValue() > votes.get(best)) {
        best = vote.getKey();
      }
    }
    if (best == null) {
      throw new IllegalStateException("No protocol is spoken by all members: " + counts);
    }
    return best;
  }

  private boolean spokenByAll(String name, int members) {
    return counts.getOrDefault(name, 0) == members;
  }
}

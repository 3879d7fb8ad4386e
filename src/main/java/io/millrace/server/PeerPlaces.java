package io.millrace.server;

import io.millrace.client.PeerAddress;
import io.millrace.cluster.Address;
import io.millrace.cluster.Member;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;

/**
 * Where the other nodes are: where the membership sees them or, while it does not, where it saw
 * them last. Nodes whose network heals reach each other's internal listener at once, but the
 * membership takes up to half a minute to grow together again; quorum and heartbeats are not to
 * wait for that. Who is there now under such an address, the handshake tells.
 *
 * <p>Owner: any thread.
 */
final class PeerPlaces {
  /** Beyond these, nodes are not remembered: without a secret anybody can be a member. */
  private static final int MOST = 1_024;

  private final Map<Integer, PeerAddress> seen = new ConcurrentHashMap<>();

  /**
   * The membership sees these, and possibly others no longer.
   *
   * @param alive whether a process of a node, by its incarnation, is known to be alive
   * @return nodes that are somewhere else now, and no longer where they were: connections there
   *     lead nowhere
   */
  Set<Integer> onMembers(List<Member> oldestFirst, BiPredicate<Integer, UUID> alive) {
    Map<Integer, Member> chosen = new LinkedHashMap<>();
    Set<PeerAddress> all = new HashSet<>();
    for (Member member : oldestFirst) {
      all.add(addressOf(member));
      // The youngest of one node id is the one that runs: an older one is what is left of it. If
      // that is alive, the younger one is a mistake that will be refused.
      Member older = chosen.get(member.nodeId());
      if (older == null || !alive.test(older.nodeId(), older.incarnation())) {
        chosen.put(member.nodeId(), member);
      }
    }
    Set<Integer> moved = new HashSet<>();
    for (Member member : chosen.values()) {
      if (seen.size() < MOST || seen.containsKey(member.nodeId())) {
        PeerAddress now = addressOf(member);
        PeerAddress before = seen.put(member.nodeId(), now);
        if (before != null && !before.equals(now) && !all.contains(before)) {
          moved.add(member.nodeId());
        }
      }
    }
    return moved;
  }

  private static PeerAddress addressOf(Member member) {
    Address address = member.internalAddress();
    return new PeerAddress(address.host(), address.port());
  }

  /** The node will not come back. */
  void forget(int nodeId) {
    seen.remove(nodeId);
  }

  /** null = it was never seen. */
  PeerAddress addressOf(int nodeId) {
    return seen.get(nodeId);
  }

  /** Node ids of all that were seen and are not forgotten. */
  Set<Integer> nodeIds() {
    return Set.copyOf(seen.keySet());
  }
}

package io.millrace.server;

import io.millrace.client.PeerAddress;
import io.millrace.cluster.Address;
import io.millrace.cluster.Member;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where the other nodes are: where the membership sees them or, while it does not, where it saw
 * them last. Nodes whose network heals reach each other's internal listener at once, but the
 * membership takes up to half a minute to grow together again; quorum and heartbeats are not to
 * wait for that. Who is there now under such an address, the handshake tells.
 *
 * <p>Owner: any thread.
 */
final class PeerPlaces {
  /** Beyond these, nodes are not remembered: the membership's port knows no authentication. */
  private static final int MOST = 1_024;

  private final Map<Integer, PeerAddress> seen = new ConcurrentHashMap<>();

  /** The membership sees these, and possibly others no longer. */
  void onMembers(List<Member> oldestFirst) {
    // The youngest of one node id is the one that runs: an older one is what is left of it.
    for (Member member : oldestFirst) {
      if (seen.size() < MOST || seen.containsKey(member.nodeId())) {
        Address address = member.internalAddress();
        seen.put(member.nodeId(), new PeerAddress(address.host(), address.port()));
      }
    }
  }

  /** null = it was never seen. */
  PeerAddress addressOf(int nodeId) {
    return seen.get(nodeId);
  }

  /** Node ids of all that were ever seen. */
  Set<Integer> nodeIds() {
    return Set.copyOf(seen.keySet());
  }
}

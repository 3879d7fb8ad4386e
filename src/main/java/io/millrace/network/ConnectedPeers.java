package io.millrace.network;

import io.millrace.model.Clock;
import io.millrace.protocol.peer.PeerIdentity;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who has connections to this node: processes that have proved that they are of the cluster. So a
 * second process under one node id is known as that, and not as the first one started again: the
 * connections of a process that has ended are closed with it, and the kernel ends those of a
 * machine that is gone without a word ({@link PeerListenerVerticle}). Where the transport cannot
 * make it do so, only who was heard of lately counts as alive.
 *
 * <p>Invariant: a process without connections has no entry.
 *
 * <p>Owner: any thread.
 */
final class ConnectedPeers {
  /** Longer than a node of a cluster is ever silent to the leader. */
  static final long LATELY_NANOS = 15_000_000_000L;

  private static final class Run {
    final PeerIdentity identity;
    // Only changed and read while the node's entry is computed.
    int connections;
    volatile long heardNanos;

    Run(PeerIdentity identity) {
      this.identity = identity;
    }
  }

  private final Clock clock;
  private final boolean watched;
  // By node id, then by incarnation; the inner maps are replaced, never changed.
  private final Map<Integer, Map<UUID, Run>> byNode = new ConcurrentHashMap<>();

  /**
   * Nobody yet.
   *
   * @param watched whether connections end soon after the other end is gone without a word
   */
  ConnectedPeers(Clock clock, boolean watched) {
    this.clock = clock;
    this.watched = watched;
  }

  void add(PeerIdentity peer) {
    change(peer, 1);
    onHeard(peer);
  }

  void remove(PeerIdentity peer) {
    change(peer, -1);
  }

  /** Something has come of it. */
  void onHeard(PeerIdentity peer) {
    Run known = byNode.getOrDefault(peer.nodeId(), Map.of()).get(peer.incarnationId());
    if (known != null) {
      known.heardNanos = clock.nanos();
    }
  }

  private void change(PeerIdentity peer, int by) {
    byNode.compute(
        peer.nodeId(),
        (any, before) -> {
          Map<UUID, Run> after = before == null ? new HashMap<>() : new HashMap<>(before);
          Run known = after.computeIfAbsent(peer.incarnationId(), incarnation -> new Run(peer));
          known.connections += by;
          if (known.connections <= 0) {
            after.remove(peer.incarnationId());
          }
          return after.isEmpty() ? null : after;
        });
  }

  boolean isConnected(int nodeId) {
    return byNode.containsKey(nodeId);
  }

  boolean isConnected(int nodeId, UUID incarnation) {
    return byNode.getOrDefault(nodeId, Map.of()).containsKey(incarnation);
  }

  /** Another process that is alive under the node id of this one; null = there is none. */
  PeerIdentity rivalOf(PeerIdentity who) {
    for (Run known : byNode.getOrDefault(who.nodeId(), Map.of()).values()) {
      boolean alive = watched || clock.nanos() - known.heardNanos < LATELY_NANOS;
      if (alive && !known.identity.incarnationId().equals(who.incarnationId())) {
        return known.identity;
      }
    }
    return null;
  }
}

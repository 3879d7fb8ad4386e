package io.millrace.client;

import io.millrace.protocol.peer.PeerIdentity;

/**
 * Who is alive in the cluster, to tell a node from a second one under the same node id.
 *
 * <p>Owner: any thread.
 */
@FunctionalInterface
public interface PeerIdentities {
  /** Knows nobody. */
  PeerIdentities NONE = who -> null;

  /**
   * Another process that is alive under the node id of this one, in another directory or as another
   * incarnation; null = there is none. Must not block. A process that was killed and started again
   * is not a second one: whoever answers has to know that the first one is alive.
   */
  PeerIdentity rivalOf(PeerIdentity who);
}

package io.millrace.client;

import io.millrace.protocol.peer.PeerIdentity;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Who this node is. A fresh node learns its cluster id late, and then once: connections opened
 * before are ended where the other side is not known to be of that cluster.
 *
 * <p>Owner: any thread.
 */
public final class OwnIdentity {
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile PeerIdentity current;

  public OwnIdentity(PeerIdentity identity) {
    this.current = identity;
  }

  public PeerIdentity get() {
    return current;
  }

  /**
   * The node belongs to this cluster from now on.
   *
   * @throws IllegalStateException when it belongs to another one
   */
  public void joined(String clusterId) {
    synchronized (this) {
      String known = current.clusterId();
      if (clusterId.equals(known)) {
        return;
      }
      if (known != null) {
        throw new IllegalStateException(
            "node " + current.nodeId() + " is of cluster " + known + " and cannot join another");
      }
      current = current.inCluster(clusterId);
    }
    listeners.forEach(Runnable::run);
  }

  /** Runs after each change, on the thread that changed it. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }
}

package io.millrace.client;

import io.millrace.protocol.peer.PeerIdentity;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Who this node is. A fresh node learns its cluster id late, and then once: connections opened
 * before are ended where the other side is not known to be of that cluster.
 *
 * <p>Owner: any thread.
 */
public final class OwnIdentity {
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final AtomicReference<PeerIdentity> current;

  public OwnIdentity(PeerIdentity identity) {
    this.current = new AtomicReference<>(identity);
  }

  public PeerIdentity get() {
    return current.get();
  }

  /**
   * The node belongs to this cluster from now on.
   *
   * @throws IllegalStateException when it belongs to another one
   */
  public void joined(String clusterId) {
    PeerIdentity known = current.get();
    if (clusterId.equals(known.clusterId())) {
      return;
    }
    if (known.clusterId() != null || !current.compareAndSet(known, known.inCluster(clusterId))) {
      throw new IllegalStateException(
          current.get() + " has a cluster already and cannot join " + clusterId);
    }
    listeners.forEach(Runnable::run);
  }

  /** Runs after each change, on the thread that changed it. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }
}

package io.millrace.cluster;

import java.util.Set;

/**
 * Port: whom this node hears of apart from the membership, so that a membership that misses them is
 * noticed.
 *
 * <p>Owner: any thread.
 */
@FunctionalInterface
public interface PeerTraffic {
  /** Node ids of the peers whose messages arrived on the internal listener in the last seconds. */
  Set<Integer> heardOf();
}

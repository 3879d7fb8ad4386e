package io.millrace.client;

/**
 * Where the other nodes are, as far as is known now.
 *
 * <p>Owner: any thread.
 */
@FunctionalInterface
public interface PeerAddresses {
  /** The address of a node's internal listener; null = unknown now. Asked at each attempt. */
  PeerAddress addressOf(int nodeId);
}

package io.millrace.partition;

/**
 * Where the nodes are that consumers may read from (KIP-392).
 *
 * <p>Owner: any thread.
 */
public interface Racks {
  /** Consumers read from leaders only. */
  Racks LEADERS_ONLY = (nodeId, rack) -> false;

  /** Whether a node serves clients now and is in this rack. */
  boolean serves(int nodeId, String rack);
}

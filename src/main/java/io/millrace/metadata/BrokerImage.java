package io.millrace.metadata;

import java.util.List;

/**
 * A registered broker.
 *
 * @param nodeId its {@code node.id}
 * @param epoch broker epoch: the offset of its registration in the metadata log
 * @param endpoints where clients reach it, at least one
 * @param rack {@code broker.rack}; null = none
 * @param fenced true = not serving: no leader may be there
 *     <p>Owner: immutable.
 */
public record BrokerImage(
    int nodeId, long epoch, List<Endpoint> endpoints, String rack, boolean fenced) {
  public BrokerImage {
    endpoints = List.copyOf(endpoints);
  }
}

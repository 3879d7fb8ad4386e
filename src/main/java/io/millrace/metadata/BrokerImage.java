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
 * @param shuttingDown true = it serves, but is about to stop: it gets no leader and no place in an
 *     ISR
 * @param traits what it said about itself
 *     <p>Owner: immutable.
 */
public record BrokerImage(
    int nodeId,
    long epoch,
    List<Endpoint> endpoints,
    String rack,
    boolean fenced,
    boolean shuttingDown,
    NodeTraits traits) {
  public BrokerImage {
    endpoints = List.copyOf(endpoints);
  }

  /** A broker that said nothing about itself. */
  public BrokerImage(
      int nodeId, long epoch, List<Endpoint> endpoints, String rack, boolean fenced) {
    this(nodeId, epoch, endpoints, rack, fenced, false, NodeTraits.UNKNOWN);
  }

  /** Whether it may lead and be in an ISR. */
  public boolean active() {
    return !fenced && !shuttingDown;
  }

  BrokerImage fence() {
    return new BrokerImage(nodeId, epoch, endpoints, rack, true, shuttingDown, traits);
  }

  BrokerImage unfence() {
    return new BrokerImage(nodeId, epoch, endpoints, rack, false, false, traits);
  }

  BrokerImage stopping() {
    return new BrokerImage(nodeId, epoch, endpoints, rack, fenced, true, traits);
  }
}

package io.millrace.controller;

import io.millrace.metadata.Endpoint;
import io.millrace.metadata.FeatureRange;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A node says that it is there.
 *
 * @param nodeId its {@code node.id}
 * @param incarnation made anew at each start of the process, and again when the node comes back
 *     after it was without a majority; the same one again is answered with the same epoch. null =
 *     unknown: never the same as another
 * @param directories ids of its log directories (KIP-858)
 * @param endpoints where clients reach it; empty for a node that serves no clients
 * @param rack {@code broker.rack}; null = none
 * @param features what it can work with, {@code metadata.version} among them; empty = unknown
 * @param previousEpoch broker epoch of its registration before this one, as it remembers it from a
 *     clean stop (KIP-966); -1 = unknown
 * @param tails whether the ends of its logs are as they were
 * @param broker whether it has the role of a broker. Without it (a voter that serves no clients)
 *     only what it can work with is noted, its epoch is that record's offset, and it sends no
 *     heartbeats
 * @param voter whether it may vote on the metadata ({@code process.roles} has {@code controller})
 *     <p>Owner: immutable.
 */
public record BrokerRegistration(
    int nodeId,
    UUID incarnation,
    List<UUID> directories,
    List<Endpoint> endpoints,
    String rack,
    Map<String, FeatureRange> features,
    long previousEpoch,
    Tails tails,
    boolean broker,
    boolean voter) {
  /** Whether the ends of a node's logs are as others have seen them. */
  public enum Tails {
    /** It stopped in order, or has registered since. */
    WHOLE,
    /**
     * The process stopped uncleanly, but not the machine: nothing is lost that was written. Only
     * what no other node has gets a new leader epoch (KIP-320).
     */
    RECOVERED,
    /**
     * The machine stopped uncleanly, so that a tail may be lost: the node leaves every ISR unless
     * that would empty it, and what it leads gets a new leader epoch.
     */
    MAY_BE_CUT
  }

  public BrokerRegistration {
    directories = List.copyOf(directories);
    endpoints = List.copyOf(endpoints);
    features = Map.copyOf(features);
  }
}

package io.millrace.api.quorum;

import io.millrace.metadata.Endpoint;
import io.millrace.model.VoterId;
import java.util.List;
import java.util.Map;

/**
 * The quorum as its leader sees it.
 *
 * @param leaderId node id
 * @param term the leader's
 * @param highWatermark offset (exclusive) up to which the metadata log is committed
 * @param voters with the leader itself
 * @param observers nodes that follow without a vote
 * @param endpoints where the other nodes reach a node, by node id, as far as the leader knows
 *     <p>Owner: immutable.
 */
public record QuorumDescription(
    int leaderId,
    int term,
    long highWatermark,
    List<Replica> voters,
    List<Replica> observers,
    Map<Integer, List<Endpoint>> endpoints) {
  /**
   * A node with a copy of the metadata log.
   *
   * @param logEndOffset exclusive, as the leader heard it; -1 = unknown
   * @param lastFetchMs wall time at which it was last heard of; -1 = never
   * @param lastCaughtUpMs wall time at which it last had all that the leader had; -1 = never
   */
  public record Replica(VoterId id, long logEndOffset, long lastFetchMs, long lastCaughtUpMs) {}

  public QuorumDescription {
    voters = List.copyOf(voters);
    observers = List.copyOf(observers);
    endpoints = Map.copyOf(endpoints);
  }
}

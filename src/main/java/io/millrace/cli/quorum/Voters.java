package io.millrace.cli.quorum;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.QuorumInfo.ReplicaState;

/**
 * Looks things up in what a cluster says about its quorum.
 *
 * <p>Owner: any thread.
 */
public final class Voters {
  private Voters() {}

  /** The node among these, if it is there. */
  static Optional<ReplicaState> find(List<ReplicaState> replicas, int nodeId) {
    return replicas.stream().filter(replica -> replica.replicaId() == nodeId).findAny();
  }

  /** How far a node is behind the leader's log end; empty = unknown. */
  public static OptionalLong lag(ReplicaState replica, QuorumInfo quorum) {
    Optional<ReplicaState> leader = find(quorum.voters(), quorum.leaderId());
    return leader.isEmpty() || replica.logEndOffset() < 0
        ? OptionalLong.empty()
        : OptionalLong.of(Math.max(0, leader.get().logEndOffset() - replica.logEndOffset()));
  }
}

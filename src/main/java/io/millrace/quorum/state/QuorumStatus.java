package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import java.util.List;

/**
 * The quorum as one replica sees it.
 *
 * @param leader null = unknown
 * @param committedEnd exclusive
 * @param logEnd exclusive
 * @param replicas voters first; who does not lead knows only the voters' ids and itself
 *     <p>Owner: immutable.
 */
public record QuorumStatus(
    int term, VoterId leader, long committedEnd, long logEnd, List<Replica> replicas) {
  /**
   * One replica.
   *
   * @param voter false = a learner
   * @param endOffset end (exclusive) of what it has on its disk; -1 = unknown
   * @param lastHeardMs when it last answered the leader, in the caller's clock; -1 = never or
   *     unknown
   * @param caughtUpMs when it last had everything the leader had; -1 = never or unknown
   */
  public record Replica(
      VoterId id, boolean voter, long endOffset, long lastHeardMs, long caughtUpMs) {}

  public QuorumStatus {
    replicas = List.copyOf(replicas);
  }
}

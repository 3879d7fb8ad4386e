package io.millrace.quorum;

import io.millrace.model.VoterId;
import io.millrace.quorum.state.QuorumRules.Role;
import io.millrace.quorum.state.QuorumStatus;
import java.util.List;

/**
 * The quorum as this node sees it.
 *
 * @param self this replica; its directory id is another than the voter's while the voter is damaged
 * @param role what it is
 * @param active whether it leads and takes proposals
 * @param term the newest one it knows
 * @param leader null = unknown
 * @param committedEnd end (exclusive) of what is committed and was delivered
 * @param logEnd end (exclusive) of its log
 * @param replicas voters first; who does not lead knows only the voters' ids and itself
 * @param problem why this node does not vote although it should, and what to do; null = it is well
 * @param dropped messages that were not understood, or too many, since the start
 *     <p>Owner: immutable.
 */
public record QuorumView(
    VoterId self,
    Role role,
    boolean active,
    int term,
    VoterId leader,
    long committedEnd,
    long logEnd,
    List<Replica> replicas,
    String problem,
    long dropped) {
  /**
   * One replica, as the leader knows it.
   *
   * @param voter false = a learner
   * @param endOffset end (exclusive) of what it has on its disk; -1 = unknown
   * @param lastFetchMs wall time when it last answered the leader; -1 = unknown
   * @param lastCaughtUpMs wall time when it last had all that the leader had; -1 = unknown
   */
  public record Replica(
      VoterId id, boolean voter, long endOffset, long lastFetchMs, long lastCaughtUpMs) {
    /**
     * The same in wall time.
     *
     * @param wallMs what is to be added to a time of the rules' clock
     */
    static Replica of(QuorumStatus.Replica replica, long wallMs) {
      return new Replica(
          replica.id(),
          replica.voter(),
          replica.endOffset(),
          replica.lastHeardMs() < 0 ? -1 : wallMs + replica.lastHeardMs(),
          replica.caughtUpMs() < 0 ? -1 : wallMs + replica.caughtUpMs());
    }
  }

  public QuorumView {
    replicas = List.copyOf(replicas);
  }

  /** Node id of the leader; -1 = unknown. */
  public int leaderNode() {
    return leader == null ? -1 : leader.nodeId();
  }
}

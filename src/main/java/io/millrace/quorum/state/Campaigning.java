package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import java.util.HashSet;
import java.util.Set;

/**
 * Asks to be elected: first whether there is a point in it, which changes nothing at anybody
 * (PreVote; Ongaro, section 9.6), then for votes in a new term. Asks again those who have not
 * agreed, as messages get lost.
 *
 * <p>Owner: quorum context.
 */
final class Campaigning implements RoleState {
  private final Replica replica;

  /** Whether the term is begun, and real votes are wanted. */
  private final boolean forVotes;

  /** The leader has asked for this. */
  private final boolean transfer;

  private final long begunMs;
  private final long deadlineMs;
  private final Set<VoterId> agreed = new HashSet<>();
  private long askAgainMs;

  private Campaigning(Replica replica, boolean forVotes, boolean transfer) {
    this.replica = replica;
    this.forVotes = forVotes;
    this.transfer = transfer;
    this.begunMs = replica.nowMs;
    this.deadlineMs = replica.randomDeadline();
  }

  static Campaigning forPreVotes(Replica replica) {
    Campaigning campaign = new Campaigning(replica, false, false);
    campaign.agreed.add(replica.self);
    campaign.ask();
    return campaign;
  }

  /** Begins a term with this replica's own vote, which counts once it is on the disk. */
  static Campaigning forVotes(Replica replica, boolean transfer) {
    replica.disk.setHardState(new HardState(replica.term() + 1, replica.self));
    Campaigning campaign = new Campaigning(replica, true, transfer);
    campaign.askAgainMs = Long.MAX_VALUE;
    return campaign;
  }

  boolean isForVotes() {
    return forVotes;
  }

  /** Whether those who were asked had time to answer twice. */
  boolean isOverdue() {
    return replica.nowMs - begunMs >= 2L * replica.timing.heartbeatMs();
  }

  boolean isWon() {
    return replica.voters().hasMajority(agreed::contains);
  }

  /** When to begin again, at a random time so that two candidates do not go on in step. */
  long deadlineMs() {
    return deadlineMs;
  }

  long askAgainMs() {
    return askAgainMs;
  }

  /** Its own vote may be on the disk now. */
  void onWritten() {
    if (forVotes && replica.disk.isHardStateWritten() && agreed.add(replica.self)) {
      ask();
    }
  }

  void onAgreed(VoterId voter) {
    agreed.add(voter);
  }

  /** Asks everybody who has not agreed yet. */
  void ask() {
    askAgainMs = replica.nowMs + replica.timing.heartbeatMs();
    for (VoterId voter : replica.voters().ids()) {
      if (!agreed.contains(voter)) {
        replica.disk.send(question(voter));
      }
    }
  }

  private Message question(VoterId to) {
    long end = replica.log.end();
    int lastTerm = replica.log.lastTerm();
    return forVotes
        ? new Message.Vote(replica.self, to, replica.term(), end, lastTerm, transfer)
        : new Message.PreVote(replica.self, to, replica.term() + 1, end, lastTerm);
  }
}

package io.millrace.quorum.state;

import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Message.TimeoutNow;
import io.millrace.quorum.state.VoterChange.Refusal;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Leads a term: appends, and says what is committed.
 *
 * <p>Owner: quorum context.
 */
final class Leading implements RoleState {
  private final Replica replica;
  private final ReplicaLog log;
  private final Replication replication;
  private final ReadRequests reads = new ReadRequests();

  /** Offset of the term's first record. */
  private final long termStart;

  /** Who is to lead next; null = no transfer. */
  private VoterId successor;

  private long transferDeadlineMs;
  private long timeoutNowMs;

  /** Begins the term with an entry of its own, without which none of earlier terms is committed. */
  Leading(Replica replica) {
    this.replica = replica;
    this.log = replica.log;
    this.replication = new Replication(replica);
    this.termStart = log.end();
    append(
        log.voters().isRecorded()
            ? List.of(NoOp.INSTANCE)
            : List.of(NoOp.INSTANCE, new Voters(replica.voters().ids())));
  }

  Replication replication() {
    return replication;
  }

  ReadRequests reads() {
    return reads;
  }

  boolean isActive() {
    return log.committedEnd() > termStart && successor == null;
  }

  long propose(List<MetadataRecord> records) {
    return append(records);
  }

  private long append(List<MetadataRecord> records) {
    log.append(new Entry(log.end(), replica.term(), records));
    return log.end() - 1;
  }

  /** Whether a majority has answered lately (CheckQuorum; Ongaro, section 6.2). */
  boolean hasMajority() {
    long since = replica.nowMs - replica.timing.electionTimeoutMs();
    return replica.voters().hasMajority(id -> isSelf(id) || replication.of(id).heardMs > since);
  }

  private boolean isSelf(VoterId id) {
    return id.equals(replica.self);
  }

  /**
   * Commits what a majority has on its disks, if it is of this term (Raft, section 5.4.2). This
   * replica counts with what it has fsynced itself, and commits no more than that.
   */
  void commit() {
    long reached =
        replica
            .voters()
            .reachedByMajority(
                id -> isSelf(id) ? log.persistedEnd() : replication.of(id).matchedEnd);
    long to = log.wholeEnd(Math.min(reached, log.persistedEnd()));
    if (to > termStart) {
      log.commitTo(to);
    }
  }

  /** Whether the others have agreed that this one does not vote: then it leads no more. */
  boolean isRemoved() {
    return !replica.isVoter() && !log.voters().hasChangeFrom(log.committedEnd());
  }

  /**
   * Whether it only seems to lead: heartbeats need no disk, but nothing is committed any more, and
   * somebody else could do better.
   */
  boolean isStuck() {
    return replica.disk.isHanging(replica.nowMs, replica.timing)
        && log.committedEnd() < log.end()
        && !replica.voters().isOnly(replica.self);
  }

  void tick() {
    replication.forgetSilentLearners();
    if (successor != null && replica.nowMs >= transferDeadlineMs) {
      successor = null;
    }
    callSuccessor();
  }

  void onReply(Message reply) {
    Progress from = replication.of(reply.from());
    if (from == null) {
      return;
    }
    if (reply instanceof Message.AppendReply append) {
      replication.onAppendReply(from, append);
    } else if (reply instanceof Message.SnapshotReply snapshot) {
      replication.onSnapshotReply(from, snapshot);
    }
    commit();
    callSuccessor();
  }

  // ---- Voters

  VoterChange addVoter(VoterId id) {
    Refusal refusal = refusal();
    if (refusal == null) {
      refusal =
          replica.voters().contains(id)
              ? Refusal.IS_VOTER
              : replica.voters().ids().stream().anyMatch(one -> one.nodeId() == id.nodeId())
                  ? Refusal.NODE_IS_VOTER
                  : isCaughtUp(id) ? null : Refusal.NOT_CAUGHT_UP;
    }
    return refusal == null ? change(replica.voters().with(id)) : VoterChange.refused(refusal);
  }

  VoterChange removeVoter(VoterId id) {
    Refusal refusal = refusal();
    if (refusal == null) {
      refusal =
          !replica.voters().contains(id)
              ? Refusal.NO_VOTER
              : replica.voters().isOnly(id) ? Refusal.LAST_VOTER : null;
    }
    return refusal == null ? change(replica.voters().without(id)) : VoterChange.refused(refusal);
  }

  private VoterChange change(VoterSet to) {
    long lastOffset = append(List.of(new Voters(to.ids())));
    replication.onVotersChanged();
    return new VoterChange(null, lastOffset);
  }

  /**
   * One change at a time, and none before this term has committed something: two changes of
   * different terms could otherwise have majorities that do not meet.
   */
  private Refusal refusal() {
    if (!isActive()) {
      return Refusal.NOT_LEADER;
    }
    return log.voters().hasChangeFrom(log.committedEnd()) ? Refusal.CHANGE_UNDER_WAY : null;
  }

  boolean isCaughtUp(VoterId id) {
    Progress one = replication.of(id);
    return one != null && replica.nowMs - one.caughtUpMs <= replica.timing.electionTimeoutMs();
  }

  // ---- Transfer (Ongaro, section 3.10)

  Refusal transferTo(VoterId id) {
    if (!isActive()) {
      return Refusal.NOT_LEADER;
    }
    if (isSelf(id)) {
      return Refusal.IS_LEADER;
    }
    if (!replica.voters().contains(id)) {
      return Refusal.NO_VOTER;
    }
    successor = id;
    transferDeadlineMs = replica.nowMs + replica.timing.electionTimeoutMs();
    timeoutNowMs = replica.nowMs;
    callSuccessor();
    return null;
  }

  /** As soon as the successor has everything, and again, as messages get lost. */
  private void callSuccessor() {
    if (successor != null
        && replica.nowMs >= timeoutNowMs
        && replication.of(successor).matchedEnd == log.end()) {
      replica.disk.send(new TimeoutNow(replica.self, successor, replica.term()));
      timeoutNowMs = replica.nowMs + replica.timing.heartbeatMs();
    }
  }

  /** Asks the voter that has most to lead, without waiting for the outcome. */
  void abdicate() {
    Optional<Progress> best =
        replication.all().stream()
            .filter(one -> replica.voters().contains(one.id))
            .max(
                Comparator.comparingLong((Progress one) -> one.matchedEnd)
                    .thenComparingLong(one -> one.heardMs));
    best.ifPresent(one -> replica.disk.send(new TimeoutNow(replica.self, one.id, replica.term())));
  }

  // ---- Reads

  void readIndex(long ticket) {
    reads.add(ticket, replication.nextRound(), log.committedEnd());
  }

  List<Ready.Read> takeReads() {
    return reads.takeAnswered(
        round ->
            replica
                .voters()
                .hasMajority(id -> isSelf(id) || replication.of(id).answeredRound >= round));
  }

  long nextMs() {
    long next = Math.min(replication.nextMs(), replica.nowMs + replica.timing.electionTimeoutMs());
    return successor == null ? next : Math.min(next, Math.max(timeoutNowMs, replica.nowMs + 1));
  }
}

package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import io.millrace.quorum.state.Message.Append;
import io.millrace.quorum.state.Message.AppendReply;

/**
 * Follows a leader, or waits for one: takes what it appends and is loyal to it as long as it is
 * heard from.
 *
 * <p>Owner: quorum context.
 */
final class Following implements RoleState {
  private final Replica replica;
  private final ReplicaLog log;

  /** null = unknown, or somebody who should know says that it is gone. */
  private VoterId leader;

  /** What the leader said is committed, of what is the same here; on the disk or not. */
  private long toldCommittedEnd;

  private long heardMs;
  private long electionMs;

  /** A follower of this term; the leader may be null. */
  Following(Replica replica, VoterId leader) {
    this.replica = replica;
    this.log = replica.log;
    onHeardFrom(leader);
  }

  VoterId leader() {
    return leader;
  }

  /** When it gives up waiting; alone it need not wait. */
  long electionMs() {
    return replica.voters().isOnly(replica.self) ? heardMs : electionMs;
  }

  /** Whether there is no reason to desert the leader (Ongaro, section 4.2.3). */
  boolean isLoyal() {
    return leader != null && replica.nowMs - heardMs < replica.timing.electionTimeoutMs();
  }

  void onHeardFrom(VoterId from) {
    leader = from;
    if (from != null) {
      replica.onLeaderHeard(from);
    }
    waitAnew();
  }

  /** It has given its vote, and gives the candidate time. */
  void waitAnew() {
    heardMs = replica.nowMs;
    electionMs = replica.randomDeadline();
  }

  void onMemberGone(int nodeId) {
    if (leader != null && leader.nodeId() == nodeId) {
      leader = null;
    }
  }

  /** Takes what the leader of this term appends. */
  void onAppend(Append append) {
    onHeardFrom(append.from());
    if (replica.disk.isPaused(replica.nowMs) && !append.entries().isEmpty()) {
      return; // as if it were lost
    }
    long known = log.committedEnd(); // up to here all logs are the same
    if (append.prevEnd() > known
        && (append.prevEnd() > log.end()
            || log.terms().before(append.prevEnd()) != append.prevTerm())) {
      refuse(append);
      return;
    }
    long matched = Math.min(append.prevEnd(), log.end());
    boolean takes = !append.entries().isEmpty();
    if (takes) {
      append.entries().forEach(this::take);
      matched = append.endOffset();
    }
    onMatched(Math.max(matched, known), append.committedEnd());
    if (takes) {
      replica.disk.sendWhenWritten(reply(append, true, Math.max(matched, known), 0));
    } else {
      // A heartbeat does not wait for the disk: it acknowledges what is there.
      long there = Math.min(Math.max(matched, known), log.persistedEnd());
      replica.disk.sendInTerm(reply(append, true, there, 0));
    }
  }

  private void refuse(Append append) {
    long end = Math.min(append.prevEnd(), log.end());
    if (end == append.prevEnd()) {
      // Our term there is another one: what the leader has of its term cannot be here.
      end = log.terms().lastEndUpTo(append.prevTerm(), end - 1);
    }
    end = Math.max(end, log.committedEnd());
    replica.disk.sendInTerm(reply(append, false, end, log.terms().before(end)));
  }

  private AppendReply reply(Append to, boolean matched, long end, int endTerm) {
    return new AppendReply(
        replica.self, to.from(), replica.term(), matched, end, endTerm, to.round());
  }

  /** Appends an entry unless it is there already; what contradicts it was never committed. */
  private void take(Entry entry) {
    long from = Math.max(entry.baseOffset(), log.terms().start());
    long to = Math.min(entry.endOffset(), log.end());
    if (from < to) {
      long other = log.terms().firstDifference(from, to, entry.term());
      if (other < to) {
        log.truncateTo(other);
      }
    }
    if (entry.endOffset() > log.end()) {
      log.append(entry.slice(log.end(), entry.endOffset()));
    }
  }

  private void onMatched(long matched, long leaderCommittedEnd) {
    toldCommittedEnd = Math.max(toldCommittedEnd, Math.min(matched, leaderCommittedEnd));
    commit();
  }

  /** More of the log is on the disk, or more is known to be committed. */
  void commit() {
    log.commitTo(log.wholeEnd(Math.min(toldCommittedEnd, log.persistedEnd())));
  }

  /**
   * The snapshot's end and term are in the log, so all below it is right, and it is committed.
   *
   * @return whether it is so
   */
  boolean hasAlready(Message.InstallSnapshot message) {
    SnapshotId snapshot = message.snapshot();
    long known = log.committedEnd();
    if (snapshot.endOffset() > known
        && (snapshot.endOffset() > log.end()
            || log.terms().before(snapshot.endOffset()) != snapshot.term())) {
      return false;
    }
    long matched = Math.max(snapshot.endOffset(), known);
    onMatched(matched, matched);
    sayMatched(message.from(), matched, message.round());
    return true;
  }

  /** Tells the leader what it may count as ours. */
  void sayMatched(VoterId to, long end, long round) {
    replica.disk.sendWhenWritten(
        new AppendReply(replica.self, to, replica.term(), true, end, 0, round));
  }
}

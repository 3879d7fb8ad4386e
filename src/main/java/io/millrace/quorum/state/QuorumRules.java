package io.millrace.quorum.state;

import io.millrace.metadata.MetadataRecord;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Ready.Read;
import io.millrace.quorum.state.VoterChange.Refusal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The rules by which voters agree on one log, after Raft (Ongaro's dissertation), with PreVote,
 * CheckQuorum, learners, one change of the voters at a time, ReadIndex, snapshots and transfer of
 * leadership. No I/O, no clock: the caller brings messages, time and the outcome of writes, and
 * after each call takes {@link #ready()} and does what it says.
 *
 * <p>{@code nowMs} is a monotonic clock of the caller, the same one in all calls.
 *
 * <p>Owner: quorum context.
 */
public final class QuorumRules {
  /** What this replica is. */
  public enum Role {
    /** Does not vote: replicates what it is told. */
    LEARNER,
    /** Votes, and follows a leader or waits for one. */
    FOLLOWER,
    /** Asks to be elected. */
    CANDIDATE,
    /** Appends; takes proposals once {@link QuorumRules#isActive}. */
    LEADER,
    /** The disk failed: neither votes nor acknowledges any more. */
    FAILED
  }

  private final Replica replica;
  private final Roles roles;
  private long lastTicket;

  /**
   * A replica as its disk says.
   *
   * @throws IllegalArgumentException if the disk has lost what was committed, or its term: nobody
   *     may go on under this id
   */
  public QuorumRules(
      VoterId self, QuorumTiming timing, Stored stored, RandomGenerator random, long nowMs) {
    this.replica = new Replica(self, timing, stored, random, nowMs);
    this.roles = new Roles(replica);
  }

  // ---- What happens

  /** A message has come. One that is for another directory of this node is not listened to. */
  public void step(long nowMs, Message message) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    roles.step(message);
  }

  /** Time has passed; to be called at {@link #nextTickMs} at the latest. */
  public void tick(long nowMs) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    roles.tick();
  }

  /** When {@link #tick} is wanted next. */
  public long nextTickMs() {
    return roles.nextTickMs();
  }

  /** Those that may know a leader (the members of the cluster): a learner says hello to them. */
  public void onPeers(Set<VoterId> peers) {
    replica.peers = Set.copyOf(peers);
  }

  /** Somebody who should know says that the node is gone: nobody is loyal to it as a leader. */
  public void onMemberGone(long nowMs, int nodeId) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    roles.onMemberGone(nodeId);
  }

  /**
   * This voter is to ask for an election without waiting for a timeout, if it knows no leader. Does
   * nothing else; may be repeated at will.
   */
  public void nominate(long nowMs) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    roles.nominate();
  }

  // ---- What the leader is asked

  /** Whether this replica leads and takes proposals: the first entry of its term is committed. */
  public boolean isActive() {
    return leading() != null && leading().isActive();
  }

  /**
   * Appends records as one entry. Only when {@link #isActive}.
   *
   * @return the offset of the last record
   */
  public long propose(List<MetadataRecord> records) {
    return active("propose").propose(records);
  }

  /** Makes a learner a voter. */
  public VoterChange addVoter(VoterId id) {
    return leading() == null ? VoterChange.refused(Refusal.NOT_LEADER) : leading().addVoter(id);
  }

  /** Takes the vote from a voter, also from this one, which then leads until that is committed. */
  public VoterChange removeVoter(VoterId id) {
    return leading() == null ? VoterChange.refused(Refusal.NOT_LEADER) : leading().removeVoter(id);
  }

  /** Whether this replica leads and the other one has all of the log, or had a moment ago. */
  public boolean isCaughtUp(VoterId id) {
    return leading() != null && leading().isCaughtUp(id);
  }

  /**
   * Hands the lead to another voter: no proposals are taken until it leads, or until an election
   * timeout has passed without that.
   *
   * @return null = it was begun
   */
  public Refusal transferTo(long nowMs, VoterId id) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    return leading() == null ? Refusal.NOT_LEADER : leading().transferTo(id);
  }

  /**
   * Asks for an offset that no read may be older than (section 6.4). The answer comes in {@link
   * Ready#reads}.
   *
   * @return the ticket; -1 = this replica is not {@link #isActive}
   */
  public long readIndex() {
    if (!isActive()) {
      return -1;
    }
    leading().readIndex(++lastTicket);
    return lastTicket;
  }

  // ---- What the disk says

  /** What is to be done; empty when there is nothing. */
  public Ready ready() {
    List<Read> reads = new ArrayList<>(roles.takeFailedReads());
    List<Ready.LogRead> logReads = List.of();
    List<Ready.SnapshotRead> snapshotReads = List.of();
    Leading leading = leading();
    if (leading != null) {
      leading.replication().flush();
      logReads = leading.replication().takeLogReads();
      snapshotReads = leading.replication().takeSnapshotReads();
      reads.addAll(leading.takeReads());
    }
    return new Ready(
        roles.isFailed() ? null : replica.disk.takeWrite(replica.nowMs),
        replica.disk.takeMessages(),
        replica.log.takeCommitted(),
        logReads,
        snapshotReads,
        reads);
  }

  /** All of the write under way is on the disk, fsynced. */
  public void onWritten(long nowMs) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    if (!roles.isFailed()) {
      roles.onWritten();
    }
  }

  /**
   * The write under way failed, but the disk may get well (it is full). Term and vote count as not
   * written. A cut of the log that fails is not this, but {@link #onDiskFailed}.
   *
   * @param endOffset where the log on the disk ends nevertheless
   */
  public void onAppendFailed(long nowMs, long endOffset) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    if (!roles.isFailed()) {
      roles.onAppendFailed(endOffset);
    }
  }

  /**
   * Nobody knows what is on the disk: this replica votes and acknowledges no more. {@link #ready}
   * may have a last message, which asks another voter to lead.
   */
  public void onDiskFailed() {
    roles.fail();
  }

  /**
   * The last {@link Ready.Chunk} was written and is the log now.
   *
   * @param voters as the snapshot's records say; empty = they say nothing
   */
  public void onSnapshotInstalled(long nowMs, Set<VoterId> voters) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    if (!roles.isFailed()) {
      roles.onSnapshotInstalled(voters);
    }
  }

  /** The last {@link Ready.Chunk} was written, but the file is not whole: it is thrown away. */
  public void onSnapshotRefused(long nowMs) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    if (!roles.isFailed()) {
      roles.onSnapshotRefused();
    }
  }

  /**
   * This replica has written a snapshot of its own, durable, and the log before it may be gone.
   *
   * @param endOffset exclusive; not beyond {@link #committedEnd}
   */
  public void onSnapshotTaken(long endOffset) {
    replica.log.onSnapshotTaken(endOffset);
  }

  /**
   * The answer to a {@link Ready.LogRead}.
   *
   * @param entries empty = it failed, or a snapshot has taken their place
   */
  public void onLogRead(long nowMs, Ready.LogRead read, List<Entry> entries) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    if (leading() != null) {
      leading().replication().onLogRead(read, entries);
    }
  }

  /**
   * The answer to a {@link Ready.SnapshotRead}.
   *
   * @param data read only; null = it failed, a newer snapshot has taken its place, or it ends
   *     before that position: the follower gets it from its start
   * @param last whether the file ends with it
   */
  public void onSnapshotRead(long nowMs, Ready.SnapshotRead read, ByteBuffer data, boolean last) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    if (leading() != null) {
      leading().replication().onSnapshotRead(read, data, last);
    }
  }

  /** null = this replica does not lead. */
  private Leading leading() {
    return roles.leading();
  }

  private Leading active(String what) {
    if (!isActive()) {
      throw new IllegalStateException("Cannot " + what + " as " + role() + " of term " + term());
    }
    return leading();
  }

  // ---- What is the case

  public Role role() {
    RoleState role = roles.current();
    if (role instanceof Failed) {
      return Role.FAILED;
    }
    if (role instanceof Leading) {
      return Role.LEADER;
    }
    if (role instanceof Campaigning) {
      return Role.CANDIDATE;
    }
    return replica.isNeeded() ? Role.FOLLOWER : Role.LEARNER;
  }

  public int term() {
    return replica.term();
  }

  /** null = unknown. */
  public VoterId leader() {
    if (leading() != null) {
      return replica.self;
    }
    return roles.current() instanceof Following following ? following.leader() : null;
  }

  /** Who was heard of last as the leader, other than this replica. */
  public PreviousLeader previousLeader() {
    return replica.previousLeader();
  }

  /** End (exclusive) of the log, written or not. */
  public long logEnd() {
    return replica.log.end();
  }

  /** End (exclusive) of what is known to be committed and is on this disk; never goes back. */
  public long committedEnd() {
    return replica.log.committedEnd();
  }

  /** Term of the last record below {@code end}; for the name of a snapshot. */
  public int termBefore(long end) {
    return replica.log.terms().before(end);
  }

  /** Who votes, by the newest record in the log, committed or not. */
  public Set<VoterId> voters() {
    return replica.voters().ids();
  }

  public QuorumStatus status() {
    return StatusReport.of(replica, leading(), leader());
  }
}

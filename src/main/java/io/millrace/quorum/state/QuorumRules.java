package io.millrace.quorum.state;

import io.millrace.metadata.MetadataRecord;
import io.millrace.model.VoterId;
import java.nio.ByteBuffer;
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
    /** The disk failed or is damaged: neither votes nor acknowledges any more. */
    FAILED
  }

  /** A replica as its disk says. */
  public QuorumRules(
      VoterId self, QuorumTiming timing, Stored stored, RandomGenerator random, long nowMs) {
    throw new UnsupportedOperationException();
  }

  /**
   * A voter whose log cannot be read or whose vote is missing: {@link Role#FAILED} from the start.
   * It may take part again with a new directory, as a new learner.
   */
  public static QuorumRules damaged(VoterId self, QuorumTiming timing) {
    throw new UnsupportedOperationException();
  }

  // ---- What happens

  /** A message has come. One that is for another directory of this node is not listened to. */
  public void step(long nowMs, Message message) {
    throw new UnsupportedOperationException();
  }

  /** Time has passed; to be called at {@link #nextTickMs} at the latest. */
  public void tick(long nowMs) {
    throw new UnsupportedOperationException();
  }

  /** When {@link #tick} is wanted next. */
  public long nextTickMs() {
    throw new UnsupportedOperationException();
  }

  /** Those that may know a leader (the members of the cluster): a learner says hello to them. */
  public void onPeers(Set<VoterId> peers) {
    throw new UnsupportedOperationException();
  }

  /** Somebody who should know says that the node is gone: nobody is loyal to it as a leader. */
  public void onMemberGone(long nowMs, int nodeId) {
    throw new UnsupportedOperationException();
  }

  /**
   * This voter is to ask for an election without waiting for a timeout, if it knows no leader. Does
   * nothing else; may be repeated at will.
   */
  public void nominate(long nowMs) {
    throw new UnsupportedOperationException();
  }

  // ---- What the leader is asked

  /** Whether this replica leads and takes proposals: the first entry of its term is committed. */
  public boolean isActive() {
    throw new UnsupportedOperationException();
  }

  /**
   * Appends records as one entry. Only when {@link #isActive}.
   *
   * @return the offset of the last record
   */
  public long propose(List<MetadataRecord> records) {
    throw new UnsupportedOperationException();
  }

  /** Makes a learner a voter. */
  public VoterChange addVoter(VoterId id) {
    throw new UnsupportedOperationException();
  }

  /** Takes the vote from a voter, also from this one, which then leads until that is committed. */
  public VoterChange removeVoter(VoterId id) {
    throw new UnsupportedOperationException();
  }

  /** Whether this replica leads and the other one has all of the log, or had a moment ago. */
  public boolean isCaughtUp(VoterId id) {
    throw new UnsupportedOperationException();
  }

  /**
   * Hands the lead to another voter: no proposals are taken until it leads, or until an election
   * timeout has passed without that.
   *
   * @return null = it was begun
   */
  public VoterChange.Refusal transferTo(long nowMs, VoterId id) {
    throw new UnsupportedOperationException();
  }

  /**
   * Asks for an offset that no read may be older than (section 6.4). The answer comes in {@link
   * Ready#reads}.
   *
   * @return the ticket; -1 = this replica is not {@link #isActive}
   */
  public long readIndex() {
    throw new UnsupportedOperationException();
  }

  // ---- What the disk says

  /** What is to be done; empty when there is nothing. */
  public Ready ready() {
    throw new UnsupportedOperationException();
  }

  /** All of the write under way is on the disk, fsynced. */
  public void onWritten(long nowMs) {
    throw new UnsupportedOperationException();
  }

  /**
   * The write under way failed, but the disk may get well (it is full). Term and vote count as not
   * written. A cut or a snapshot that fails is not this, but {@link #onDiskFailed}.
   *
   * @param endOffset where the log on the disk ends nevertheless
   */
  public void onAppendFailed(long nowMs, long endOffset) {
    throw new UnsupportedOperationException();
  }

  /**
   * Nobody knows what is on the disk: this replica votes and acknowledges no more. {@link #ready}
   * may have a last message, which asks another voter to lead.
   */
  public void onDiskFailed() {
    throw new UnsupportedOperationException();
  }

  /**
   * The last {@link Ready.Chunk} was written and is the log now.
   *
   * @param voters as the snapshot's records say; empty = they say nothing
   */
  public void onSnapshotInstalled(long nowMs, Set<VoterId> voters) {
    throw new UnsupportedOperationException();
  }

  /** The last {@link Ready.Chunk} was written, but the file is not whole: it is thrown away. */
  public void onSnapshotRefused(long nowMs) {
    throw new UnsupportedOperationException();
  }

  /**
   * This replica has written a snapshot of its own, durable, and the log before it may be gone.
   *
   * @param endOffset exclusive; not beyond {@link #committedEnd}
   */
  public void onSnapshotTaken(long endOffset) {
    throw new UnsupportedOperationException();
  }

  /**
   * The answer to a {@link Ready.LogRead}.
   *
   * @param entries empty = it failed, or a snapshot has taken their place
   */
  public void onLogRead(long nowMs, Ready.LogRead read, List<Entry> entries) {
    throw new UnsupportedOperationException();
  }

  /**
   * The answer to a {@link Ready.SnapshotRead}.
   *
   * @param data read only; null = it failed, or a newer snapshot has taken its place
   * @param last whether the file ends with it
   */
  public void onSnapshotRead(long nowMs, Ready.SnapshotRead read, ByteBuffer data, boolean last) {
    throw new UnsupportedOperationException();
  }

  // ---- What is the case

  public Role role() {
    throw new UnsupportedOperationException();
  }

  public int term() {
    throw new UnsupportedOperationException();
  }

  /** null = unknown. */
  public VoterId leader() {
    throw new UnsupportedOperationException();
  }

  /** End (exclusive) of the log, written or not. */
  public long logEnd() {
    throw new UnsupportedOperationException();
  }

  /** End (exclusive) of what is known to be committed and is on this disk; never goes back. */
  public long committedEnd() {
    throw new UnsupportedOperationException();
  }

  /** Term of the last record below {@code end}; for the name of a snapshot. */
  public int termBefore(long end) {
    throw new UnsupportedOperationException();
  }

  /** Who votes, by the newest record in the log, committed or not. */
  public Set<VoterId> voters() {
    throw new UnsupportedOperationException();
  }

  public QuorumStatus status() {
    throw new UnsupportedOperationException();
  }
}

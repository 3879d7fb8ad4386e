package io.millrace.quorum.state;

import io.millrace.metadata.MetadataRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules by which entries become committed, after Raft: a term starts with a vote that is on the
 * disk, its leader's first entry is a no-op, an entry is committed once a majority has fsynced it
 * and an entry of the leader's own term is. Here the majority is the one voter itself. No I/O: the
 * caller fetches {@link #ready}, persists it, and reports back.
 *
 * <p>Invariant: committedEnd ≤ persistedEnd ≤ logEnd, and none of term and committedEnd goes back.
 *
 * <p>Owner: quorum context.
 */
public final class SoleVoterRules {
  /** What this voter is. */
  public enum Role {
    /** Waits for a reason to campaign. */
    FOLLOWER,
    /** Has voted for itself and waits for the majority; alone, for its own disk. */
    CANDIDATE,
    /** Appends; takes proposals. */
    LEADER,
    /** The disk failed: neither votes nor appends any more. */
    FAILED
  }

  private final int nodeId;
  private Role role = Role.FOLLOWER;
  private HardState hardState;
  private HardState persistedHardState;
  private long logEnd;
  private long persistedEnd;
  private long committedEnd;

  /** Offset of the no-op of this leader's term; -1 = not leader. */
  private long termStart = -1;

  /** Appended and not yet committed, in order. */
  private final ArrayDeque<Entry> uncommitted = new ArrayDeque<>();

  /** How many of the last entries in {@link #uncommitted} were not yet handed out to be written. */
  private int unwritten;

  /**
   * A voter as its disk says.
   *
   * @param committedEnd end (exclusive) of what is known to be committed: that of the newest
   *     snapshot, or 0
   * @param logEnd end (exclusive) of the log on the disk
   */
  public SoleVoterRules(int nodeId, HardState hardState, long committedEnd, long logEnd) {
    this.nodeId = nodeId;
    this.hardState = hardState;
    this.persistedHardState = hardState;
    this.committedEnd = committedEnd;
    this.persistedEnd = logEnd;
    this.logEnd = logEnd;
  }

  public Role role() {
    return role;
  }

  public int term() {
    return hardState.term();
  }

  /** End (exclusive) of the log, written or not. */
  public long logEnd() {
    return logEnd;
  }

  /** End (exclusive) of what is committed. */
  public long committedEnd() {
    return committedEnd;
  }

  /** The next term starts, with this voter's own vote for itself. */
  public void campaign() {
    require(role == Role.FOLLOWER, "campaign");
    role = Role.CANDIDATE;
    hardState = HardState.ofNode(hardState.term() + 1, nodeId);
  }

  /** Whether the leader of this term takes proposals: its no-op is committed. */
  public boolean isActive() {
    return role == Role.LEADER && committedEnd > termStart;
  }

  /**
   * Appends records as one entry. Only when {@link #isActive}.
   *
   * @return the offset of the last record
   */
  public long propose(List<MetadataRecord> records) {
    require(isActive(), "propose");
    return append(records);
  }

  private long append(List<MetadataRecord> records) {
    Entry entry = new Entry(logEnd, hardState.term(), records);
    uncommitted.add(entry);
    unwritten++;
    logEnd = entry.endOffset();
    return logEnd - 1;
  }

  /** What is to be persisted now; each thing is handed out once. */
  public SoleVoterReady ready() {
    // Who has stepped down writes nothing until it tries again, in a term of its own.
    boolean trying = role == Role.CANDIDATE || role == Role.LEADER;
    HardState changed = !trying || hardState.equals(persistedHardState) ? null : hardState;
    List<Entry> entries = new ArrayList<>(unwritten);
    int skip = uncommitted.size() - unwritten;
    for (Entry entry : uncommitted) {
      if (skip-- <= 0) {
        entries.add(entry);
      }
    }
    unwritten = 0;
    return new SoleVoterReady(changed, entries);
  }

  /** The vote is on the disk. Alone, it is the majority: the candidate leads. */
  public void onHardStatePersisted(HardState persisted) {
    persistedHardState = persisted;
    if (role == Role.CANDIDATE && persisted.equals(hardState)) {
      role = Role.LEADER;
      termStart = logEnd;
      append(List.of(MetadataRecord.NoOp.INSTANCE));
    }
  }

  /**
   * The log is on the disk up to {@code end} (exclusive).
   *
   * @return the entries of this run that are committed by it, in order
   */
  public List<Entry> onPersisted(long end) {
    if (end < persistedEnd || end > logEnd) {
      throw new IllegalStateException(
          "Persisted up to " + end + ", but " + persistedEnd + " to " + logEnd + " is possible");
    }
    persistedEnd = end;
    List<Entry> committed = new ArrayList<>();
    if (role == Role.LEADER && persistedEnd > termStart) {
      committedEnd = persistedEnd;
      while (!uncommitted.isEmpty() && uncommitted.peek().endOffset() <= committedEnd) {
        committed.add(uncommitted.poll());
      }
    }
    return committed;
  }

  /**
   * Nothing after {@code persistedEnd} was written, and the disk may yet get well (it is full):
   * steps down. The entries are dropped, their offsets will be given out again in a later term.
   */
  public void onAppendFailed() {
    require(role != Role.FAILED, "step down");
    role = Role.FOLLOWER;
    giveUp();
    logEnd = persistedEnd;
  }

  private void giveUp() {
    termStart = -1;
    uncommitted.clear();
    unwritten = 0;
  }

  /** Nobody knows what is on the disk: this voter says and does nothing more. */
  public void onDiskFailed() {
    role = Role.FAILED;
    giveUp();
  }

  private void require(boolean allowed, String what) {
    if (!allowed) {
      throw new IllegalStateException("Cannot " + what + " as " + role + " of " + hardState);
    }
  }
}

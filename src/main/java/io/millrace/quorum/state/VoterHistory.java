package io.millrace.quorum.state;

import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Who votes, by the records in the log: the newest one counts as soon as it is there, and counts no
 * more when it is cut off (Ongaro, section 4.1).
 *
 * <p>Owner: quorum context.
 */
final class VoterHistory {
  private final TreeMap<Long, VoterSet> changes = new TreeMap<>();
  private VoterSet before;
  private boolean recorded;

  /**
   * A history without changes.
   *
   * @param initial who votes if there is no record
   * @param recordedBefore who votes as of the snapshot; empty = it has no record
   */
  VoterHistory(Set<VoterId> initial, Set<VoterId> recordedBefore) {
    recorded = !recordedBefore.isEmpty();
    before = new VoterSet(recorded ? recordedBefore : initial);
  }

  VoterSet current() {
    return changes.isEmpty() ? before : changes.lastEntry().getValue();
  }

  /**
   * Whether a replica is needed for elections: it votes, or a change that takes its vote away is
   * not committed yet. Its log may be the only one with that change, and then nobody else can be
   * elected (Ongaro, section 4.2.2).
   */
  boolean isNeeded(VoterId id, long committedEnd) {
    if (current().contains(id)) {
      return true;
    }
    return hasChangeFrom(committedEnd) && previous().contains(id);
  }

  private VoterSet previous() {
    Map.Entry<Long, VoterSet> earlier = changes.lowerEntry(changes.lastKey());
    return earlier == null ? before : earlier.getValue();
  }

  /** Whether log or snapshot say who votes. */
  boolean isRecorded() {
    return recorded || !changes.isEmpty();
  }

  /** Whether the newest change lies at or behind this offset. */
  boolean hasChangeFrom(long offset) {
    return !changes.isEmpty() && changes.lastKey() >= offset;
  }

  void append(long offset, Voters voters) {
    changes.put(offset, new VoterSet(voters.voters()));
  }

  void truncateTo(long end) {
    changes.tailMap(end, true).clear();
  }

  /** The changes below this offset are in a snapshot. */
  void startAt(long offset) {
    while (!changes.isEmpty() && changes.firstKey() < offset) {
      before = changes.pollFirstEntry().getValue();
      recorded = true;
    }
  }

  /** A snapshot has taken the place of the log; empty = it has no record. */
  void install(Set<VoterId> voters) {
    changes.clear();
    if (!voters.isEmpty()) {
      before = new VoterSet(voters);
      recorded = true;
    }
  }
}

package io.millrace.quorum.state;

import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A replica's log as it will be once everything is written: ends, terms, voters, and the newest
 * entries themselves. What must be written is handed out once, one write at a time.
 *
 * <p>Invariant: start ≤ deliveredEnd ≤ committedEnd ≤ persistedEnd ≤ end, and committedEnd never
 * goes back. The tail holds everything that is not delivered or not written.
 *
 * <p>Owner: quorum context.
 */
final class ReplicaLog {
  private final int tailRecords;
  private final LogTerms terms;
  private final VoterHistory voters;

  /** By base offset, contiguous up to {@link #end}. */
  private final TreeMap<Long, Entry> tail = new TreeMap<>();

  private SnapshotId snapshot;
  private long end;
  private long persistedEnd;
  private long committedEnd;
  private long deliveredEnd;

  /** Everything below was handed out to be written. */
  private long handedEnd;

  /** How much of the log is right on the disk after the write under way. */
  private long validEnd;

  /** Where the disk's log must be cut before the next append; -1 = nowhere. */
  private long cutAt = -1;

  /** Where the write under way cuts it; -1 = nowhere. */
  private long writingCutAt = -1;

  ReplicaLog(Stored stored, int tailRecords) {
    this.tailRecords = tailRecords;
    this.snapshot = stored.snapshot();
    this.terms = new LogTerms(snapshot);
    this.voters = new VoterHistory(stored.initialVoters(), stored.snapshotVoters());
    this.end = snapshot.endOffset();
    for (Entry entry : stored.entries()) {
      add(entry);
    }
    this.handedEnd = end;
    this.persistedEnd = end;
    this.validEnd = end;
    this.deliveredEnd = snapshot.endOffset();
    this.committedEnd = Math.max(stored.committedEnd(), snapshot.endOffset());
    if (committedEnd > end || stored.hardState().term() < lastTerm()) {
      throw new IllegalArgumentException(
          "The log ends at "
              + end
              + " in term "
              + lastTerm()
              + ", but committed was "
              + committedEnd
              + " and the term "
              + stored.hardState().term());
    }
  }

  long end() {
    return end;
  }

  long persistedEnd() {
    return persistedEnd;
  }

  long committedEnd() {
    return committedEnd;
  }

  int lastTerm() {
    return terms.before(end);
  }

  LogTerms terms() {
    return terms;
  }

  VoterHistory voters() {
    return voters;
  }

  /** The newest snapshot; what it stands for may still be in the log. */
  SnapshotId snapshot() {
    return snapshot;
  }

  /** Whether a log with this end is as good as ours, or better (Raft, section 5.4.1). */
  boolean isUpToDate(long otherEnd, int otherLastTerm) {
    int lastTerm = lastTerm();
    return otherLastTerm > lastTerm || (otherLastTerm == lastTerm && otherEnd >= end);
  }

  void append(Entry entry) {
    add(entry);
  }

  private void add(Entry entry) {
    if (entry.baseOffset() != end) {
      throw new IllegalStateException(
          "Entry at " + entry.baseOffset() + " does not follow the log's end " + end);
    }
    terms.append(end, entry.term());
    long offset = end;
    for (MetadataRecord record : entry.records()) {
      if (record instanceof Voters changed) {
        voters.append(offset, changed);
      }
      offset++;
    }
    tail.put(entry.baseOffset(), entry);
    end = entry.endOffset();
  }

  /** Cuts what another leader has never committed. */
  void truncateTo(long to) {
    if (to < committedEnd) {
      throw new IllegalStateException(
          "Refused to cut the metadata log to "
              + to
              + ": everything up to "
              + committedEnd
              + " is committed");
    }
    if (to >= end) {
      return;
    }
    if (to < handedEnd) {
      cutAt = cutAt < 0 ? to : Math.min(cutAt, to);
    }
    cutTailTo(to);
  }

  private void cutTailTo(long to) {
    terms.truncateTo(to);
    voters.truncateTo(to);
    tail.tailMap(to, true).clear();
    Map.Entry<Long, Entry> last = tail.lastEntry();
    if (last != null && last.getValue().endOffset() > to) {
      tail.put(last.getKey(), last.getValue().slice(last.getKey(), to));
    }
    end = to;
    handedEnd = Math.min(handedEnd, to);
    validEnd = Math.min(validEnd, to);
    persistedEnd = Math.min(persistedEnd, to);
  }

  boolean isWritten() {
    return cutAt < 0 && handedEnd == end;
  }

  /** The cut and the entries that are to be written now. */
  Ready.Write handOut(HardState hardState) {
    Ready.Write write =
        new Ready.Write(
            hardState, null, cutAt, entries(handedEnd, end, Integer.MAX_VALUE, Long.MAX_VALUE));
    writingCutAt = cutAt;
    cutAt = -1;
    handedEnd = end;
    validEnd = end;
    return write;
  }

  void onWritten() {
    persistedEnd = validEnd;
  }

  /** The write under way failed and left the disk's log with this end; the rest is forgotten. */
  void onAppendFailed(long diskEnd) {
    if (diskEnd < persistedEnd) {
      throw new IllegalStateException(
          "The disk's log ends at " + diskEnd + ", but " + persistedEnd + " was persisted");
    }
    long right = Math.min(diskEnd, validEnd);
    if (writingCutAt >= 0) {
      right = Math.min(right, writingCutAt); // Who knows whether it was cut.
    }
    persistedEnd = right;
    cutTailTo(right);
    cutAt = diskEnd > right ? right : -1;
  }

  /**
   * The largest end of an entry that is not beyond {@code end}, among those that are not delivered:
   * a leader that looks for where the logs part asks also about ends within an entry.
   */
  long wholeEnd(long end) {
    Map.Entry<Long, Entry> last = end <= deliveredEnd ? null : tail.lowerEntry(end);
    return last == null || last.getValue().endOffset() <= end ? end : last.getKey();
  }

  void commitTo(long to) {
    if (to > persistedEnd) {
      throw new IllegalStateException("Commit up to " + to + ", persisted is " + persistedEnd);
    }
    committedEnd = Math.max(committedEnd, to);
  }

  /** What was committed since the last call. */
  List<Entry> takeCommitted() {
    List<Entry> committed = entries(deliveredEnd, committedEnd, Integer.MAX_VALUE, Long.MAX_VALUE);
    deliveredEnd = committedEnd;
    trim();
    return committed;
  }

  /** Whether entries from here on are in memory. */
  boolean isInTail(long offset) {
    return offset == end || (!tail.isEmpty() && offset >= tail.firstKey());
  }

  /**
   * Entries of the tail between two offsets, the first and the last one cut to fit; not more than
   * {@code maxRecords} and {@code maxBytes}, but at least one entry.
   */
  List<Entry> entries(long from, long to, int maxRecords, long maxBytes) {
    List<Entry> found = new ArrayList<>();
    long count = 0;
    long bytes = 0;
    Long first = from < to ? tail.floorKey(from) : null;
    if (first == null) {
      if (from < to) {
        throw new IllegalArgumentException("Offset " + from + " is not in memory");
      }
      return found;
    }
    for (Entry entry : tail.tailMap(first, true).values()) {
      if (entry.baseOffset() >= to) {
        break;
      }
      Entry part = entry.slice(from, to);
      count += part.records().size();
      bytes += maxBytes == Long.MAX_VALUE ? 0 : part.bytes();
      if ((count > maxRecords || bytes > maxBytes) && !found.isEmpty()) {
        break;
      }
      found.add(part);
    }
    return found;
  }

  /** A snapshot of our own stands for everything below this end. */
  void onSnapshotTaken(long to) {
    if (to <= snapshot.endOffset()) {
      return; // A leader's newer one was quicker.
    }
    if (to > committedEnd) {
      throw new IllegalArgumentException(
          "Snapshot up to " + to + ", committed is " + committedEnd + ", last " + snapshot);
    }
    snapshot = new SnapshotId(to, terms.before(to));
    voters.startAt(to);
    trim();
  }

  /** The log is this snapshot of another replica, and nothing more. */
  void install(SnapshotId installed, Set<VoterId> votersThere) {
    if (installed.endOffset() < committedEnd) {
      throw new IllegalStateException(
          "Snapshot " + installed + " is older than what is committed, " + committedEnd);
    }
    snapshot = installed;
    tail.clear();
    terms.truncateTo(0);
    terms.startAt(installed.endOffset(), installed.term());
    voters.install(votersThere);
    end = installed.endOffset();
    handedEnd = end;
    validEnd = end;
    persistedEnd = end;
    committedEnd = end;
    deliveredEnd = end;
    cutAt = -1;
  }

  private void trim() {
    long keepFrom = end - tailRecords;
    while (!tail.isEmpty()) {
      long firstEnd = tail.firstEntry().getValue().endOffset();
      if (firstEnd > keepFrom || firstEnd > deliveredEnd) {
        break;
      }
      tail.pollFirstEntry();
    }
    // Followers that are only a little behind need no snapshot while the tail has what they lack.
    long start = Math.min(snapshot.endOffset(), tail.isEmpty() ? end : tail.firstKey());
    if (start > terms.start()) {
      terms.startAt(start, terms.before(start));
    }
  }
}

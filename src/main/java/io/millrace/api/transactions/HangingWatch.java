package io.millrace.api.transactions;

import io.millrace.coordinator.transaction.TakingPart;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.OpenTransaction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides which transactions hang: they are in progress in a partition that this node leads for
 * longer than any may take, and no coordinator knows of them, twice in a row. Pure.
 *
 * <p>How old a transaction is, is counted from when it was first seen here; timestamps of records
 * are the client's. After a change of the leader, or a restart, it is counted anew.
 *
 * <p>Invariant <em>only what nobody can end is ended</em>: what is ended is, in its partition,
 * exactly as it was before the coordinators were asked, and committed there. What was written
 * before belonged to a transaction that its coordinator knew before, so at the question that was
 * either not over, and known, or over, and then the partition had its marker after those records.
 * What a coordinator adds after it answered has written nothing yet: whatever comes makes the
 * transaction another one than was asked about, or comes after the marker and begins a new one.
 *
 * <p>Owner: its user's loop.
 */
final class HangingWatch {
  private record Key(
      TopicIdPartition partition, int leaderEpoch, long producerId, long firstOffset) {
    static Key of(OpenTransaction open) {
      return new Key(
          open.partition(),
          open.leaderEpoch(),
          open.ongoing().producerId(),
          open.ongoing().firstOffset());
    }
  }

  /**
   * A transaction that is too old.
   *
   * @param sinceMs monotonic time when it was first seen
   */
  record Overdue(OpenTransaction open, long sinceMs) {
    TakingPart part() {
      return new TakingPart(open.ongoing().producerId(), open.partition().topicPartition());
    }
  }

  private static final class Watched {
    private final long sinceMs;
    // What no coordinator knew when they were asked last; null = somebody did, or did not answer.
    private OpenTransaction unknown;

    Watched(long sinceMs) {
      this.sinceMs = sinceMs;
    }
  }

  private final long patienceMs;
  private final int maxWatched;
  private Map<Key, Watched> watched = new HashMap<>();

  /**
   * Nothing is watched yet.
   *
   * @param patienceMs no transaction that a coordinator knows takes longer
   * @param maxWatched remembered at a time; the others are seen when there is room
   */
  HangingWatch(long patienceMs, int maxWatched) {
    this.patienceMs = patienceMs;
    this.maxWatched = maxWatched;
  }

  /**
   * Everything that is in progress now. Returns what is in progress for too long, the oldest first.
   *
   * @param nowMs monotonic time
   */
  List<Overdue> onSeen(Collection<OpenTransaction> all, long nowMs) {
    Map<Key, Watched> before = watched;
    watched = new HashMap<>();
    List<OpenTransaction> fresh = new ArrayList<>();
    List<Overdue> overdue = new ArrayList<>();
    for (OpenTransaction open : all) {
      Watched known = before.get(Key.of(open));
      if (known == null) {
        fresh.add(open);
        continue;
      }
      watched.put(Key.of(open), known);
      if (nowMs - known.sinceMs >= patienceMs) {
        overdue.add(new Overdue(open, known.sinceMs));
      }
    }
    for (OpenTransaction open : fresh) {
      if (watched.size() < maxWatched) {
        watched.put(Key.of(open), new Watched(nowMs));
      }
    }
    overdue.sort(Comparator.comparingLong(Overdue::sinceMs));
    return overdue;
  }

  /** Not every coordinator answered: it counts as if nobody had ever been asked. */
  void onUnanswered() {
    watched.values().forEach(each -> each.unknown = null);
  }

  /**
   * All coordinators answered.
   *
   * @param asked as they were before the question
   * @param known what belongs to a transaction that is not over
   * @return those that hang
   */
  List<Overdue> onAnswer(Collection<Overdue> asked, Set<TakingPart> known) {
    List<Overdue> hanging = new ArrayList<>();
    for (Overdue each : asked) {
      Watched entry = watched.get(Key.of(each.open()));
      if (entry == null) {
        continue;
      }
      if (known.contains(each.part()) || !each.open().committed()) {
        entry.unknown = null;
      } else if (each.open().equals(entry.unknown)) {
        hanging.add(each);
      } else {
        entry.unknown = each.open();
      }
    }
    return hanging;
  }
}

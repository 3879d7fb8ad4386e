package io.millrace.coordinator.group;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Offsets that were committed in transactions which are still under way. When one is committed, its
 * offset counts unless something newer in the log does already; when it is aborted, nobody hears of
 * it. Changes in replay only.
 *
 * <p>Owner: partition loop.
 */
final class PendingOffsets {
  /** What a group commits for. */
  record Place(String groupId, String topic, int partition) {}

  /** Hears of offsets that count from now on. */
  interface Taker {
    void take(Place place, CommittedOffset committed);
  }

  private record Pending(CommittedOffset committed, long position) {}

  /** A place while there are transactions that commit for it. */
  private static final class Open {
    final Map<Long, Pending> byProducer = new HashMap<>(2);
    // Of the newest commit that counts; -1 = it is older than all that is pending.
    long countingPosition = -1;
  }

  // Invariant: a place is open while there are producers in it, and then the indexes below name it.
  private final Map<Place, Open> open = new LinkedHashMap<>();
  private final Map<Long, Set<Place>> ofProducers = new HashMap<>();
  private final Map<String, Set<Place>> ofGroups = new HashMap<>();
  // Grows with each commit in the log while anything is pending: it orders them.
  private long position;

  boolean isEmpty() {
    return open.isEmpty();
  }

  /** Whether a transaction that is under way commits for it. */
  boolean isOpen(String groupId, String topic, int partition) {
    return !open.isEmpty() && open.containsKey(new Place(groupId, topic, partition));
  }

  /** For what transactions commit in the name of this group; empty = none does. */
  Set<Place> placesOf(String groupId) {
    return ofGroups.getOrDefault(groupId, Set.of());
  }

  /** Replays a commit in a transaction. */
  void put(long producerId, Place place, CommittedOffset committed) {
    open.computeIfAbsent(place, p -> new Open())
        .byProducer
        .put(producerId, new Pending(committed, position++));
    ofProducers.computeIfAbsent(producerId, id -> new LinkedHashSet<>(4)).add(place);
    ofGroups.computeIfAbsent(place.groupId, id -> new LinkedHashSet<>(4)).add(place);
  }

  /** Replays a commit that counts at once: what is pending is older. */
  void onCommit(String groupId, String topic, int partition) {
    if (open.isEmpty()) {
      return;
    }
    Open there = open.get(new Place(groupId, topic, partition));
    if (there != null) {
      there.countingPosition = position++;
    }
  }

  /** Replays a tombstone: what is pending goes with what is committed. */
  void onTombstone(String groupId, String topic, int partition) {
    if (open.isEmpty()) {
      return;
    }
    Place place = new Place(groupId, topic, partition);
    Open there = open.get(place);
    if (there != null) {
      there.byProducer.keySet().forEach(producerId -> forget(ofProducers, producerId, place));
      close(place);
    }
  }

  /** Replays the end of a producer's transaction; the groups that it committed for. */
  Set<String> end(long producerId, boolean commits, Taker taker) {
    Set<Place> places = ofProducers.remove(producerId);
    if (places == null) {
      return Set.of();
    }
    Set<String> groupIds = new LinkedHashSet<>(2);
    for (Place place : places) {
      groupIds.add(place.groupId);
      Open there = open.get(place);
      Pending pending = there.byProducer.remove(producerId);
      if (commits && pending.position > there.countingPosition) {
        there.countingPosition = pending.position;
        taker.take(place, pending.committed);
      }
      if (there.byProducer.isEmpty()) {
        close(place);
      }
    }
    return groupIds;
  }

  private void close(Place place) {
    open.remove(place);
    forget(ofGroups, place.groupId, place);
  }

  private static <K> void forget(Map<K, Set<Place>> index, K key, Place place) {
    Set<Place> places = index.get(key);
    places.remove(place);
    if (places.isEmpty()) {
      index.remove(key);
    }
  }

  /** Hears of all that is pending, of one place perhaps more than once. */
  void forEach(Taker taker) {
    open.forEach(
        (place, there) ->
            there.byProducer.values().forEach(each -> taker.take(place, each.committed)));
  }
}

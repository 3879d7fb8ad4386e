package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.CoordinatorRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import org.apache.kafka.common.Uuid;

/**
 * The committed offsets of all groups of a shard, and those that wait for the end of a transaction.
 * Changes in replay only.
 *
 * <p>Owner: partition loop.
 */
public final class OffsetStore {
  // By group, topic and partition. Invariant: no inner map is empty.
  private final Map<String, Map<String, Map<Integer, CommittedOffset>>> offsets = new HashMap<>();
  private int count;
  private final PendingOffsets pending = new PendingOffsets();

  /** null = the group has committed nothing for it. */
  public CommittedOffset get(String groupId, String topic, int partition) {
    Map<Integer, CommittedOffset> partitions = of(groupId).get(topic);
    return partitions == null ? null : partitions.get(partition);
  }

  /** What a group has committed, by topic and partition; empty = nothing. */
  public Map<String, Map<Integer, CommittedOffset>> of(String groupId) {
    return offsets.getOrDefault(groupId, Map.of());
  }

  /** Whether the group has committed anything. */
  public boolean has(String groupId) {
    return offsets.containsKey(groupId);
  }

  /** The groups that have committed anything. */
  public Set<String> groupIds() {
    return offsets.keySet();
  }

  /** Offsets of all groups. */
  public int count() {
    return count;
  }

  /** Whether a transaction that is under way commits for the group. */
  public boolean hasPending(String groupId) {
    return !pending.placesOf(groupId).isEmpty();
  }

  /** Whether what is committed may change with the end of a transaction that is under way. */
  public boolean isUnstable(String groupId, String topic, int partition) {
    return pending.isOpen(groupId, topic, partition);
  }

  /** Replays a commit. */
  void put(String groupId, String topic, int partition, CommittedOffset committed) {
    pending.onCommit(groupId, topic, partition);
    store(groupId, topic, partition, committed);
  }

  /** Replays a commit that counts once the producer's transaction is committed. */
  void putPending(
      long producerId, String groupId, String topic, int partition, CommittedOffset committed) {
    pending.put(producerId, new PendingOffsets.Place(groupId, topic, partition), committed);
  }

  /** Replays the end of a producer's transaction; the groups that it committed for. */
  Set<String> endTransaction(long producerId, boolean commits) {
    return pending.end(
        producerId,
        commits,
        (place, committed) -> store(place.groupId(), place.topic(), place.partition(), committed));
  }

  private void store(String groupId, String topic, int partition, CommittedOffset committed) {
    Map<Integer, CommittedOffset> partitions =
        offsets
            .computeIfAbsent(groupId, id -> new HashMap<>(4))
            .computeIfAbsent(topic, name -> new HashMap<>(4));
    if (partitions.put(partition, committed) == null) {
      count++;
    }
  }

  /** Replays a tombstone, which takes away what is pending too. */
  void remove(String groupId, String topic, int partition) {
    pending.onTombstone(groupId, topic, partition);
    Map<String, Map<Integer, CommittedOffset>> topics = offsets.get(groupId);
    Map<Integer, CommittedOffset> partitions = topics == null ? null : topics.get(topic);
    if (partitions == null || partitions.remove(partition) == null) {
      return;
    }
    count--;
    if (partitions.isEmpty()) {
      topics.remove(topic);
    }
    if (topics.isEmpty()) {
      offsets.remove(groupId);
    }
  }

  // ---- what must go

  /** The tombstones of everything that a group has committed, in transactions too. */
  public List<CoordinatorRecord> tombstonesOf(String groupId) {
    List<CoordinatorRecord> tombstones = new ArrayList<>();
    of(groupId)
        .forEach(
            (topic, partitions) ->
                partitions
                    .keySet()
                    .forEach(p -> tombstones.add(OffsetRecords.tombstone(groupId, topic, p))));
    for (PendingOffsets.Place place : pending.placesOf(groupId)) {
      if (get(groupId, place.topic(), place.partition()) == null) {
        tombstones.add(OffsetRecords.tombstone(groupId, place.topic(), place.partition()));
      }
    }
    return tombstones;
  }

  /**
   * The tombstones of a group's offsets whose time is over: the one that an old client gave, or
   * {@code retentionMs} after the moment that the group's state says. Topics that a member reads
   * keep theirs, and so does what a transaction commits for.
   */
  public List<CoordinatorRecord> expired(Group group, long nowMs, long retentionMs) {
    List<CoordinatorRecord> tombstones = new ArrayList<>();
    if (group.retentionStartMs(nowMs) == Group.OFFSETS_RETAINED) {
      return tombstones;
    }
    String groupId = group.groupId();
    of(groupId)
        .forEach(
            (topic, partitions) -> {
              if (!group.isSubscribedTo(topic)) {
                partitions.forEach(
                    (partition, committed) -> {
                      if (isExpired(committed, group, nowMs, retentionMs)
                          && !isUnstable(groupId, topic, partition)) {
                        tombstones.add(OffsetRecords.tombstone(groupId, topic, partition));
                      }
                    });
              }
            });
    return tombstones;
  }

  private static boolean isExpired(
      CommittedOffset committed, Group group, long nowMs, long retentionMs) {
    return committed.expireTimestampMs() == CommittedOffset.NO_EXPIRE_TIMESTAMP
        ? nowMs - group.retentionStartMs(committed.commitTimestampMs()) >= retentionMs
        : nowMs >= committed.expireTimestampMs();
  }

  /**
   * The tombstones of all offsets of deleted topics, by name and id, in transactions too. What was
   * committed for a newer topic of the same name stays.
   */
  public List<CoordinatorRecord> ofDeletedTopics(Map<String, Uuid> deleted) {
    List<CoordinatorRecord> tombstones = new ArrayList<>();
    BiPredicate<String, CommittedOffset> goes =
        (topic, committed) ->
            committed.topicId().equals(Uuid.ZERO_UUID)
                || committed.topicId().equals(deleted.get(topic));
    offsets.forEach(
        (groupId, topics) ->
            deleted
                .keySet()
                .forEach(
                    topic ->
                        topics
                            .getOrDefault(topic, Map.of())
                            .forEach(
                                (partition, committed) -> {
                                  if (goes.test(topic, committed)) {
                                    tombstones.add(
                                        OffsetRecords.tombstone(groupId, topic, partition));
                                  }
                                })));
    Set<PendingOffsets.Place> places = new LinkedHashSet<>();
    pending.forEach(
        (place, committed) -> {
          if (deleted.containsKey(place.topic()) && goes.test(place.topic(), committed)) {
            places.add(place);
          }
        });
    for (PendingOffsets.Place place : places) {
      CommittedOffset committed = get(place.groupId(), place.topic(), place.partition());
      if (committed == null || !goes.test(place.topic(), committed)) {
        tombstones.add(OffsetRecords.tombstone(place.groupId(), place.topic(), place.partition()));
      }
    }
    return tombstones;
  }
}

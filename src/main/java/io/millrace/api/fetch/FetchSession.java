package io.millrace.api.fetch;

import io.millrace.model.Loop;
import io.millrace.partition.FetchAnswer;
import io.millrace.partition.Follower;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The partitions that a connection fetches (KIP-227), with their standing watchers. A session
 * belongs to its connection and ends with it: a client that comes back asks anew, as the protocol
 * allows.
 *
 * <p>Owner: connection loop.
 */
final class FetchSession {
  /** Id of a fetch without a session. */
  static final int NO_SESSION = 0;

  private final int id;
  private final boolean usesTopicIds;
  private final Loop loop;
  private final Map<FetchKey, FetchPartition> partitions = new LinkedHashMap<>();
  // Invariant: every partition is here, or has an armed watcher, or is being read by the running
  // fetch. In the order in
  // which they got here, so that a partition whose bytes were sent queues up behind the others.
  private final Set<FetchPartition> dirty = new LinkedHashSet<>();
  private int nextEpoch = 1;
  // Who asked last; null = a consumer.
  private Follower follower;
  // Of a follower; null = a consumer, to which nothing is far.
  private RoundTrip roundTrip;
  // Of the consumer who asked last; null = it reads from leaders only.
  private String rack;
  // The fetch in progress; null = none.
  private FetchCall call;
  private boolean closed;

  FetchSession(int id, boolean usesTopicIds, Loop loop) {
    this.id = id;
    this.usesTopicIds = usesTopicIds;
    this.loop = loop;
  }

  int id() {
    return id;
  }

  boolean usesTopicIds() {
    return usesTopicIds;
  }

  Loop loop() {
    return loop;
  }

  /** null = a consumer. */
  Follower follower() {
    return follower;
  }

  void follower(Follower asking) {
    follower = asking;
    roundTrip = roundTrip == null ? new RoundTrip() : roundTrip;
  }

  /** null = a consumer asks. */
  RoundTrip roundTrip() {
    return roundTrip;
  }

  /** See {@link io.millrace.partition.FetchAsk#rack}. */
  String rack() {
    return rack;
  }

  void rack(String asking) {
    rack = asking;
  }

  int nextEpoch() {
    return nextEpoch;
  }

  /** Counts a fetch of this session; the epoch wraps to 1 (0 means a new session). */
  void advanceEpoch() {
    nextEpoch = nextEpoch == Integer.MAX_VALUE ? 1 : nextEpoch + 1;
  }

  void begin(FetchCall running) {
    call = running;
  }

  void end(FetchCall finished) {
    if (call == finished) {
      call = null;
    }
  }

  FetchPartition getOrAdd(FetchKey key) {
    FetchPartition partition = partitions.get(key);
    if (partition == null) {
      partition = new FetchPartition(this, key);
      partitions.put(key, partition);
    }
    return partition;
  }

  /** The client forgets a partition. */
  void remove(FetchKey key) {
    FetchPartition partition = partitions.remove(key);
    if (partition != null) {
      dirty.remove(partition);
      drop(List.of(partition));
    }
  }

  /** A fetch must read this partition. */
  void markDirty(FetchPartition partition) {
    if (contains(partition)) {
      dirty.add(partition);
    }
  }

  /** The running fetch knows the news of this partition already. */
  void unmarkDirty(FetchPartition partition) {
    dirty.remove(partition);
  }

  /** Empties the set of partitions to read, longest waiting first. */
  List<FetchPartition> takeDirty() {
    if (dirty.isEmpty()) {
      return List.of();
    }
    List<FetchPartition> taken = new ArrayList<>(dirty);
    dirty.clear();
    return taken;
  }

  boolean contains(FetchPartition partition) {
    return partitions.get(partition.key()) == partition;
  }

  int size() {
    return partitions.size();
  }

  /** News from an armed watcher. */
  void onNews(FetchPartition partition, FetchAnswer answer) {
    markDirty(partition);
    if (!closed && call != null && call.onNews(partition, answer)) {
      return;
    }
    if (answer.slice() != null) {
      answer.slice().release();
    }
  }

  /** Takes all watchers away and ends all leases; false = it had been closed before. */
  boolean close() {
    if (closed) {
      return false;
    }
    closed = true;
    if (call != null) {
      call.cancel();
      call = null;
    }
    drop(new ArrayList<>(partitions.values()));
    partitions.clear();
    dirty.clear();
    return true;
  }

  /** A visit came back after the session was closed: its partition may be armed all the same. */
  void unwatch(FetchPartition partition) {
    if (closed && partition.mayBeArmed()) {
      drop(List.of(partition));
    }
  }

  private static void drop(List<FetchPartition> dropped) {
    Map<Loop, List<FetchPartition>> armed = new LinkedHashMap<>();
    for (FetchPartition partition : dropped) {
      partition.releaseAnswer();
      if (partition.partition() != null && partition.mayBeArmed()) {
        partition.mayBeArmed(false);
        armed
            .computeIfAbsent(partition.partition().loop(), any -> new ArrayList<>())
            .add(partition);
      }
    }
    armed.forEach(
        (loop, list) -> loop.run(() -> list.forEach(p -> p.partition().replica().unwatch(p))));
  }
}

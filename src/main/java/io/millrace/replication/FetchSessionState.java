package io.millrace.replication;

import io.millrace.partition.FollowedLog;
import io.millrace.protocol.replica.ReplicaFetchRequest;
import io.millrace.protocol.replica.ReplicaFetchRequest.Forgotten;
import io.millrace.protocol.replica.ReplicaFetchRequest.Wanted;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A follower's side of a fetch session (KIP-227): what the leader was told, so that each request
 * names only what is different, and costs only that. Pure.
 *
 * <p>Owner: the fetcher's loop.
 */
final class FetchSessionState {
  // 0 = there is no session.
  private int id;
  private int epoch;
  // What is to be fetched; everything else is left out.
  private final Map<FetchKey, Wanted> ready = new LinkedHashMap<>();
  // Invariant: what the leader's session holds, or will once it has the request that is on its way.
  private final Map<FetchKey, Wanted> told = new HashMap<>();
  // Invariant: whatever is not the same in ready and told is here.
  private final Set<FetchKey> changed = new LinkedHashSet<>();

  /** What changes from the last request to the next. */
  record Change(int sessionId, int sessionEpoch, List<Wanted> wanted, List<Forgotten> forgotten) {}

  /** Fetches this from the next request on. */
  void want(FetchKey key, Wanted wanted) {
    if (!wanted.equals(ready.put(key, wanted))) {
      changed.add(key);
    }
  }

  /** Leaves this out of the next request. */
  void leaveOut(FetchKey key) {
    if (ready.remove(key) != null) {
      changed.add(key);
    }
  }

  /** Whether anything is to be fetched. */
  boolean wantsAny() {
    return !ready.isEmpty();
  }

  /** Whether the leader has nothing to answer, nor to be told. */
  boolean isEmpty() {
    return ready.isEmpty() && told.isEmpty();
  }

  /** Whether the leader was asked for exactly this. */
  boolean asks(FetchKey key, Wanted wanted) {
    return wanted.equals(told.get(key));
  }

  /** The next request. */
  Change next() {
    if (id == 0) {
      told.clear();
      epoch = 0;
      changed.addAll(ready.keySet());
    }
    List<Wanted> wanted = new ArrayList<>();
    List<Forgotten> forgotten = new ArrayList<>();
    for (FetchKey key : changed) {
      Wanted now = ready.get(key);
      if (now == null) {
        if (told.remove(key) != null) {
          forgotten.add(new Forgotten(key.topic(), key.partition()));
        }
      } else if (!now.equals(told.put(key, now))) {
        wanted.add(now);
      }
    }
    changed.clear();
    return new Change(id, epoch, wanted, forgotten);
  }

  /** The leader has answered a request of this session. */
  void onAnswered(int sessionId) {
    id = sessionId;
    epoch = epoch == Integer.MAX_VALUE ? 1 : epoch + 1;
  }

  /** The leader knows no session of ours any more. */
  void reset() {
    id = 0;
    epoch = 0;
    told.clear();
  }

  /** As it is asked for. */
  static Wanted wanted(FollowedLog log, FollowedLog.Point point, int maxBytes) {
    return new Wanted(
        log.id().topicId(),
        log.id().partition(),
        log.leaderEpoch(),
        point.offset(),
        point.lastFetchedEpoch(),
        point.logStartOffset(),
        maxBytes);
  }

  /**
   * Names the session's request.
   *
   * @param waitMs how long the leader waits while it has nothing
   */
  static ReplicaFetchRequest request(
      int nodeId, long brokerEpoch, ReplicationConfig config, int waitMs, Change change) {
    return new ReplicaFetchRequest(
        nodeId,
        brokerEpoch,
        change.sessionId,
        change.sessionEpoch,
        waitMs,
        config.minBytes(),
        config.maxBytes(),
        change.wanted,
        change.forgotten);
  }
}

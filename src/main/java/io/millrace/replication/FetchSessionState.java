package io.millrace.replication;

import io.millrace.partition.FollowedLog;
import io.millrace.protocol.replica.ReplicaFetchRequest;
import io.millrace.protocol.replica.ReplicaFetchRequest.Forgotten;
import io.millrace.protocol.replica.ReplicaFetchRequest.Wanted;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A follower's side of a fetch session (KIP-227): what the leader was told, so that each request
 * names only what is different. Pure.
 *
 * <p>Owner: the fetcher's loop.
 */
final class FetchSessionState {
  // 0 = there is no session.
  private int id;
  private int epoch;
  // Invariant: what the leader's session holds, or will once it has the request that is on its way.
  private final Map<FetchKey, Wanted> told = new HashMap<>();

  /** What changes from the last request to the next. */
  record Change(int sessionId, int sessionEpoch, List<Wanted> wanted, List<Forgotten> forgotten) {}

  /** Whether the leader would be told anything new, or has anything to wait for. */
  boolean isEmpty() {
    return told.isEmpty();
  }

  /** Whether the leader was asked for exactly this. */
  boolean asks(FetchKey key, Wanted wanted) {
    return wanted.equals(told.get(key));
  }

  /**
   * The next request.
   *
   * @param ready what is to be fetched now; everything else is left out
   */
  Change next(Collection<? extends Map.Entry<FetchKey, Wanted>> ready) {
    if (id == 0) {
      told.clear();
      epoch = 0;
    }
    Map<FetchKey, Wanted> left = new HashMap<>(told);
    List<Wanted> wanted = new ArrayList<>();
    for (Map.Entry<FetchKey, Wanted> each : ready) {
      if (!each.getValue().equals(left.remove(each.getKey()))) {
        wanted.add(each.getValue());
        told.put(each.getKey(), each.getValue());
      }
    }
    List<Forgotten> forgotten = new ArrayList<>();
    for (FetchKey key : left.keySet()) {
      told.remove(key);
      forgotten.add(new Forgotten(key.topic(), key.partition()));
    }
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

  /** Names the session's request. */
  static ReplicaFetchRequest request(
      int nodeId, long brokerEpoch, ReplicationConfig config, Change change) {
    return new ReplicaFetchRequest(
        nodeId,
        brokerEpoch,
        change.sessionId,
        change.sessionEpoch,
        config.maxWaitMs(),
        config.minBytes(),
        config.maxBytes(),
        change.wanted,
        change.forgotten);
  }
}

package io.millrace.replication;

import io.millrace.partition.FollowedLog;
import io.millrace.protocol.replica.ReplicaFetchRequest.Wanted;

/**
 * One partition that a fetcher fetches.
 *
 * <p>Owner: the fetcher's loop.
 */
final class FollowedPartition {
  /** What it waits for. */
  enum State {
    /** For its log to take something, or to say where to begin. */
    TAKING,
    /** For the next request. */
    READY,
    /** For a pause to end. */
    PAUSED
  }

  final FollowedLog log;
  final FetchKey key;
  State state = State.TAKING;
  // From where to fetch; null = it has not said yet.
  FollowedLog.Point point;
  // What is asked of the leader from there; null with it.
  Wanted wanted;
  // Whether it had everything that its leader had committed, when it last heard of it.
  boolean inSync;
  // Pauses in a row.
  int pauses;
  // Answers in a row that were as large as they may be.
  int fullAnswers;

  FollowedPartition(FollowedLog log) {
    this.log = log;
    this.key = FetchKey.of(log.id());
  }
}

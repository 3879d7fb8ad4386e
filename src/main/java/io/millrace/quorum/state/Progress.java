package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import java.util.ArrayDeque;

/**
 * How far one follower or learner is, as its leader knows.
 *
 * <p>Invariant: matchedEnd never goes back, and matchedEnd ≤ nextOffset; what is being read begins
 * at nextOffset.
 *
 * <p>Owner: quorum context.
 */
final class Progress {
  /** What the leader may send. */
  enum State {
    /** Where the logs part is not known: one question at a time. */
    PROBING,
    /** Entries go out without waiting for answers, up to the window. */
    REPLICATING,
    /** What it needs next is only in the snapshot. */
    SNAPSHOT
  }

  final VoterId id;
  State state = State.PROBING;
  long matchedEnd;
  long nextOffset;

  /**
   * Refusals of earlier rounds are old: of many appends behind a lost one, the first refusal says
   * it all.
   */
  private long probedSinceRound;

  /** A question is not answered: nothing new is asked before the next heartbeat. */
  boolean probeSent;

  /** Ends of appends with entries that are not answered, in order. */
  final ArrayDeque<Long> inFlight = new ArrayDeque<>();

  /** Entries that are being read from the disk, from nextOffset on; null = none. */
  Ready.LogRead reading;

  /** The snapshot and the next byte of it that this one gets, in state SNAPSHOT. */
  SnapshotId snapshot;

  long snapshotPosition;

  /** When the piece at the position was asked from the disk or sent; none is before this + 1 s. */
  long snapshotAskedMs = NEVER;

  long sentMs = NEVER;
  long sentCommittedEnd;
  long sentRound;

  /** Newest round of appends that it has answered; -1 = none. */
  long answeredRound = -1;

  long heardMs;
  long caughtUpMs = NEVER;

  /** Where the leader's log ended when it was last heard from, and when that was. */
  private long endWhenHeard = Long.MAX_VALUE;

  private long endHeardMs;

  /** A time before all others, with room for arithmetic. */
  static final long NEVER = Long.MIN_VALUE / 2;

  Progress(VoterId id, long nextOffset, long nowMs) {
    this.id = id;
    this.nextOffset = nextOffset;
    this.heardMs = nowMs;
  }

  /** It has the log up to {@code end} on its disk. */
  void onMatched(long end) {
    matchedEnd = Math.max(matchedEnd, end);
    while (!inFlight.isEmpty() && inFlight.peek() <= matchedEnd) {
      inFlight.poll();
    }
    if (state == State.PROBING) {
      state = State.REPLICATING;
      probeSent = false;
      inFlight.clear();
      goOnFrom(matchedEnd);
    } else if (state == State.SNAPSHOT && matchedEnd >= snapshot.endOffset()) {
      state = State.REPLICATING;
      goOnFrom(matchedEnd);
    }
    goOnFrom(Math.max(nextOffset, matchedEnd));
  }

  /** What is being read for it is not what it gets next any more, if that is elsewhere. */
  private void goOnFrom(long offset) {
    if (offset != nextOffset) {
      nextOffset = offset;
      reading = null;
    }
  }

  /** Whether it answers something that was sent since it is probed; else that was settled. */
  boolean isNews(long round) {
    return state != State.SNAPSHOT && round >= probedSinceRound;
  }

  /** The logs agree up to {@code offset} at most; what is sent from now on has this round. */
  void probeFrom(long offset, long round) {
    probedSinceRound = round;
    state = State.PROBING;
    nextOffset = offset;
    probeSent = false;
    reading = null;
    inFlight.clear();
  }

  void needsSnapshot(SnapshotId newest) {
    state = State.SNAPSHOT;
    snapshot = newest;
    snapshotPosition = 0;
    snapshotAskedMs = NEVER;
    reading = null;
    inFlight.clear();
  }

  /** It answered; the leader's log ends at {@code logEnd} now. */
  void onHeard(long logEnd, long round, long nowMs) {
    heardMs = nowMs;
    answeredRound = Math.max(answeredRound, round);
    if (matchedEnd >= logEnd) {
      caughtUpMs = nowMs;
    } else if (matchedEnd >= endWhenHeard) {
      caughtUpMs = Math.max(caughtUpMs, endHeardMs);
    }
    endWhenHeard = logEnd;
    endHeardMs = nowMs;
  }
}

package io.millrace.partition;

import io.millrace.model.Loop;
import io.millrace.partition.state.LeadConfirmation;
import io.millrace.partition.state.LeaderState;
import io.vertx.core.Future;
import io.vertx.core.Promise;

/**
 * Makes sure that this node led when somebody asked: a leader that is cut off, or cannot read what
 * the controller decides, does not know that another one has long committed more. All who ask in
 * the meantime share the next round.
 *
 * <p>Owner: partition loop.
 */
final class LeadChecks {
  /** Longer than it takes until a member of the ISR that is gone has left it. */
  private static final int MAX_WAIT_MS = 10_000;

  private static final int EXPIRY_CHECK_MS = 500;

  /** Of a leader. */
  interface Leader {
    /** Followers that {@link #awaits} are to be answered, if they wait. */
    void hurryFollowers();

    /** Monotonic time. */
    long nowMs();
  }

  private static final class Round {
    final long deadlineMs;
    final Promise<Boolean> outcome = Promise.promise();
    // Null until the round before it has ended.
    LeadConfirmation heard;

    Round(long deadlineMs) {
      this.deadlineMs = deadlineMs;
    }
  }

  private final Loop loop;
  private final LeaderState state;
  private final Leader leader;
  // Null = nobody waits.
  private Round running;
  // Of those who asked after it began; null = there are none. Invariant: null unless one runs.
  private Round next;
  private boolean expiryScheduled;
  private boolean ended;

  LeadChecks(Loop loop, LeaderState state, Leader leader) {
    this.loop = loop;
    this.state = state;
    this.leader = leader;
  }

  /** See {@link LeaderLog#confirmLead}. */
  Future<Boolean> confirm() {
    if (ended || state.successors().isEmpty()) {
      return Future.succeededFuture(!ended);
    }
    if (running == null) {
      Round first = newRound();
      begin(first);
      return first.outcome.future();
    }
    if (next == null) {
      next = newRound();
    }
    return next.outcome.future();
  }

  private Round newRound() {
    scheduleExpiry();
    return new Round(leader.nowMs() + MAX_WAIT_MS);
  }

  private void begin(Round round) {
    running = round;
    round.heard = new LeadConfirmation();
    leader.hurryFollowers();
  }

  /** Whether this replica is to fetch again soon. */
  boolean awaits(int replica) {
    return running != null && running.heard.lacks(replica) && state.successors().contains(replica);
  }

  /** A follower's request is admitted. */
  void onFetch(int replica, Object session) {
    if (running != null) {
      running.heard.onFetch(replica, session);
      review();
    }
  }

  /** It may be sure now: a replica has fetched, or can be elected no more. */
  void review() {
    if (running != null && running.heard.isComplete(state.successors())) {
      endRound(true);
    }
  }

  private void endRound(boolean sure) {
    Round over = running;
    running = null;
    if (next != null) {
      Round following = next;
      next = null;
      begin(following);
    }
    over.outcome.complete(sure);
  }

  private void scheduleExpiry() {
    if (!expiryScheduled) {
      expiryScheduled = true;
      loop.schedule(EXPIRY_CHECK_MS, this::expire);
    }
  }

  private void expire() {
    expiryScheduled = false;
    long nowMs = leader.nowMs();
    while (running != null && running.deadlineMs <= nowMs) {
      endRound(false);
    }
    if (running != null) {
      scheduleExpiry();
    }
  }

  /** This replica leads no more. */
  void end() {
    ended = true;
    while (running != null) {
      endRound(false);
    }
  }
}

package io.millrace.partition;

import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.state.IsrProposal;
import io.millrace.partition.state.LeaderState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the ISR of a leading replica right: asks for whoever has caught up, and for the leave of
 * whoever has not for too long. One proposal is open at a time.
 *
 * <p>Owner: partition loop.
 */
final class IsrKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(IsrKeeper.class);
  private static final int AGAIN_MS = 500;

  /** A member whose disk is full, and that lacks something, will not get it soon. */
  private static final int MAX_LAG_OF_FULL_MS = 1_000;

  /** Who leads, and is told what is new. */
  interface Leader {
    /** Nothing is asked for any more. */
    void onRefused(IsrProposal proposal);

    /** Monotonic time. */
    long nowMs();
  }

  private final Loop loop;
  private final TopicIdPartition id;
  private final LeaderState state;
  private final IsrChanges changes;
  private final long maxLagMs;
  private final Leader leader;
  private boolean checkScheduled;
  private boolean ended;

  /**
   * The keeper of one leading replica.
   *
   * @param maxLagMs {@code replica.lag.time.max.ms}
   */
  IsrKeeper(
      Loop loop,
      TopicIdPartition id,
      LeaderState state,
      IsrChanges changes,
      long maxLagMs,
      Leader leader) {
    this.loop = loop;
    this.id = id;
    this.state = state;
    this.changes = changes;
    this.maxLagMs = maxLagMs;
    this.leader = leader;
  }

  /** The replica leads from now on, another state is committed, or brokers came or went. */
  void review() {
    propose();
    watch();
    if (leastMaxLagMs() < maxLagMs) {
      loop.schedule(MAX_LAG_OF_FULL_MS + 1, this::propose);
    }
  }

  /** A follower has got on. */
  void onFollowerFetch(int nodeId) {
    if (state.mayJoin(nodeId, this::activeEpoch)) {
      propose();
    }
  }

  /** There is something that a member may lack. */
  void watch() {
    if (!checkScheduled && !ended && state.lags()) {
      checkScheduled = true;
      loop.schedule(Math.max(1, leastMaxLagMs() / 2), this::check);
    }
  }

  private long activeEpoch(int nodeId) {
    return changes.activeEpoch(id, nodeId);
  }

  private long maxLagMs(int nodeId) {
    return changes.takesRecords(id, nodeId) ? maxLagMs : Math.min(maxLagMs, MAX_LAG_OF_FULL_MS);
  }

  private long leastMaxLagMs() {
    long least = maxLagMs;
    for (int member : state.committed().isr()) {
      least = Math.min(least, maxLagMs(member));
    }
    return least;
  }

  private void check() {
    checkScheduled = false;
    propose();
    watch();
  }

  /** Asks for another ISR if there has to be one. */
  void propose() {
    if (ended) {
      return;
    }
    IsrProposal proposal = state.propose(leader.nowMs(), this::maxLagMs, this::activeEpoch);
    if (proposal != null) {
      ask(proposal);
    }
  }

  private void ask(IsrProposal proposal) {
    changes.ask(id, proposal).onSuccess(outcome -> loop.run(() -> onOutcome(proposal, outcome)));
  }

  private void onOutcome(IsrProposal proposal, IsrChanges.Outcome outcome) {
    if (ended || !proposal.equals(state.proposed())) {
      return;
    }
    if (outcome instanceof IsrChanges.Outcome.Committed committed) {
      if (committed.partitionEpoch() == state.committed().partitionEpoch()) {
        // There was nothing to change.
        leader.onRefused(proposal);
        loop.schedule(AGAIN_MS, this::propose);
        return;
      }
      // It counts when the image has it, in its order with all else: under settings that were
      // committed before it, that is.
      LOG.info(
          "{} has the in-sync replicas {}: {} joined, {} left",
          id,
          committed.isr(),
          proposal.joining(),
          proposal.leaving());
    } else if (outcome instanceof IsrChanges.Outcome.Refused refused) {
      LOG.info("{}: the in-sync replicas stay as they are: {}", id, refused.why());
      leader.onRefused(proposal);
      // What is refused now may be right in a while: a broker that has just come back, say.
      loop.schedule(AGAIN_MS, this::propose);
    } else if (outcome instanceof IsrChanges.Outcome.Unknown) {
      loop.schedule(AGAIN_MS, () -> askAgain(proposal));
    }
  }

  private void askAgain(IsrProposal proposal) {
    if (!ended && proposal.equals(state.proposed())) {
      ask(proposal);
    }
  }

  /** This replica leads no more. */
  void end() {
    ended = true;
  }
}

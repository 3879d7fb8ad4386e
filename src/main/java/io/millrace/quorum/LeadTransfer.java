package io.millrace.quorum;

import io.millrace.model.VoterId;
import io.millrace.quorum.state.QuorumRules;
import io.millrace.quorum.state.QuorumRules.Role;
import io.millrace.quorum.state.QuorumStatus;
import io.millrace.quorum.state.VoterChange;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Comparator;
import org.apache.kafka.common.protocol.Errors;

/**
 * Hands the lead to another voter, and notices when it is gone.
 *
 * <p>Owner: quorum context.
 */
final class LeadTransfer {
  private final Vertx vertx;
  private final VoterId self;
  private final QuorumRules rules;
  private final Leadership leadership;

  /** Completes when this node leads no longer; null = nobody waits for that. */
  private Promise<Void> gone;

  LeadTransfer(Vertx vertx, VoterId self, QuorumRules rules, Leadership leadership) {
    this.vertx = vertx;
    this.self = self;
    this.rules = rules;
    this.leadership = leadership;
  }

  /** Completes when this node leads no longer; fails if it still does after a time. */
  Future<Void> to(int nodeId, long nowMs, long withinMs) {
    for (VoterId voter : rules.voters()) {
      if (voter.nodeId() == nodeId) {
        return to(voter, nowMs, withinMs);
      }
    }
    return Future.failedFuture(
        new QuorumException(Errors.VOTER_NOT_FOUND, "Node " + nodeId + " is not a voter"));
  }

  /** The same, to the voter that needs the least to be up to date; fails if there is no other. */
  Future<Void> toTheMostUpToDate(long nowMs, long withinMs) {
    return rules.status().replicas().stream()
        .filter(replica -> replica.voter() && !replica.id().equals(self))
        .max(
            Comparator.comparingLong(QuorumStatus.Replica::endOffset)
                .thenComparingLong(QuorumStatus.Replica::lastHeardMs))
        .map(best -> to(best.id(), nowMs, withinMs))
        .orElseGet(
            () ->
                Future.failedFuture(
                    new QuorumException(Errors.VOTER_NOT_FOUND, "There is no other voter")));
  }

  private Future<Void> to(VoterId voter, long nowMs, long withinMs) {
    VoterChange.Refusal refused = rules.transferTo(nowMs, voter);
    if (refused != null) {
      return Future.failedFuture(leadership.refusal(refused, voter));
    }
    if (gone == null) {
      gone = Promise.promise();
    }
    Promise<Void> inTime = Promise.promise();
    gone.future().onComplete(done -> inTime.tryComplete());
    vertx.setTimer(
        withinMs,
        ignored ->
            inTime.tryFail(
                new QuorumException(
                    Errors.REQUEST_TIMED_OUT,
                    "The other voter did not take over within " + withinMs + " ms")));
    return inTime.future();
  }

  /** To be called whenever the rules may have stopped to lead. */
  void noticeLoss() {
    if (gone != null && rules.role() != Role.LEADER) {
      Promise<Void> done = gone;
      gone = null;
      // In a turn of its own: whoever waits may close what this turn still writes to.
      vertx.runOnContext(ignored -> done.complete());
    }
  }
}

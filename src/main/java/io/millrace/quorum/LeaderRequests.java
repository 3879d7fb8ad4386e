package io.millrace.quorum;

import io.millrace.metadata.MetadataRecord;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.QuorumRules;
import io.millrace.quorum.state.Ready;
import io.millrace.quorum.state.VoterChange;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * What the leader is asked: taken or refused, and answered when it is committed or confirmed.
 *
 * <p>Owner: quorum context.
 */
final class LeaderRequests {
  /** A leader with so many uncommitted records takes no more until they are committed. */
  private static final long MAX_UNCOMMITTED_RECORDS = 1_000_000;

  private final QuorumRules rules;
  private final Leadership leadership;
  private final WaitingProposals proposals = new WaitingProposals();

  /** By their tickets. */
  private final Map<Long, Promise<Long>> reads = new HashMap<>();

  LeaderRequests(QuorumRules rules, Leadership leadership) {
    this.rules = rules;
    this.leadership = leadership;
  }

  /** As {@link Quorum#propose}. */
  Future<Long> propose(int lead, long baseOffset, List<MetadataRecord> records) {
    if (!leadership.takesProposalsOf(lead)) {
      return Future.failedFuture(leadership.notLeading());
    }
    if (rules.logEnd() - rules.committedEnd() > MAX_UNCOMMITTED_RECORDS) {
      return pause(
          Errors.THROTTLING_QUOTA_EXCEEDED,
          "More than " + MAX_UNCOMMITTED_RECORDS + " changes of metadata wait to be committed");
    }
    if (baseOffset != Quorum.ANYWHERE && baseOffset != rules.logEnd()) {
      return pause(Errors.NOT_CONTROLLER, "The voters have changed in the meantime; try again");
    }
    return answerWhenCommitted(rules.propose(records));
  }

  private Future<Long> pause(Errors error, String message) {
    QuorumException why = new QuorumException(error, message);
    leadership.pause(why);
    return Future.failedFuture(why);
  }

  private Future<Long> answerWhenCommitted(long lastOffset) {
    Promise<Long> promise = Promise.promise();
    proposals.add(lastOffset, promise);
    return promise.future();
  }

  /** As {@link Quorum#readIndex}. */
  Future<Long> readIndex() {
    long ticket = rules.readIndex();
    if (ticket < 0) {
      return Future.failedFuture(leadership.notLeading());
    }
    Promise<Long> promise = Promise.promise();
    reads.put(ticket, promise);
    return promise.future();
  }

  /** As {@link Quorum#addVoter}. */
  Future<Void> addVoter(VoterId id) {
    return change(() -> rules.addVoter(id), id);
  }

  /** As {@link Quorum#removeVoter}. */
  Future<Void> removeVoter(VoterId id) {
    return change(() -> rules.removeVoter(id), id);
  }

  private Future<Void> change(Supplier<VoterChange> attempt, VoterId id) {
    if (!leadership.takesChanges()) {
      return Future.failedFuture(leadership.notLeading());
    }
    VoterChange change = attempt.get();
    return change.refusal() == null
        ? answerWhenCommitted(change.lastOffset()).mapEmpty()
        : Future.failedFuture(leadership.refusal(change.refusal(), id));
  }

  /** Everything below {@code end} is committed, and the listener has heard of it. */
  void onCommitted(long end) {
    proposals.onCommitted(end);
  }

  /** Reads were confirmed by a majority, or are not going to be. */
  void onReads(List<Ready.Read> answered) {
    for (Ready.Read read : answered) {
      Promise<Long> promise = reads.remove(read.ticket());
      if (read.end() < 0) {
        promise.fail(leadership.notLeading());
      } else {
        promise.complete(read.end());
      }
    }
  }

  /** What was appended may yet be committed by the next leader, but nobody here will know. */
  void onLeadLost(QuorumException why) {
    proposals.failAll(why);
  }

  /** Nothing is answered any more. */
  void failAll(QuorumException why) {
    proposals.failAll(why);
    List<Promise<Long>> failed = new ArrayList<>(reads.values());
    reads.clear();
    failed.forEach(read -> read.fail(why));
  }
}

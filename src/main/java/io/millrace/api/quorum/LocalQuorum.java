package io.millrace.api.quorum;

import io.millrace.metadata.Endpoint;
import io.millrace.model.Clock;
import io.millrace.model.VoterId;
import io.millrace.quorum.Quorum;
import io.millrace.quorum.QuorumException;
import io.millrace.quorum.QuorumView;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.apache.kafka.common.protocol.Errors;

/**
 * The quorum as this node itself sees it; everything fails with NOT_CONTROLLER while it does not
 * lead.
 *
 * <p>Owner: any thread.
 */
public final class LocalQuorum implements QuorumControl {
  /** How long a new voter has to catch up, and how often that is looked at. */
  private static final long CATCH_UP_MS = 10_000;

  private static final long RETRY_MS = 100;

  private final Vertx vertx;
  private final Quorum quorum;
  private final IntFunction<List<Endpoint>> endpointsOf;
  private final IntPredicate neverVotes;
  private final Consumer<VoterId> onRemoved;
  private final Clock clock;

  /**
   * A quorum.
   *
   * @param endpointsOf where the other nodes reach a node, by node id; empty = unknown
   * @param neverVotes whether a node is known not to have the role of a controller
   * @param onRemoved is told of each voter that was removed by request
   */
  public LocalQuorum(
      Vertx vertx,
      Quorum quorum,
      IntFunction<List<Endpoint>> endpointsOf,
      IntPredicate neverVotes,
      Consumer<VoterId> onRemoved,
      Clock clock) {
    this.vertx = vertx;
    this.quorum = quorum;
    this.endpointsOf = endpointsOf;
    this.neverVotes = neverVotes;
    this.onRemoved = onRemoved;
    this.clock = clock;
  }

  /** A majority has confirmed that this node leads, so an old leader that is cut off is silent. */
  @Override
  public Future<QuorumDescription> describe() {
    return quorum.readIndex().map(any -> describe(quorum.status()));
  }

  private QuorumDescription describe(QuorumView view) {
    int leader = view.leaderNode();
    if (leader != view.self().nodeId()) {
      throw new QuorumException(
          Errors.NOT_CONTROLLER, "Node " + view.self().nodeId() + " leads no longer");
    }
    List<QuorumDescription.Replica> voters = new ArrayList<>();
    List<QuorumDescription.Replica> observers = new ArrayList<>();
    Map<Integer, List<Endpoint>> endpoints = new HashMap<>();
    for (QuorumView.Replica replica : view.replicas()) {
      int nodeId = replica.id().nodeId();
      (replica.voter() ? voters : observers)
          .add(nodeId == leader ? own(replica, view) : other(replica));
      List<Endpoint> reached = endpointsOf.apply(nodeId);
      if (!reached.isEmpty()) {
        endpoints.put(nodeId, reached);
      }
    }
    return new QuorumDescription(
        leader, view.term(), view.committedEnd(), voters, observers, endpoints);
  }

  private QuorumDescription.Replica own(QuorumView.Replica replica, QuorumView view) {
    return new QuorumDescription.Replica(
        replica.id(), view.logEnd(), clock.wallMs(), clock.wallMs());
  }

  private static QuorumDescription.Replica other(QuorumView.Replica replica) {
    return new QuorumDescription.Replica(
        replica.id(), replica.endOffset(), replica.lastFetchMs(), replica.lastCaughtUpMs());
  }

  /** Waits for a node that has yet to catch up. */
  @Override
  public Future<Void> addVoter(VoterId voter) {
    if (neverVotes.test(voter.nodeId())) {
      return Future.failedFuture(
          new QuorumException(
              Errors.INVALID_REQUEST,
              "Node "
                  + voter.nodeId()
                  + " never votes: its process.roles does not contain controller"));
    }
    return addVoter(voter, CATCH_UP_MS / RETRY_MS);
  }

  private Future<Void> addVoter(VoterId voter, long attempts) {
    return quorum
        .addVoter(voter)
        .recover(
            why ->
                attempts > 1
                        && why instanceof QuorumException refused
                        && refused.error() == Errors.REQUEST_TIMED_OUT
                    ? vertx.timer(RETRY_MS).compose(any -> addVoter(voter, attempts - 1))
                    : Future.failedFuture(why));
  }

  @Override
  public Future<Void> removeVoter(VoterId voter) {
    return quorum.removeVoter(voter).onSuccess(any -> onRemoved.accept(voter));
  }

  @Override
  public Future<Void> transferLeadership(int nodeId) {
    QuorumView view = quorum.status();
    if (view.leaderNode() == nodeId && view.self().nodeId() == nodeId) {
      return Future.failedFuture(
          new QuorumException(Errors.ELECTION_NOT_NEEDED, "Node " + nodeId + " leads already"));
    }
    return quorum
        .transferLeadership(nodeId)
        .recover(
            why ->
                Future.failedFuture(
                    why instanceof QuorumException refused
                            && refused.error() == Errors.REQUEST_TIMED_OUT
                        ? new QuorumException(
                            Errors.PREFERRED_LEADER_NOT_AVAILABLE, why.getMessage(), why)
                        : why));
  }
}

package io.millrace.api;

import io.millrace.api.quorum.QuorumControl;
import io.millrace.api.quorum.QuorumDescription;
import io.millrace.api.quorum.QuorumDescription.Replica;
import io.millrace.metadata.Endpoint;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.protocol.Errors;

/**
 * A quorum of two voters and an observer that does what it is asked, unless told otherwise.
 *
 * <p>Owner: whoever asks; the test's thread, before and after.
 */
public final class FakeQuorum implements QuorumControl {
  private static final Set<Errors> LEADERLESS =
      Set.of(Errors.NOT_CONTROLLER, Errors.REQUEST_TIMED_OUT);

  public final List<String> asked = new ArrayList<>();

  /** Why every change is refused, and when nobody leads the description too; null = none is. */
  public QuorumException refusal;

  /** Whether it describes itself whatever it refuses. */
  public boolean describesAnyway;

  public QuorumDescription description =
      new QuorumDescription(
          1,
          5,
          40,
          List.of(new Replica(voter(1), 42, 1_000, 1_000), new Replica(voter(2), 41, 990, 980)),
          List.of(new Replica(voter(3), 7, 500, -1)),
          Map.of(2, List.of(new Endpoint("INTERNAL", "b2", 9093))));

  /** The voter of a node, with the directory that it has in all tests. */
  public static VoterId voter(int nodeId) {
    return new VoterId(nodeId, new UUID(77, nodeId));
  }

  private Future<Void> done(String what) {
    asked.add(what);
    return refusal == null ? Future.succeededFuture() : Future.failedFuture(refusal);
  }

  @Override
  public Future<QuorumDescription> describe() {
    asked.add("describe");
    return refusal != null && !describesAnyway && LEADERLESS.contains(refusal.error())
        ? Future.failedFuture(refusal)
        : Future.succeededFuture(description);
  }

  @Override
  public Future<Void> addVoter(VoterId voter) {
    return done("add " + voter);
  }

  @Override
  public Future<Void> removeVoter(VoterId voter) {
    return done("remove " + voter);
  }

  @Override
  public Future<Void> transferLeadership(int nodeId) {
    return done("transfer " + nodeId);
  }
}

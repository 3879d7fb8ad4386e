package io.millrace.api.peer;

import io.millrace.api.quorum.QuorumControl;
import io.millrace.api.quorum.QuorumDescription;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * The quorum, wherever its leader is; see {@link RoutedController}.
 *
 * <p>Owner: any thread.
 */
final class RoutedQuorum implements QuorumControl {
  private final ControllerCalls calls;
  private final Supplier<QuorumControl> current;

  RoutedQuorum(ControllerCalls calls, Supplier<QuorumControl> current) {
    this.calls = calls;
    this.current = current;
  }

  @Override
  public Future<QuorumDescription> describe() {
    return calls.run(again -> current.get().describe());
  }

  @Override
  public Future<Void> addVoter(VoterId voter) {
    return calls.run(again -> unless(again, Errors.DUPLICATE_VOTER, current.get().addVoter(voter)));
  }

  @Override
  public Future<Void> removeVoter(VoterId voter) {
    return calls.run(
        again -> unless(again, Errors.VOTER_NOT_FOUND, current.get().removeVoter(voter)));
  }

  @Override
  public Future<Void> transferLeadership(int nodeId) {
    return calls.run(
        again ->
            unless(again, Errors.ELECTION_NOT_NEEDED, current.get().transferLeadership(nodeId)));
  }

  /** Of a second attempt this refusal says that the first has done it. */
  private static Future<Void> unless(boolean again, Errors done, Future<Void> command) {
    return command.recover(
        why ->
            again && why instanceof QuorumException refused && refused.error() == done
                ? Future.succeededFuture()
                : Future.failedFuture(why));
  }
}

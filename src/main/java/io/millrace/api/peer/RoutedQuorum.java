package io.millrace.api.peer;

import io.millrace.api.quorum.QuorumControl;
import io.millrace.api.quorum.QuorumDescription;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
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
    return change(
        quorum -> quorum.addVoter(voter), Errors.DUPLICATE_VOTER, voters -> voters.contains(voter));
  }

  @Override
  public Future<Void> removeVoter(VoterId voter) {
    return change(
        quorum -> quorum.removeVoter(voter),
        Errors.VOTER_NOT_FOUND,
        voters -> voters.stream().noneMatch(is -> is.nodeId() == voter.nodeId()));
  }

  @Override
  public Future<Void> transferLeadership(int nodeId) {
    return calls.run(
        again ->
            current
                .get()
                .transferLeadership(nodeId)
                .recover(
                    why ->
                        again && isError(why, Errors.ELECTION_NOT_NEEDED)
                            ? Future.succeededFuture()
                            : Future.failedFuture(why)));
  }

  /**
   * Changes the voters. Of a second attempt the refusal can say that the first has done it; that it
   * was not wrong from the beginning only the voters tell.
   */
  private Future<Void> change(
      Function<QuorumControl, Future<Void>> command,
      Errors refusal,
      Predicate<Set<VoterId>> isDone) {
    return calls.run(
        again ->
            command
                .apply(current.get())
                .recover(
                    why ->
                        again && isError(why, refusal)
                            ? unless(isDone, why)
                            : Future.failedFuture(why)));
  }

  private Future<Void> unless(Predicate<Set<VoterId>> isDone, Throwable why) {
    return current
        .get()
        .describe()
        .compose(
            quorum ->
                isDone.test(voters(quorum)) ? Future.succeededFuture() : Future.failedFuture(why));
  }

  private static boolean isError(Throwable why, Errors error) {
    return why instanceof QuorumException refused && refused.error() == error;
  }

  private static Set<VoterId> voters(QuorumDescription quorum) {
    return quorum.voters().stream().map(QuorumDescription.Replica::id).collect(Collectors.toSet());
  }
}

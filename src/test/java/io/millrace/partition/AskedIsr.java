package io.millrace.partition;

import io.millrace.model.TopicIdPartition;
import io.millrace.partition.state.IsrProposal;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A controller that answers when the test does; all brokers are registered with the epoch 70 and
 * their id.
 *
 * <p>Owner: the test's thread.
 */
final class AskedIsr implements IsrChanges {
  final List<IsrProposal> asked = new ArrayList<>();

  /** Nodes whose disks are full. */
  final Set<Integer> full = new HashSet<>();

  private final List<Promise<Outcome>> promises = new ArrayList<>();

  @Override
  public long activeEpoch(TopicIdPartition partition, int nodeId) {
    return 70L + nodeId;
  }

  @Override
  public boolean takesRecords(TopicIdPartition partition, int nodeId) {
    return !full.contains(nodeId);
  }

  @Override
  public Future<Outcome> ask(TopicIdPartition partition, IsrProposal proposal) {
    asked.add(proposal);
    Promise<Outcome> promise = Promise.promise();
    promises.add(promise);
    return promise.future();
  }

  /** Answers the question that was asked last. */
  void answer(Outcome outcome) {
    promises.get(promises.size() - 1).complete(outcome);
  }
}

package io.millrace.server;

import io.millrace.controller.Controller;
import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrChanged;
import io.millrace.controller.Controller.IsrMember;
import io.millrace.controller.Controller.IsrReply;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.IsrChanges;
import io.millrace.partition.state.IsrProposal;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * Carries the ISR proposals of this node's leaders to the controller, all that come while one
 * request is under way with the next.
 *
 * <p>Owner: a loop of its own; all that is declared by {@link IsrChanges} is for any thread.
 */
final class IsrRequests implements IsrChanges {
  /** In one request, so that its records fit into one change of the metadata. */
  private static final int MAX_CHANGES = 2_000;

  private record Asked(
      TopicIdPartition partition, IsrProposal proposal, Promise<Outcome> promise) {}

  private final Loop home;
  private final int nodeId;
  private final LongSupplier brokerEpoch;
  private final Supplier<Controller> controller;
  private final Supplier<ClusterImage> image;
  // Owned by home.
  private List<Asked> waiting = new ArrayList<>();
  private boolean asking;
  private boolean scheduled;

  /**
   * Asks nothing yet.
   *
   * @param brokerEpoch under which this node is registered; -1 = it is not
   * @param controller is asked for when there is something to ask it
   */
  IsrRequests(
      Loop home,
      int nodeId,
      LongSupplier brokerEpoch,
      Supplier<Controller> controller,
      Supplier<ClusterImage> image) {
    this.home = home;
    this.nodeId = nodeId;
    this.brokerEpoch = brokerEpoch;
    this.controller = controller;
    this.image = image;
  }

  @Override
  public long activeEpoch(TopicIdPartition partition, int id) {
    BrokerImage broker = image.get().brokers().get(id);
    boolean may =
        broker != null && broker.active() && condition(partition, id) == ReplicaCondition.ONLINE;
    return may ? broker.epoch() : -1;
  }

  @Override
  public boolean takesRecords(TopicIdPartition partition, int id) {
    return condition(partition, id) != ReplicaCondition.FULL;
  }

  private ReplicaCondition condition(TopicIdPartition partition, int id) {
    return image.get().condition(id, partition.topicId(), partition.partition());
  }

  @Override
  public Future<Outcome> ask(TopicIdPartition partition, IsrProposal proposal) {
    Promise<Outcome> promise = Promise.promise();
    home.run(
        () -> {
          waiting.add(new Asked(partition, proposal, promise));
          if (!scheduled) {
            scheduled = true;
            // Behind what other partitions ask in this turn.
            home.execute(
                () -> {
                  scheduled = false;
                  send();
                });
          }
        });
    return promise.future();
  }

  private void send() {
    if (asking || waiting.isEmpty()) {
      return;
    }
    asking = true;
    List<Asked> now = waiting.subList(0, Math.min(waiting.size(), MAX_CHANGES));
    List<Asked> sent = List.copyOf(now);
    now.clear();
    List<IsrChange> changes = sent.stream().map(IsrRequests::change).toList();
    Future.<Void>succeededFuture()
        .compose(any -> controller.get().alterPartitions(nodeId, brokerEpoch.getAsLong(), changes))
        .onComplete(done -> home.run(() -> onReply(sent, done)));
  }

  private static IsrChange change(Asked asked) {
    IsrProposal proposal = asked.proposal;
    return new IsrChange(
        asked.partition.topicId(),
        asked.partition.partition(),
        proposal.leaderEpoch(),
        proposal.partitionEpoch(),
        proposal.isr().stream().map(m -> new IsrMember(m.nodeId(), m.brokerEpoch())).toList());
  }

  private void onReply(List<Asked> sent, AsyncResult<IsrReply> done) {
    asking = false;
    boolean answered =
        done.succeeded()
            && done.result().outcome().error() == Errors.NONE
            && done.result().partitions().size() == sent.size();
    for (int i = 0; i < sent.size(); i++) {
      Asked asked = sent.get(i);
      // A whole request that is refused, since this node has to register anew, may be the second of
      // which the first was carried out.
      asked.promise.complete(
          answered ? outcome(done.result().partitions().get(i)) : new Outcome.Unknown());
    }
    send();
  }

  private static Outcome outcome(IsrChanged changed) {
    Errors error = changed.outcome().error();
    return switch (error) {
      case NONE -> new Outcome.Committed(changed.partitionEpoch(), changed.isr());
      // INVALID_UPDATE_VERSION and the like: the image will tell.
      case INVALID_UPDATE_VERSION,
          NEW_LEADER_ELECTED,
          FENCED_LEADER_EPOCH,
          UNKNOWN_TOPIC_ID,
          UNKNOWN_TOPIC_OR_PARTITION ->
          new Outcome.Outdated();
      case INELIGIBLE_REPLICA, INVALID_REQUEST -> new Outcome.Refused(changed.outcome().message());
      default -> new Outcome.Unknown();
    };
  }
}

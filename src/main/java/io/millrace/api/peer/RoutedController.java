package io.millrace.api.peer;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.Controller;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metadata.QuotaEntity;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The controller, wherever it is: on this node while it leads, else on the node that does. Commands
 * survive a change of the controller. One that was perhaps carried out before the controller's
 * answer was lost is sent again all the same, and {@link RepeatedCommands} tells "already there"
 * from "already done".
 *
 * <p>Owner: any thread.
 */
final class RoutedController implements Controller {
  private final ControllerCalls calls;
  private final Supplier<Controller> current;
  private final ImagePublisher images;

  /**
   * A controller.
   *
   * @param current the one to ask now
   */
  RoutedController(ControllerCalls calls, Supplier<Controller> current, ImagePublisher images) {
    this.calls = calls;
    this.current = current;
    this.images = images;
  }

  @Override
  public Future<List<CreatedTopic>> createTopics(List<NewTopic> topics, boolean validateOnly) {
    ClusterImage before = images.image();
    return calls.run(
        again -> {
          Future<List<CreatedTopic>> created = current.get().createTopics(topics, validateOnly);
          return again && !validateOnly
              ? created.map(
                  found -> RepeatedCommands.created(found, topics, before, images.image()))
              : created;
        });
  }

  @Override
  public Future<List<DeletedTopic>> deleteTopics(List<TopicRef> topics) {
    ClusterImage before = images.image();
    return calls.run(
        again ->
            again
                ? current
                    .get()
                    .deleteTopics(RepeatedCommands.byId(topics, before))
                    .map(found -> RepeatedCommands.deleted(found, before))
                : current.get().deleteTopics(topics));
  }

  @Override
  public Future<Map<String, Outcome>> createPartitions(
      List<NewPartitions> topics, boolean validateOnly) {
    ClusterImage before = images.image();
    return calls.run(
        again -> {
          Future<Map<String, Outcome>> grown = current.get().createPartitions(topics, validateOnly);
          return again && !validateOnly
              ? grown.map(found -> RepeatedCommands.grown(found, topics, before, images.image()))
              : grown;
        });
  }

  /** APPEND and SUBTRACT change nothing the second time either. */
  @Override
  public Future<Map<ConfigResource, Outcome>> incrementalAlterConfigs(
      Map<ConfigResource, List<ConfigOp>> changes, boolean validateOnly) {
    return calls.run(again -> current.get().incrementalAlterConfigs(changes, validateOnly));
  }

  @Override
  public Future<Map<ConfigResource, Outcome>> alterConfigs(
      Map<ConfigResource, Map<String, String>> configs, boolean validateOnly) {
    return calls.run(again -> current.get().alterConfigs(configs, validateOnly));
  }

  /** What is set a second time changes nothing. */
  @Override
  public Future<Map<QuotaEntity, Outcome>> alterClientQuotas(
      Map<QuotaEntity, Map<String, Double>> changes, boolean validateOnly) {
    return calls.run(again -> current.get().alterClientQuotas(changes, validateOnly));
  }

  /** A block that was given out to nobody is lost, and there are enough of them. */
  @Override
  public Future<ProducerIdBlock> allocateProducerIds() {
    return calls.run(again -> current.get().allocateProducerIds());
  }

  @Override
  public Future<Registered> registerBroker(BrokerRegistration registration) {
    return calls.run(again -> current.get().registerBroker(registration));
  }

  /** Once: there is another one soon. */
  @Override
  public Future<HeartbeatReply> heartbeat(Heartbeat heartbeat) {
    return current.get().heartbeat(heartbeat);
  }

  /** Epochs guard against a second time: it is refused by INVALID_UPDATE_VERSION. */
  @Override
  public Future<IsrReply> alterPartitions(int nodeId, long brokerEpoch, List<IsrChange> changes) {
    return calls.run(again -> current.get().alterPartitions(nodeId, brokerEpoch, changes));
  }

  /** What is said a second time changes nothing. */
  @Override
  public Future<Outcome> reportReplicas(int nodeId, long brokerEpoch, List<ReplicaReport> reports) {
    return calls.run(again -> current.get().reportReplicas(nodeId, brokerEpoch, reports));
  }

  /** Once: the broker comes again soon. */
  @Override
  public Future<Outcome> reportLogEnds(int nodeId, long brokerEpoch, List<LogEnd> ends) {
    return current.get().reportLogEnds(nodeId, brokerEpoch, ends);
  }

  @Override
  public Future<Map<TopicPartition, Outcome>> electLeaders(
      ElectionType type, Set<TopicPartition> partitions) {
    return calls.run(
        again -> {
          Future<Map<TopicPartition, Outcome>> elected =
              current.get().electLeaders(type, partitions);
          return again ? elected.map(RepeatedCommands::elected) : elected;
        });
  }

  /** What has begun already begins no second time. */
  @Override
  public Future<Map<TopicPartition, Outcome>> alterPartitionReassignments(
      Map<TopicPartition, List<Integer>> wanted, boolean allowFactorChange) {
    ClusterImage before = images.image();
    return calls.run(
        again -> {
          Future<Map<TopicPartition, Outcome>> begun =
              current.get().alterPartitionReassignments(wanted, allowFactorChange);
          return again ? begun.map(found -> RepeatedCommands.cancelled(found, before)) : begun;
        });
  }

  @Override
  public Future<Outcome> unregisterBroker(int nodeId) {
    ClusterImage before = images.image();
    return calls.run(
        again -> {
          Future<Outcome> gone = current.get().unregisterBroker(nodeId);
          return again
              ? gone.map(found -> RepeatedCommands.unregistered(found, nodeId, before))
              : gone;
        });
  }

  @Override
  public Future<Map<String, Outcome>> updateFeatures(
      Map<String, FeatureUpdate> updates, boolean validateOnly) {
    return calls.run(again -> current.get().updateFeatures(updates, validateOnly));
  }
}

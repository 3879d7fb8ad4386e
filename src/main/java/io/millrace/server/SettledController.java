package io.millrace.server;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.Controller;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.QuotaEntity;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The controller as clients of this node see it: a command that made partitions completes when this
 * node's replicas of them take requests, so that a producer's first record after CreateTopics is
 * not turned away.
 *
 * <p>Owner: any thread.
 */
final class SettledController implements Controller {
  private final Controller controller;
  private final Supplier<Future<Void>> settled;

  SettledController(Controller controller, Supplier<Future<Void>> settled) {
    this.controller = controller;
    this.settled = settled;
  }

  private <T> Future<T> settle(Future<T> command) {
    return command.compose(result -> settled.get().map(result));
  }

  @Override
  public Future<List<CreatedTopic>> createTopics(List<NewTopic> topics, boolean validateOnly) {
    Future<List<CreatedTopic>> created = controller.createTopics(topics, validateOnly);
    return validateOnly ? created : settle(created);
  }

  @Override
  public Future<List<DeletedTopic>> deleteTopics(List<TopicRef> topics) {
    return settle(controller.deleteTopics(topics));
  }

  @Override
  public Future<Map<String, Outcome>> createPartitions(
      List<NewPartitions> topics, boolean validateOnly) {
    Future<Map<String, Outcome>> created = controller.createPartitions(topics, validateOnly);
    return validateOnly ? created : settle(created);
  }

  @Override
  public Future<Map<ConfigResource, Outcome>> incrementalAlterConfigs(
      Map<ConfigResource, List<ConfigOp>> changes, boolean validateOnly) {
    return settle(controller.incrementalAlterConfigs(changes, validateOnly));
  }

  @Override
  public Future<Map<ConfigResource, Outcome>> alterConfigs(
      Map<ConfigResource, Map<String, String>> configs, boolean validateOnly) {
    return settle(controller.alterConfigs(configs, validateOnly));
  }

  @Override
  public Future<Map<QuotaEntity, Outcome>> alterClientQuotas(
      Map<QuotaEntity, Map<String, Double>> changes, boolean validateOnly) {
    return controller.alterClientQuotas(changes, validateOnly);
  }

  @Override
  public Future<ProducerIdBlock> allocateProducerIds() {
    return controller.allocateProducerIds();
  }

  @Override
  public Future<Registered> registerBroker(BrokerRegistration registration) {
    return controller.registerBroker(registration);
  }

  @Override
  public Future<HeartbeatReply> heartbeat(Heartbeat heartbeat) {
    return controller.heartbeat(heartbeat);
  }

  @Override
  public Future<IsrReply> alterPartitions(int nodeId, long brokerEpoch, List<IsrChange> changes) {
    return controller.alterPartitions(nodeId, brokerEpoch, changes);
  }

  @Override
  public Future<Outcome> reportReplicas(int nodeId, long brokerEpoch, List<ReplicaReport> reports) {
    return controller.reportReplicas(nodeId, brokerEpoch, reports);
  }

  @Override
  public Future<Outcome> reportLogEnds(int nodeId, long brokerEpoch, List<LogEnd> ends) {
    return controller.reportLogEnds(nodeId, brokerEpoch, ends);
  }

  @Override
  public Future<Map<TopicPartition, Outcome>> electLeaders(
      ElectionType type, Set<TopicPartition> partitions) {
    return settle(controller.electLeaders(type, partitions));
  }

  @Override
  public Future<Map<TopicPartition, Outcome>> alterPartitionReassignments(
      Map<TopicPartition, List<Integer>> wanted, boolean allowFactorChange) {
    return settle(controller.alterPartitionReassignments(wanted, allowFactorChange));
  }

  @Override
  public Future<Outcome> unregisterBroker(int nodeId) {
    return controller.unregisterBroker(nodeId);
  }

  @Override
  public Future<Map<String, Outcome>> updateFeatures(
      Map<String, FeatureUpdate> updates, boolean validateOnly) {
    return controller.updateFeatures(updates, validateOnly);
  }
}

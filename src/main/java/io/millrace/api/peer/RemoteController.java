package io.millrace.api.peer;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.Controller;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.QuotaEntity;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.message.AllocateProducerIdsRequestData;
import org.apache.kafka.common.message.AllocateProducerIdsResponseData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionResponseData;
import org.apache.kafka.common.message.AssignReplicasToDirsResponseData;
import org.apache.kafka.common.message.BrokerHeartbeatResponseData;
import org.apache.kafka.common.message.BrokerRegistrationResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * The controller on another node, asked in Kafka's own words over the internal listener. Each
 * command is sent once, to the node that is the controller then; {@link RoutedController} repeats.
 * It completes when this node's image has what the command has brought about, as far as that comes
 * within seconds.
 *
 * <p>The versions are fixed: in a rolling upgrade the controller may be older than this node.
 *
 * <p>Owner: any thread.
 */
final class RemoteController implements Controller {
  private static final short CREATE_TOPICS = 7;
  private static final short DELETE_TOPICS = 6;
  private static final short CREATE_PARTITIONS = 3;
  private static final short INCREMENTAL_ALTER_CONFIGS = 1;
  private static final short ALTER_CONFIGS = 2;
  private static final short ALTER_CLIENT_QUOTAS = 1;
  private static final short ALLOCATE_PRODUCER_IDS = 0;
  private static final short BROKER_REGISTRATION = 4;
  private static final short BROKER_HEARTBEAT = 1;
  private static final short ALTER_PARTITION = 3;
  private static final short ASSIGN_REPLICAS_TO_DIRS = 0;
  private static final short ELECT_LEADERS = 2;
  private static final short ALTER_PARTITION_REASSIGNMENTS = 1;
  private static final short UNREGISTER_BROKER = 0;
  private static final short UPDATE_FEATURES = 2;

  /** The sender comes again soon after this. */
  private static final int HEARTBEAT_MS = 4_000;

  /** So does this. */
  private static final int REPORT_MS = 4_000;

  private final ControllerLink link;
  private final int nodeId;
  private final int timeoutMs;

  /**
   * A controller at the other end of this link.
   *
   * @param nodeId this node
   * @param timeoutMs for each command
   */
  RemoteController(ControllerLink link, int nodeId, int timeoutMs) {
    this.link = link;
    this.nodeId = nodeId;
    this.timeoutMs = timeoutMs;
  }

  @Override
  public Future<List<CreatedTopic>> createTopics(List<NewTopic> topics, boolean validateOnly) {
    return administer(
        ControllerRequests.createTopics(topics, validateOnly, timeoutMs),
        CREATE_TOPICS,
        CreateTopicsResponseData.class,
        ControllerReplies::createTopics);
  }

  @Override
  public Future<List<DeletedTopic>> deleteTopics(List<TopicRef> topics) {
    return administer(
        ControllerRequests.deleteTopics(topics, timeoutMs),
        DELETE_TOPICS,
        DeleteTopicsResponseData.class,
        ControllerReplies::deleteTopics);
  }

  @Override
  public Future<Map<String, Outcome>> createPartitions(
      List<NewPartitions> topics, boolean validateOnly) {
    return administer(
        ControllerRequests.createPartitions(topics, validateOnly, timeoutMs),
        CREATE_PARTITIONS,
        CreatePartitionsResponseData.class,
        ControllerReplies::createPartitions);
  }

  @Override
  public Future<Map<ConfigResource, Outcome>> incrementalAlterConfigs(
      Map<ConfigResource, List<ConfigOp>> changes, boolean validateOnly) {
    return administer(
        ControllerRequests.incrementalAlterConfigs(changes, validateOnly),
        INCREMENTAL_ALTER_CONFIGS,
        IncrementalAlterConfigsResponseData.class,
        ControllerReplies::incrementalAlterConfigs);
  }

  @Override
  public Future<Map<ConfigResource, Outcome>> alterConfigs(
      Map<ConfigResource, Map<String, String>> configs, boolean validateOnly) {
    return administer(
        ControllerRequests.alterConfigs(configs, validateOnly),
        ALTER_CONFIGS,
        AlterConfigsResponseData.class,
        ControllerReplies::alterConfigs);
  }

  @Override
  public Future<Map<QuotaEntity, Outcome>> alterClientQuotas(
      Map<QuotaEntity, Map<String, Double>> changes, boolean validateOnly) {
    return administer(
        ControllerRequests.alterClientQuotas(changes, validateOnly),
        ALTER_CLIENT_QUOTAS,
        AlterClientQuotasResponseData.class,
        response -> ControllerReplies.alterClientQuotas(response, changes.keySet()));
  }

  @Override
  public Future<ProducerIdBlock> allocateProducerIds() {
    return link.ask(
            ControllerLink.DATA,
            new AllocateProducerIdsRequestData().setBrokerId(nodeId),
            ALLOCATE_PRODUCER_IDS,
            timeoutMs,
            AllocateProducerIdsResponseData.class)
        .map(ControllerReplies::producerIds);
  }

  /** Does not wait for the image: a heartbeat tells the controller when it is there. */
  @Override
  public Future<Registered> registerBroker(BrokerRegistration registration) {
    return link.ask(
            ControllerLink.DATA,
            ControllerRequests.register(registration, link.clusterId()),
            BROKER_REGISTRATION,
            timeoutMs,
            BrokerRegistrationResponseData.class)
        .map(ControllerReplies::registered);
  }

  @Override
  public Future<HeartbeatReply> heartbeat(Heartbeat heartbeat) {
    return link.ask(
            ControllerLink.HEARTBEAT,
            ControllerRequests.heartbeat(heartbeat),
            BROKER_HEARTBEAT,
            HEARTBEAT_MS,
            BrokerHeartbeatResponseData.class)
        .map(ControllerReplies::heartbeat);
  }

  /** Does not wait for the image: the reply has the new state itself. */
  @Override
  public Future<IsrReply> alterPartitions(int leaderId, long brokerEpoch, List<IsrChange> changes) {
    return link.ask(
            ControllerLink.DATA,
            ControllerRequests.alterPartitions(leaderId, brokerEpoch, changes),
            ALTER_PARTITION,
            timeoutMs,
            AlterPartitionResponseData.class)
        .map(response -> ControllerReplies.alterPartitions(response, changes));
  }

  /** Does not wait for the image: who reports looks at it again. */
  @Override
  public Future<Outcome> reportReplicas(
      int brokerId, long brokerEpoch, List<ReplicaReport> reports) {
    return link.ask(
            ControllerLink.DATA,
            ControllerRequests.reportReplicas(brokerId, brokerEpoch, reports),
            ASSIGN_REPLICAS_TO_DIRS,
            timeoutMs,
            AssignReplicasToDirsResponseData.class)
        .map(ControllerReplies::reportReplicas);
  }

  @Override
  public Future<Outcome> reportLogEnds(int brokerId, long brokerEpoch, List<LogEnd> ends) {
    return link.ask(
            ControllerLink.DATA,
            ControllerRequests.reportLogEnds(brokerId, brokerEpoch, ends),
            ALTER_PARTITION,
            REPORT_MS,
            AlterPartitionResponseData.class)
        .map(ControllerReplies::reportLogEnds);
  }

  @Override
  public Future<Map<TopicPartition, Outcome>> electLeaders(
      ElectionType type, Set<TopicPartition> partitions) {
    return administer(
        ControllerRequests.electLeaders(type, partitions, timeoutMs),
        ELECT_LEADERS,
        ElectLeadersResponseData.class,
        ControllerReplies::electLeaders);
  }

  @Override
  public Future<Map<TopicPartition, Outcome>> alterPartitionReassignments(
      Map<TopicPartition, List<Integer>> wanted, boolean allowFactorChange) {
    return administer(
        ControllerRequests.alterPartitionReassignments(wanted, allowFactorChange, timeoutMs),
        ALTER_PARTITION_REASSIGNMENTS,
        AlterPartitionReassignmentsResponseData.class,
        ControllerReplies::alterPartitionReassignments);
  }

  @Override
  public Future<Outcome> unregisterBroker(int brokerId) {
    return administer(
        new UnregisterBrokerRequestData().setBrokerId(brokerId),
        UNREGISTER_BROKER,
        UnregisterBrokerResponseData.class,
        response -> ControllerReplies.whole(response.errorCode(), response.errorMessage()));
  }

  @Override
  public Future<Map<String, Outcome>> updateFeatures(
      Map<String, FeatureUpdate> updates, boolean validateOnly) {
    return administer(
        ControllerRequests.updateFeatures(updates, validateOnly, timeoutMs),
        UPDATE_FEATURES,
        UpdateFeaturesResponseData.class,
        response -> ControllerReplies.updateFeatures(response, updates.keySet()));
  }

  private <M extends ApiMessage, T> Future<T> administer(
      ApiMessage request, short version, Class<M> type, Function<M, T> read) {
    return link.command(ControllerLink.CONTROL, request, version, timeoutMs, type, read);
  }
}

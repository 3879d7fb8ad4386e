package io.millrace.api.peer;

import io.millrace.api.configs.ResourceTypes;
import io.millrace.api.quorum.MetadataTopic;
import io.millrace.api.quotas.AlterClientQuotasHandler;
import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.Controller.ConfigOp;
import io.millrace.controller.Controller.ElectionType;
import io.millrace.controller.Controller.FeatureUpdate;
import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.LogEnd;
import io.millrace.controller.Controller.NewPartitions;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.controller.Controller.ReplicaReport;
import io.millrace.controller.Controller.TopicRef;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.QuotaEntity;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.TopicId;
import io.millrace.model.TopicPartition;
import io.millrace.model.VoterId;
import io.millrace.protocol.WireIds;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.message.AddRaftVoterRequestData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionRequestData;
import org.apache.kafka.common.message.AssignReplicasToDirsRequestData;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.RemoveRaftVoterRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData.FeatureUpdateKey;

/**
 * Commands in the words of Kafka's requests, in the versions that {@link RemoteController} sends.
 *
 * <p>Owner: any thread.
 */
final class ControllerRequests {
  private static final byte PREFERRED = 0;
  private static final byte UNCLEAN = 1;

  private ControllerRequests() {}

  static CreateTopicsRequestData createTopics(
      List<NewTopic> topics, boolean validateOnly, int timeoutMs) {
    CreateTopicsRequestData request =
        new CreateTopicsRequestData().setTimeoutMs(timeoutMs).setValidateOnly(validateOnly);
    for (NewTopic topic : topics) {
      CreatableTopic wanted =
          new CreatableTopic()
              .setName(topic.name())
              .setNumPartitions(topic.partitions())
              .setReplicationFactor(topic.replicationFactor());
      topic
          .assignment()
          .forEach(
              (index, replicas) ->
                  wanted
                      .assignments()
                      .add(
                          new CreatableReplicaAssignment()
                              .setPartitionIndex(index)
                              .setBrokerIds(replicas)));
      topic
          .configs()
          .forEach(
              (name, value) ->
                  wanted.configs().add(new CreatableTopicConfig().setName(name).setValue(value)));
      request.topics().add(wanted);
    }
    return request;
  }

  static DeleteTopicsRequestData deleteTopics(List<TopicRef> topics, int timeoutMs) {
    DeleteTopicsRequestData request = new DeleteTopicsRequestData().setTimeoutMs(timeoutMs);
    for (TopicRef topic : topics) {
      request
          .topics()
          .add(new DeleteTopicState().setName(topic.name()).setTopicId(WireIds.uuid(topic.id())));
    }
    return request;
  }

  static CreatePartitionsRequestData createPartitions(
      List<NewPartitions> topics, boolean validateOnly, int timeoutMs) {
    CreatePartitionsRequestData request =
        new CreatePartitionsRequestData().setTimeoutMs(timeoutMs).setValidateOnly(validateOnly);
    for (NewPartitions topic : topics) {
      request
          .topics()
          .add(
              new CreatePartitionsTopic()
                  .setName(topic.topic())
                  .setCount(topic.count())
                  .setAssignments(assignments(topic)));
    }
    return request;
  }

  private static List<CreatePartitionsAssignment> assignments(NewPartitions topic) {
    return topic.assignments() == null
        ? null
        : topic.assignments().stream()
            .map(replicas -> new CreatePartitionsAssignment().setBrokerIds(replicas))
            .toList();
  }

  static IncrementalAlterConfigsRequestData incrementalAlterConfigs(
      Map<ConfigResource, List<ConfigOp>> changes, boolean validateOnly) {
    IncrementalAlterConfigsRequestData request =
        new IncrementalAlterConfigsRequestData().setValidateOnly(validateOnly);
    changes.forEach(
        (resource, ops) -> {
          var altered =
              new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                  .setResourceType(ResourceTypes.of(resource.type()))
                  .setResourceName(resource.name());
          for (ConfigOp op : ops) {
            altered
                .configs()
                .add(
                    new IncrementalAlterConfigsRequestData.AlterableConfig()
                        .setName(op.key())
                        .setValue(op.value())
                        .setConfigOperation(operation(op.op())));
          }
          request.resources().add(altered);
        });
    return request;
  }

  private static byte operation(ConfigOp.Op op) {
    return switch (op) {
      case SET -> 0;
      case DELETE -> 1;
      case APPEND -> 2;
      case SUBTRACT -> 3;
    };
  }

  static AlterConfigsRequestData alterConfigs(
      Map<ConfigResource, Map<String, String>> configs, boolean validateOnly) {
    AlterConfigsRequestData request = new AlterConfigsRequestData().setValidateOnly(validateOnly);
    configs.forEach(
        (resource, values) -> {
          var altered =
              new AlterConfigsRequestData.AlterConfigsResource()
                  .setResourceType(ResourceTypes.of(resource.type()))
                  .setResourceName(resource.name());
          values.forEach(
              (name, value) ->
                  altered
                      .configs()
                      .add(
                          new AlterConfigsRequestData.AlterableConfig()
                              .setName(name)
                              .setValue(value)));
          request.resources().add(altered);
        });
    return request;
  }

  static AlterClientQuotasRequestData alterClientQuotas(
      Map<QuotaEntity, Map<String, Double>> changes, boolean validateOnly) {
    AlterClientQuotasRequestData request =
        new AlterClientQuotasRequestData().setValidateOnly(validateOnly);
    changes.forEach(
        (entity, values) ->
            request
                .entries()
                .add(
                    new AlterClientQuotasRequestData.EntryData()
                        .setEntity(AlterClientQuotasHandler.parts(entity))
                        .setOps(AlterClientQuotasHandler.ops(values))));
    return request;
  }

  static BrokerRegistrationRequestData register(BrokerRegistration of, String clusterId) {
    BrokerRegistrationRequestData request =
        new BrokerRegistrationRequestData()
            .setBrokerId(of.nodeId())
            .setClusterId(clusterId == null ? "" : clusterId)
            .setIncarnationId(WireIds.uuid(of.incarnation()))
            .setRack(of.rack())
            .setLogDirs(of.directories().stream().map(WireIds::uuid).toList())
            .setPreviousBrokerEpoch(of.previousEpoch());
    of.endpoints()
        .forEach(
            endpoint ->
                request
                    .listeners()
                    .add(
                        new BrokerRegistrationRequestData.Listener()
                            .setName(endpoint.listener())
                            .setHost(endpoint.host())
                            .setPort(endpoint.port())));
    of.features()
        .forEach(
            (name, range) ->
                request
                    .features()
                    .add(
                        new BrokerRegistrationRequestData.Feature()
                            .setName(name)
                            .setMinSupportedVersion((short) range.min())
                            .setMaxSupportedVersion((short) range.max())));
    RegistrationFlags.of(of).putInto(request);
    return request;
  }

  static BrokerHeartbeatRequestData heartbeat(Heartbeat of) {
    return new BrokerHeartbeatRequestData()
        .setBrokerId(of.nodeId())
        .setBrokerEpoch(of.brokerEpoch())
        .setCurrentMetadataOffset(of.metadataOffset())
        .setWantFence(of.wantFence())
        .setWantShutDown(of.wantShutDown());
  }

  static AlterPartitionRequestData alterPartitions(
      int nodeId, long brokerEpoch, List<IsrChange> changes) {
    Map<TopicId, AlterPartitionRequestData.TopicData> topics = new LinkedHashMap<>();
    for (IsrChange change : changes) {
      topics
          .computeIfAbsent(
              change.topicId(),
              id -> new AlterPartitionRequestData.TopicData().setTopicId(WireIds.uuid(id)))
          .partitions()
          .add(
              new AlterPartitionRequestData.PartitionData()
                  .setPartitionIndex(change.partition())
                  .setLeaderEpoch(change.leaderEpoch())
                  .setPartitionEpoch(change.partitionEpoch())
                  .setNewIsrWithEpochs(
                      change.isr().stream()
                          .map(
                              member ->
                                  new AlterPartitionRequestData.BrokerState()
                                      .setBrokerId(member.nodeId())
                                      .setBrokerEpoch(member.brokerEpoch()))
                          .toList()));
    }
    return new AlterPartitionRequestData()
        .setBrokerId(nodeId)
        .setBrokerEpoch(brokerEpoch)
        .setTopics(List.copyOf(topics.values()));
  }

  static AssignReplicasToDirsRequestData reportReplicas(
      int nodeId, long brokerEpoch, List<ReplicaReport> reports) {
    Map<ReplicaCondition, Map<TopicId, AssignReplicasToDirsRequestData.TopicData>> directories =
        new EnumMap<>(ReplicaCondition.class);
    for (ReplicaReport report : reports) {
      directories
          .computeIfAbsent(report.condition(), any -> new LinkedHashMap<>())
          .computeIfAbsent(
              report.topicId(),
              id -> new AssignReplicasToDirsRequestData.TopicData().setTopicId(WireIds.uuid(id)))
          .partitions()
          .add(
              new AssignReplicasToDirsRequestData.PartitionData()
                  .setPartitionIndex(report.partition()));
    }
    AssignReplicasToDirsRequestData request =
        new AssignReplicasToDirsRequestData().setBrokerId(nodeId).setBrokerEpoch(brokerEpoch);
    directories.forEach(
        (condition, topics) ->
            request
                .directories()
                .add(
                    new AssignReplicasToDirsRequestData.DirectoryData()
                        .setId(ConditionIds.of(condition))
                        .setTopics(List.copyOf(topics.values()))));
    return request;
  }

  /** No ISR is to change: how far logs reach stands in a tag. */
  static AlterPartitionRequestData reportLogEnds(int nodeId, long brokerEpoch, List<LogEnd> ends) {
    AlterPartitionRequestData request =
        new AlterPartitionRequestData().setBrokerId(nodeId).setBrokerEpoch(brokerEpoch);
    LogEndTag.putInto(request, ends);
    return request;
  }

  static ElectLeadersRequestData electLeaders(
      ElectionType type, Set<TopicPartition> partitions, int timeoutMs) {
    ElectLeadersRequestData request =
        new ElectLeadersRequestData()
            .setElectionType(type == ElectionType.PREFERRED ? PREFERRED : UNCLEAN)
            .setTimeoutMs(timeoutMs);
    if (partitions == null) {
      return request.setTopicPartitions(null);
    }
    Map<String, List<Integer>> byTopic = new LinkedHashMap<>();
    for (TopicPartition partition : partitions) {
      byTopic
          .computeIfAbsent(partition.topic(), name -> new ArrayList<>())
          .add(partition.partition());
    }
    byTopic.forEach(
        (name, indexes) ->
            request
                .topicPartitions()
                .add(
                    new ElectLeadersRequestData.TopicPartitions()
                        .setTopic(name)
                        .setPartitions(indexes)));
    return request;
  }

  static AlterPartitionReassignmentsRequestData alterPartitionReassignments(
      Map<TopicPartition, List<Integer>> wanted, boolean allowFactorChange, int timeoutMs) {
    Map<String, ReassignableTopic> topics = new LinkedHashMap<>();
    wanted.forEach(
        (name, replicas) ->
            topics
                .computeIfAbsent(name.topic(), topic -> new ReassignableTopic().setName(topic))
                .partitions()
                .add(
                    new ReassignablePartition()
                        .setPartitionIndex(name.partition())
                        .setReplicas(replicas)));
    return new AlterPartitionReassignmentsRequestData()
        .setTimeoutMs(timeoutMs)
        .setAllowReplicationFactorChange(allowFactorChange)
        .setTopics(List.copyOf(topics.values()));
  }

  static ElectLeadersRequestData transferLeadership(int nodeId, int timeoutMs) {
    return electLeaders(
        ElectionType.PREFERRED, Set.of(new TopicPartition(MetadataTopic.NAME, nodeId)), timeoutMs);
  }

  static UpdateFeaturesRequestData updateFeatures(
      Map<String, FeatureUpdate> updates, boolean validateOnly, int timeoutMs) {
    UpdateFeaturesRequestData request =
        new UpdateFeaturesRequestData().setTimeoutMs(timeoutMs).setValidateOnly(validateOnly);
    updates.forEach(
        (name, update) ->
            request
                .featureUpdates()
                .add(
                    new FeatureUpdateKey()
                        .setFeature(name)
                        .setMaxVersionLevel((short) update.level())
                        .setUpgradeType(upgradeType(update.direction()))));
    return request;
  }

  private static byte upgradeType(FeatureUpdate.Direction direction) {
    return switch (direction) {
      case UPGRADE -> 1;
      case SAFE_DOWNGRADE -> 2;
      case UNSAFE_DOWNGRADE -> 3;
    };
  }

  static DescribeQuorumRequestData describeQuorum() {
    return new DescribeQuorumRequestData()
        .setTopics(
            List.of(
                new DescribeQuorumRequestData.TopicData()
                    .setTopicName(MetadataTopic.NAME)
                    .setPartitions(
                        List.of(
                            new DescribeQuorumRequestData.PartitionData().setPartitionIndex(0)))));
  }

  static AddRaftVoterRequestData addVoter(VoterId voter, String clusterId, int timeoutMs) {
    return new AddRaftVoterRequestData()
        .setClusterId(clusterId)
        .setTimeoutMs(timeoutMs)
        .setVoterId(voter.nodeId())
        .setVoterDirectoryId(WireIds.uuid(voter.directoryId()));
  }

  static RemoveRaftVoterRequestData removeVoter(VoterId voter, String clusterId) {
    return new RemoveRaftVoterRequestData()
        .setClusterId(clusterId)
        .setVoterId(voter.nodeId())
        .setVoterDirectoryId(WireIds.uuid(voter.directoryId()));
  }
}

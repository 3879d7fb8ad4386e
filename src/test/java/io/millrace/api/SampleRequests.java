package io.millrace.api;

import io.millrace.protocol.WireIds;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AddRaftVoterRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionRequestData;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.AssignReplicasToDirsRequestData;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.message.CreateAclsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.DeleteAclsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DescribeAclsRequestData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.RemoveRaftVoterRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;

/**
 * A request of each key, as rich as the version allows, about things that exist and things that do
 * not; those to coordinators are {@link SampleCoordinatorRequests}.
 */
final class SampleRequests {
  /** A topic whose partition 0 is led here. */
  static final String TOPIC = "t";

  /** A topic for which everything is refused. */
  static final String REFUSED = "refused";

  private SampleRequests() {}

  static MetadataRequestData metadata(short version) {
    MetadataRequestData request = new MetadataRequestData();
    for (String name : List.of(TOPIC, "offline", "new", "bad name")) {
      request.topics().add(new MetadataRequestData.MetadataRequestTopic().setName(name));
    }
    if (version >= 12) {
      request
          .topics()
          .add(
              new MetadataRequestData.MetadataRequestTopic()
                  .setName(null)
                  .setTopicId(WireIds.uuid(TestImage.idOf("nobody"))));
    }
    return request
        .setIncludeTopicAuthorizedOperations(version >= 8)
        .setIncludeClusterAuthorizedOperations(version >= 8 && version <= 10);
  }

  static DescribeClusterRequestData describeCluster(short version) {
    return new DescribeClusterRequestData()
        .setIncludeClusterAuthorizedOperations(true)
        .setIncludeFencedBrokers(version >= 2);
  }

  static DescribeTopicPartitionsRequestData describeTopicPartitions() {
    return new DescribeTopicPartitionsRequestData().setResponsePartitionLimit(2);
  }

  static CreateTopicsRequestData createTopics() {
    CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(1000);
    for (String name : List.of("a", REFUSED)) {
      CreateTopicsRequestData.CreatableTopic topic =
          new CreateTopicsRequestData.CreatableTopic()
              .setName(name)
              .setNumPartitions(1)
              .setReplicationFactor((short) 1);
      topic
          .configs()
          .add(
              new CreateTopicsRequestData.CreatableTopicConfig()
                  .setName("retention.ms")
                  .setValue("5"));
      request.topics().add(topic);
    }
    return request;
  }

  static DeleteTopicsRequestData deleteTopics(short version) {
    DeleteTopicsRequestData request = new DeleteTopicsRequestData().setTimeoutMs(1000);
    if (version < 6) {
      return request.setTopicNames(List.of(TOPIC, REFUSED));
    }
    return request.setTopics(
        List.of(
            new DeleteTopicsRequestData.DeleteTopicState().setName(REFUSED),
            new DeleteTopicsRequestData.DeleteTopicState()
                .setTopicId(WireIds.uuid(TestImage.idOf(TOPIC)))));
  }

  static CreatePartitionsRequestData createPartitions() {
    CreatePartitionsRequestData request = new CreatePartitionsRequestData().setTimeoutMs(1000);
    for (String name : List.of(TOPIC, REFUSED)) {
      request
          .topics()
          .add(
              new CreatePartitionsRequestData.CreatePartitionsTopic()
                  .setName(name)
                  .setCount(9)
                  .setAssignments(null));
    }
    return request;
  }

  static DeleteRecordsRequestData deleteRecords() {
    DeleteRecordsRequestData request = new DeleteRecordsRequestData().setTimeoutMs(1000);
    for (String name : List.of(TOPIC, REFUSED, "no")) {
      request
          .topics()
          .add(
              new DeleteRecordsRequestData.DeleteRecordsTopic()
                  .setName(name)
                  .setPartitions(
                      List.of(
                          new DeleteRecordsRequestData.DeleteRecordsPartition()
                              .setPartitionIndex(0)
                              .setOffset(20))));
    }
    return request;
  }

  static DescribeConfigsRequestData describeConfigs(short version) {
    DescribeConfigsRequestData request =
        new DescribeConfigsRequestData()
            .setIncludeSynonyms(true)
            .setIncludeDocumentation(version >= 3);
    for (String resource : List.of("2:t", "2:no", "4:1", "4:", "8:1", "99:x")) {
      String[] parts = resource.split(":", 2);
      request
          .resources()
          .add(
              new DescribeConfigsRequestData.DescribeConfigsResource()
                  .setResourceType(Byte.parseByte(parts[0]))
                  .setResourceName(parts[1])
                  .setConfigurationKeys(null));
    }
    return request;
  }

  static IncrementalAlterConfigsRequestData incrementalAlterConfigs() {
    IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
    for (String name : List.of(TOPIC, REFUSED)) {
      IncrementalAlterConfigsRequestData.AlterConfigsResource resource =
          new IncrementalAlterConfigsRequestData.AlterConfigsResource()
              .setResourceType((byte) 2)
              .setResourceName(name);
      resource
          .configs()
          .add(
              new IncrementalAlterConfigsRequestData.AlterableConfig()
                  .setName("a")
                  .setConfigOperation((byte) 1)
                  .setValue(null));
      request.resources().add(resource);
    }
    return request;
  }

  static AlterConfigsRequestData alterConfigs() {
    AlterConfigsRequestData request = new AlterConfigsRequestData();
    for (String name : List.of(TOPIC, REFUSED)) {
      AlterConfigsRequestData.AlterConfigsResource resource =
          new AlterConfigsRequestData.AlterConfigsResource()
              .setResourceType((byte) 2)
              .setResourceName(name);
      resource
          .configs()
          .add(new AlterConfigsRequestData.AlterableConfig().setName("a").setValue("1"));
      request.resources().add(resource);
    }
    return request;
  }

  static ListOffsetsRequestData listOffsets(short version) {
    ListOffsetsRequestData request =
        new ListOffsetsRequestData().setIsolationLevel((byte) (version >= 2 ? 1 : 0));
    for (String name : List.of(TOPIC, REFUSED, "no")) {
      request
          .topics()
          .add(
              new ListOffsetsRequestData.ListOffsetsTopic()
                  .setName(name)
                  .setPartitions(
                      List.of(
                          new ListOffsetsRequestData.ListOffsetsPartition()
                              .setPartitionIndex(0)
                              .setTimestamp(-1))));
    }
    return request;
  }

  static OffsetForLeaderEpochRequestData offsetForLeaderEpoch(short version) {
    OffsetForLeaderEpochRequestData request =
        new OffsetForLeaderEpochRequestData().setReplicaId(version >= 3 ? -1 : -2);
    for (String name : List.of(TOPIC, REFUSED, "no")) {
      request
          .topics()
          .add(
              new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic()
                  .setTopic(name)
                  .setPartitions(
                      List.of(
                          new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition()
                              .setPartition(0)
                              .setLeaderEpoch(3))));
    }
    return request;
  }

  static DescribeProducersRequestData describeProducers() {
    DescribeProducersRequestData request = new DescribeProducersRequestData();
    for (String name : List.of(TOPIC, REFUSED, "no")) {
      request
          .topics()
          .add(
              new DescribeProducersRequestData.TopicRequest()
                  .setName(name)
                  .setPartitionIndexes(List.of(0)));
    }
    return request;
  }

  static DescribeQuorumRequestData describeQuorum() {
    return new DescribeQuorumRequestData()
        .setTopics(
            List.of(
                new DescribeQuorumRequestData.TopicData()
                    .setTopicName("__cluster_metadata")
                    .setPartitions(
                        List.of(
                            new DescribeQuorumRequestData.PartitionData().setPartitionIndex(0)))));
  }

  static AddRaftVoterRequestData addRaftVoter() {
    return new AddRaftVoterRequestData()
        .setClusterId(null)
        .setTimeoutMs(1000)
        .setVoterId(3)
        .setVoterDirectoryId(WireIds.uuid(FakeQuorum.voter(3).directoryId()));
  }

  static RemoveRaftVoterRequestData removeRaftVoter() {
    return new RemoveRaftVoterRequestData()
        .setClusterId(null)
        .setVoterId(2)
        .setVoterDirectoryId(WireIds.uuid(FakeQuorum.voter(2).directoryId()));
  }

  /** Any ACL of a literal topic; one creation and one filter, by the codes of the protocol. */
  static DescribeAclsRequestData describeAcls() {
    return new DescribeAclsRequestData()
        .setResourceTypeFilter((byte) 2)
        .setPatternTypeFilter((byte) 3)
        .setOperation((byte) 1)
        .setPermissionType((byte) 1);
  }

  static CreateAclsRequestData createAcls() {
    return new CreateAclsRequestData()
        .setCreations(
            List.of(
                new CreateAclsRequestData.AclCreation()
                    .setResourceType((byte) 2)
                    .setResourceName(TOPIC)
                    .setPrincipal("User:ann")
                    .setHost("*")
                    .setOperation((byte) 3)
                    .setPermissionType((byte) 3)));
  }

  static DeleteAclsRequestData deleteAcls() {
    return new DeleteAclsRequestData()
        .setFilters(
            List.of(
                new DeleteAclsRequestData.DeleteAclsFilter()
                    .setResourceTypeFilter((byte) 2)
                    .setPatternTypeFilter((byte) 3)
                    .setOperation((byte) 1)
                    .setPermissionType((byte) 1)));
  }

  static ElectLeadersRequestData electLeaders() {
    ElectLeadersRequestData request = new ElectLeadersRequestData().setTimeoutMs(1000);
    for (String name : List.of(TOPIC, REFUSED, "__cluster_metadata")) {
      request
          .topicPartitions()
          .add(
              new ElectLeadersRequestData.TopicPartitions()
                  .setTopic(name)
                  .setPartitions(List.of(0, 1)));
    }
    return request;
  }

  static AlterPartitionReassignmentsRequestData alterPartitionReassignments() {
    AlterPartitionReassignmentsRequestData request =
        new AlterPartitionReassignmentsRequestData().setTimeoutMs(1000);
    for (String name : List.of(TOPIC, REFUSED)) {
      request
          .topics()
          .add(
              new AlterPartitionReassignmentsRequestData.ReassignableTopic()
                  .setName(name)
                  .setPartitions(
                      List.of(
                          new AlterPartitionReassignmentsRequestData.ReassignablePartition()
                              .setPartitionIndex(0)
                              .setReplicas(List.of(1, 2)),
                          new AlterPartitionReassignmentsRequestData.ReassignablePartition()
                              .setPartitionIndex(1)
                              .setReplicas(null))));
    }
    return request;
  }

  static ListPartitionReassignmentsRequestData listPartitionReassignments() {
    return new ListPartitionReassignmentsRequestData()
        .setTimeoutMs(1000)
        .setTopics(
            List.of(
                new ListPartitionReassignmentsRequestData.ListPartitionReassignmentsTopics()
                    .setName(TOPIC)
                    .setPartitionIndexes(List.of(0, 9))));
  }

  static UpdateFeaturesRequestData updateFeatures(short version) {
    UpdateFeaturesRequestData request = new UpdateFeaturesRequestData().setTimeoutMs(1000);
    UpdateFeaturesRequestData.FeatureUpdateKey update =
        new UpdateFeaturesRequestData.FeatureUpdateKey()
            .setFeature("metadata.version")
            .setMaxVersionLevel((short) 2);
    request
        .featureUpdates()
        .add(version == 0 ? update.setAllowDowngrade(true) : update.setUpgradeType((byte) 1));
    return request;
  }

  static BrokerRegistrationRequestData brokerRegistration(short version) {
    BrokerRegistrationRequestData request =
        new BrokerRegistrationRequestData()
            .setBrokerId(2)
            .setClusterId("testtesttesttesttestte")
            .setIncarnationId(new Uuid(1, 2))
            .setRack("r");
    request
        .listeners()
        .add(
            new BrokerRegistrationRequestData.Listener()
                .setName("PLAINTEXT")
                .setHost("b2")
                .setPort(9092));
    request
        .features()
        .add(
            new BrokerRegistrationRequestData.Feature()
                .setName("metadata.version")
                .setMinSupportedVersion((short) 1)
                .setMaxSupportedVersion((short) 2));
    if (version >= 2) {
      request.setLogDirs(List.of(new Uuid(3, 4)));
    }
    return version >= 3 ? request.setPreviousBrokerEpoch(6) : request;
  }

  static BrokerHeartbeatRequestData brokerHeartbeat() {
    return new BrokerHeartbeatRequestData()
        .setBrokerId(2)
        .setBrokerEpoch(7)
        .setCurrentMetadataOffset(40);
  }

  static AlterPartitionRequestData alterPartition(short version) {
    AlterPartitionRequestData.PartitionData partition =
        new AlterPartitionRequestData.PartitionData().setLeaderEpoch(3).setPartitionEpoch(5);
    if (version >= 3) {
      partition.setNewIsrWithEpochs(
          List.of(new AlterPartitionRequestData.BrokerState().setBrokerId(1).setBrokerEpoch(7)));
    } else {
      partition.setNewIsr(List.of(1));
    }
    return new AlterPartitionRequestData()
        .setBrokerId(2)
        .setBrokerEpoch(7)
        .setTopics(
            List.of(
                new AlterPartitionRequestData.TopicData()
                    .setTopicId(WireIds.uuid(TestImage.idOf(TOPIC)))
                    .setPartitions(List.of(partition))));
  }

  static AssignReplicasToDirsRequestData assignReplicasToDirs() {
    return new AssignReplicasToDirsRequestData()
        .setBrokerId(2)
        .setBrokerEpoch(7)
        .setDirectories(
            List.of(
                new AssignReplicasToDirsRequestData.DirectoryData()
                    .setId(new Uuid(0, 1))
                    .setTopics(
                        List.of(
                            new AssignReplicasToDirsRequestData.TopicData()
                                .setTopicId(WireIds.uuid(TestImage.idOf(TOPIC)))
                                .setPartitions(
                                    List.of(
                                        new AssignReplicasToDirsRequestData.PartitionData()
                                            .setPartitionIndex(0)))))));
  }

  static ApiVersionsRequestData apiVersions(short version) {
    ApiVersionsRequestData request = new ApiVersionsRequestData();
    return version < 3
        ? request
        : request.setClientSoftwareName("test").setClientSoftwareVersion("1");
  }
}

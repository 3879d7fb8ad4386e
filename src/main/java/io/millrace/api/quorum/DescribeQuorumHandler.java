package io.millrace.api.quorum;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.metadata.Endpoint;
import io.millrace.protocol.WireIds;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.Listener;
import org.apache.kafka.common.message.DescribeQuorumResponseData.Node;
import org.apache.kafka.common.message.DescribeQuorumResponseData.PartitionData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.ReplicaState;
import org.apache.kafka.common.message.DescribeQuorumResponseData.TopicData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeQuorum (KIP-595, KIP-836, KIP-853): term, leader, voters and observers of the metadata
 * log, as the leader knows them.
 *
 * <p>Owner: any thread.
 */
public final class DescribeQuorumHandler implements RequestHandler {
  /** People and tools ask; nobody waits long for a cluster that has no leader. */
  private static final int WAIT_MS = 10_000;

  private static final short FIRST_VERSION_WITH_TIMES = 1;
  private static final short FIRST_VERSION_WITH_NODES = 2;

  private final QuorumControl quorum;

  public DescribeQuorumHandler(QuorumControl quorum) {
    this.quorum = quorum;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_QUORUM;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    DescribeQuorumRequestData request = (DescribeQuorumRequestData) message;
    short version = context.version();
    if (!isForTheMetadata(request)) {
      context.reply(noSuchPartition(request, version));
      return;
    }
    AsyncReply.sendOutcome(
        context,
        AsyncReply.within(WAIT_MS, quorum.describe()).map(found -> answer(found, version)),
        (error, why) -> failed(error, why, version));
  }

  private static boolean isForTheMetadata(DescribeQuorumRequestData request) {
    if (request.topics().size() != 1) {
      return false;
    }
    DescribeQuorumRequestData.TopicData topic = request.topics().get(0);
    return topic.topicName().equals(MetadataTopic.NAME)
        && topic.partitions().size() == 1
        && topic.partitions().get(0).partitionIndex() == MetadataTopic.PARTITION;
  }

  /** Anything but the one partition fails as a whole, as in Kafka. */
  private static DescribeQuorumResponseData noSuchPartition(
      DescribeQuorumRequestData request, short version) {
    DescribeQuorumResponseData response = new DescribeQuorumResponseData();
    Errors error = Errors.UNKNOWN_TOPIC_OR_PARTITION;
    for (DescribeQuorumRequestData.TopicData topic : request.topics()) {
      TopicData answer = new TopicData().setTopicName(topic.topicName());
      for (DescribeQuorumRequestData.PartitionData partition : topic.partitions()) {
        PartitionData refused =
            new PartitionData()
                .setPartitionIndex(partition.partitionIndex())
                .setErrorCode(error.code());
        if (version >= FIRST_VERSION_WITH_NODES) {
          refused.setErrorMessage(error.message());
        }
        answer.partitions().add(refused);
      }
      response.topics().add(answer);
    }
    return response;
  }

  private static DescribeQuorumResponseData failed(Errors error, String why, short version) {
    DescribeQuorumResponseData response =
        new DescribeQuorumResponseData().setErrorCode(error.code());
    return version >= FIRST_VERSION_WITH_NODES ? response.setErrorMessage(why) : response;
  }

  private static DescribeQuorumResponseData answer(QuorumDescription found, short version) {
    PartitionData partition =
        new PartitionData()
            .setPartitionIndex(MetadataTopic.PARTITION)
            .setLeaderId(found.leaderId())
            .setLeaderEpoch(found.term())
            .setHighWatermark(found.highWatermark())
            .setCurrentVoters(replicas(found.voters(), version))
            .setObservers(replicas(found.observers(), version));
    DescribeQuorumResponseData response =
        new DescribeQuorumResponseData()
            .setTopics(
                List.of(
                    new TopicData()
                        .setTopicName(MetadataTopic.NAME)
                        .setPartitions(List.of(partition))));
    if (version >= FIRST_VERSION_WITH_NODES) {
      found.endpoints().forEach((id, endpoints) -> response.nodes().add(node(id, endpoints)));
    }
    return response;
  }

  private static List<ReplicaState> replicas(
      List<QuorumDescription.Replica> replicas, short version) {
    return replicas.stream().map(replica -> replica(replica, version)).toList();
  }

  private static ReplicaState replica(QuorumDescription.Replica replica, short version) {
    ReplicaState state =
        new ReplicaState()
            .setReplicaId(replica.id().nodeId())
            .setLogEndOffset(replica.logEndOffset());
    if (version >= FIRST_VERSION_WITH_TIMES) {
      state
          .setLastFetchTimestamp(replica.lastFetchMs())
          .setLastCaughtUpTimestamp(replica.lastCaughtUpMs());
    }
    Uuid directory = WireIds.uuid(replica.id().directoryId());
    return version >= FIRST_VERSION_WITH_NODES ? state.setReplicaDirectoryId(directory) : state;
  }

  private static Node node(int nodeId, List<Endpoint> endpoints) {
    Node node = new Node().setNodeId(nodeId);
    for (Endpoint endpoint : endpoints) {
      node.listeners()
          .add(
              new Listener()
                  .setName(endpoint.listener())
                  .setHost(endpoint.host())
                  .setPort(endpoint.port()));
    }
    return node;
  }
}

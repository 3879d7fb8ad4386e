package io.millrace.protocol.replica;

import io.millrace.model.TopicId;
import io.millrace.protocol.WireIds;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchRequestData.ReplicaState;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * A Fetch of a follower, in an incremental session (KIP-227).
 *
 * @param nodeId the follower
 * @param brokerEpoch under which it is registered (KIP-903)
 * @param sessionId 0 = a session is to be opened
 * @param sessionEpoch 0 = the request names all partitions
 * @param maxWaitMs how long the leader may wait for {@code minBytes}
 * @param wanted partitions that are new in the session, or to be fetched from elsewhere than before
 * @param forgotten partitions that are no more in the session
 *     <p>Owner: immutable.
 */
public record ReplicaFetchRequest(
    int nodeId,
    long brokerEpoch,
    int sessionId,
    int sessionEpoch,
    int maxWaitMs,
    int minBytes,
    int maxBytes,
    List<Wanted> wanted,
    List<Forgotten> forgotten) {
  /** With topic ids, the follower's state and the leader's endpoints. */
  public static final short VERSION = 17;

  /**
   * A partition to fetch.
   *
   * @param lastFetchedEpoch leader epoch of the last batch that the follower has; -1 = none
   */
  public record Wanted(
      TopicId topic,
      int partition,
      int leaderEpoch,
      long offset,
      int lastFetchedEpoch,
      long logStartOffset,
      int maxBytes) {}

  /** A partition to leave out. */
  public record Forgotten(TopicId topic, int partition) {}

  public ReplicaFetchRequest {
    wanted = List.copyOf(wanted);
    forgotten = List.copyOf(forgotten);
  }

  /** As it goes over the wire. */
  public ApiMessage message() {
    FetchRequestData message =
        new FetchRequestData()
            .setReplicaState(new ReplicaState().setReplicaId(nodeId).setReplicaEpoch(brokerEpoch))
            .setSessionId(sessionId)
            .setSessionEpoch(sessionEpoch)
            .setMaxWaitMs(maxWaitMs)
            .setMinBytes(minBytes)
            .setMaxBytes(maxBytes);
    FetchTopic topic = null;
    for (Wanted each : wanted) {
      if (topic == null || !topic.topicId().equals(WireIds.uuid(each.topic))) {
        topic = new FetchTopic().setTopicId(WireIds.uuid(each.topic));
        message.topics().add(topic);
      }
      topic
          .partitions()
          .add(
              new FetchPartition()
                  .setPartition(each.partition)
                  .setCurrentLeaderEpoch(each.leaderEpoch)
                  .setFetchOffset(each.offset)
                  .setLastFetchedEpoch(each.lastFetchedEpoch)
                  .setLogStartOffset(each.logStartOffset)
                  .setPartitionMaxBytes(each.maxBytes));
    }
    for (Forgotten each : forgotten) {
      message
          .forgottenTopicsData()
          .add(
              new ForgottenTopic()
                  .setTopicId(WireIds.uuid(each.topic))
                  .setPartitions(List.of(each.partition)));
    }
    return message;
  }
}

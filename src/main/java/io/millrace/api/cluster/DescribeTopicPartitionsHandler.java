package io.millrace.api.cluster;

import io.millrace.api.InternalTopics;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.state.TopicNames;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.protocol.WireIds;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeTopicPartitions (KIP-966): topics in the order of their names, page by page, with the
 * members of the last ISR as eligible leader replicas.
 *
 * <p>Owner: any thread.
 */
public final class DescribeTopicPartitionsHandler implements RequestHandler {
  private final int maxPartitions;
  private final OwnStanding own;

  /**
   * A handler.
   *
   * @param maxPartitions {@code max.request.partition.size.limit}: most partitions in one response
   */
  public DescribeTopicPartitionsHandler(int maxPartitions, OwnStanding own) {
    this.maxPartitions = maxPartitions;
    this.own = own;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_TOPIC_PARTITIONS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    DescribeTopicPartitionsRequestData request = (DescribeTopicPartitionsRequestData) message;
    ClusterImage image = context.image();
    boolean all = request.topics().isEmpty();
    String from = request.cursor() == null ? "" : request.cursor().topicName();
    SortedSet<String> names = new TreeSet<>();
    if (all) {
      image.topics().forEach(topic -> names.add(topic.name()));
    } else {
      request.topics().forEach(topic -> names.add(topic.name()));
    }
    boolean badCursor =
        request.cursor() != null
            && (request.cursor().partitionIndex() < 0 || (!all && !names.contains(from)));
    context.reply(badCursor ? refused(request) : describe(context, names.tailSet(from), request));
  }

  private static DescribeTopicPartitionsResponseData refused(
      DescribeTopicPartitionsRequestData request) {
    DescribeTopicPartitionsResponseData response = new DescribeTopicPartitionsResponseData();
    for (TopicRequest topic : request.topics()) {
      response.topics().add(failed(topic.name(), Errors.INVALID_REQUEST));
    }
    return response;
  }

  private static DescribeTopicPartitionsResponseTopic failed(String name, Errors error) {
    return new DescribeTopicPartitionsResponseTopic()
        .setErrorCode(error.code())
        .setName(name)
        .setIsInternal(InternalTopics.isInternal(name));
  }

  private DescribeTopicPartitionsResponseData describe(
      RequestContext context, SortedSet<String> names, DescribeTopicPartitionsRequestData request) {
    ReachableBrokers brokers = new ReachableBrokers(context.image(), context, own);
    DescribeTopicPartitionsResponseData response = new DescribeTopicPartitionsResponseData();
    int room = Math.max(1, Math.min(maxPartitions, request.responsePartitionLimit()));
    for (String name : names) {
      if (room == 0) {
        return response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(0));
      }
      TopicImage topic = context.image().topic(name);
      if (topic == null) {
        response.topics().add(missing(name));
        continue;
      }
      int first =
          request.cursor() != null && name.equals(request.cursor().topicName())
              ? Math.min(request.cursor().partitionIndex(), topic.partitions().size())
              : 0;
      int end = (int) Math.min(topic.partitions().size(), (long) first + room);
      response.topics().add(describe(topic, topic.partitions().subList(first, end), brokers));
      if (end < topic.partitions().size()) {
        return response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(end));
      }
      room -= end - first;
    }
    return response;
  }

  private static DescribeTopicPartitionsResponseTopic missing(String name) {
    boolean valid = TopicNames.invalidBecause(name) == null;
    return failed(name, valid ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.INVALID_TOPIC_EXCEPTION)
        .setTopicAuthorizedOperations(AuthorizedOperations.ALL_OF_TOPIC);
  }

  private static DescribeTopicPartitionsResponseTopic describe(
      TopicImage topic, List<PartitionImage> page, ReachableBrokers brokers) {
    DescribeTopicPartitionsResponseTopic response =
        new DescribeTopicPartitionsResponseTopic()
            .setName(topic.name())
            .setTopicId(WireIds.uuid(topic.id()))
            .setIsInternal(InternalTopics.isInternal(topic.name()))
            .setTopicAuthorizedOperations(AuthorizedOperations.ALL_OF_TOPIC);
    for (PartitionImage partition : page) {
      response
          .partitions()
          .add(
              new DescribeTopicPartitionsResponsePartition()
                  .setPartitionIndex(partition.partition())
                  .setLeaderId(
                      brokers.leaderOf(partition) == null
                          ? PartitionImage.NO_LEADER
                          : partition.leader())
                  .setLeaderEpoch(partition.leaderEpoch())
                  .setReplicaNodes(partition.replicas())
                  .setIsrNodes(partition.isr())
                  .setEligibleLeaderReplicas(partition.lastIsr())
                  .setLastKnownElr(partition.maybeCut())
                  .setOfflineReplicas(brokers.offline(topic.id(), partition)));
    }
    return response;
  }
}

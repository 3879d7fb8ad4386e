package io.millrace.api.cluster;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData.ListPartitionReassignmentsTopics;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData.OngoingPartitionReassignment;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData.OngoingTopicReassignment;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * ListPartitionReassignments (KIP-455): the reassignments under way, as this node's image has them.
 * What is asked for and is not reassigned, or not there, is left out.
 *
 * <p>Owner: any thread.
 */
public final class ListPartitionReassignmentsHandler implements RequestHandler {
  @Override
  public ApiKeys key() {
    return ApiKeys.LIST_PARTITION_REASSIGNMENTS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    ListPartitionReassignmentsRequestData request = (ListPartitionReassignmentsRequestData) message;
    ClusterImage image = context.image();
    List<OngoingTopicReassignment> topics = new ArrayList<>();
    if (request.topics() == null) {
      image.topics().forEach(topic -> add(topics, topic.name(), topic.partitions()));
    } else {
      for (ListPartitionReassignmentsTopics asked : request.topics()) {
        TopicImage topic = image.topic(asked.name());
        if (topic != null) {
          List<PartitionImage> partitions = new ArrayList<>();
          for (int index : asked.partitionIndexes()) {
            PartitionImage partition = topic.partition(index);
            if (partition != null) {
              partitions.add(partition);
            }
          }
          add(topics, topic.name(), partitions);
        }
      }
    }
    context.reply(
        new ListPartitionReassignmentsResponseData().setErrorMessage(null).setTopics(topics));
  }

  private static void add(
      List<OngoingTopicReassignment> topics, String name, List<PartitionImage> partitions) {
    List<OngoingPartitionReassignment> ongoing = new ArrayList<>();
    for (PartitionImage partition : partitions) {
      if (partition.isReassigning()) {
        ongoing.add(
            new OngoingPartitionReassignment()
                .setPartitionIndex(partition.partition())
                .setReplicas(partition.replicas())
                .setAddingReplicas(partition.adding())
                .setRemovingReplicas(partition.removing()));
      }
    }
    if (!ongoing.isEmpty()) {
      topics.add(new OngoingTopicReassignment().setName(name).setPartitions(ongoing));
    }
  }
}

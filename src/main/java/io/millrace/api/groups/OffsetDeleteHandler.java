package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.shard.Reply;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponsePartition;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponseTopic;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponseTopicCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * OffsetDelete (KIP-496): forgets what a group has committed for topics that it does not read.
 *
 * <p>Owner: any thread.
 */
public final class OffsetDeleteHandler implements RequestHandler {
  private final Coordinator<GroupShard> groups;

  public OffsetDeleteHandler(Coordinator<GroupShard> groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.OFFSET_DELETE;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    OffsetDeleteRequestData request = (OffsetDeleteRequestData) message;
    if (request.groupId().isEmpty()) {
      context.reply(refused(Errors.INVALID_GROUP_ID));
      return;
    }
    OffsetDeleteResponseTopicCollection unknown = new OffsetDeleteResponseTopicCollection();
    OffsetDeleteRequestTopicCollection known = new OffsetDeleteRequestTopicCollection();
    for (OffsetDeleteRequestTopic topic : request.topics()) {
      if (context.image().topic(topic.name()) == null) {
        unknown.add(unknown(topic));
      } else {
        known.add(topic.duplicate());
      }
    }
    OffsetDeleteRequestData existing =
        new OffsetDeleteRequestData().setGroupId(request.groupId()).setTopics(known);
    AsyncReply.send(
        context,
        groups
            .ask(
                request.groupId(),
                (GroupShard shard, Reply<OffsetDeleteResponseData> reply) ->
                    shard.deleteOffsets(existing, reply))
            .map(
                answer -> {
                  unknown.forEach(topic -> answer.topics().add(topic.duplicate()));
                  return answer;
                }),
        OffsetDeleteHandler::refused);
  }

  private static OffsetDeleteResponseTopic unknown(OffsetDeleteRequestTopic topic) {
    OffsetDeleteResponseTopic answer = new OffsetDeleteResponseTopic().setName(topic.name());
    topic
        .partitions()
        .forEach(
            partition ->
                answer
                    .partitions()
                    .add(
                        new OffsetDeleteResponsePartition()
                            .setPartitionIndex(partition.partitionIndex())
                            .setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code())));
    return answer;
  }

  private static OffsetDeleteResponseData refused(Errors error) {
    return new OffsetDeleteResponseData().setErrorCode(error.code());
  }
}

package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.shard.Reply;
import io.millrace.metadata.TopicImage;
import io.millrace.metrics.Metrics;
import io.millrace.protocol.WireIds;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * OffsetCommit: keeps what a group has read, for partitions that exist. Topics come by name, from
 * version 10 on by id (KIP-848).
 *
 * <p>Owner: any thread.
 */
public final class OffsetCommitHandler implements RequestHandler {
  private static final short FIRST_VERSION_WITH_IDS = 10;

  private final Coordinator<GroupShard> groups;
  private final Metrics.Counter commits;

  /**
   * A handler.
   *
   * @param commits counts committed offsets
   */
  public OffsetCommitHandler(Coordinator<GroupShard> groups, Metrics.Counter commits) {
    this.groups = groups;
    this.commits = commits;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.OFFSET_COMMIT;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    OffsetCommitRequestData request = (OffsetCommitRequestData) message;
    OffsetCommitResponseData refused = new OffsetCommitResponseData();
    if (request.groupId() == null) {
      request.topics().forEach(topic -> refuse(refused, topic, Errors.INVALID_GROUP_ID));
      context.reply(refused);
      return;
    }
    request.setTopics(existing(context, request, refused));
    if (request.topics().isEmpty()) {
      context.reply(wire(refused, context.version()));
      return;
    }
    AsyncReply.send(
        context,
        groups
            .ask(
                request.groupId(),
                (GroupShard shard, Reply<OffsetCommitResponseData> reply) ->
                    shard.commitOffsets(request, context.version(), reply))
            .map(committed -> respond(context, committed, refused)),
        error -> {
          request.topics().forEach(topic -> refuse(refused, topic, error));
          return wire(refused, context.version());
        });
  }

  /** The topics with the partitions that exist, by name and id; the others are refused. */
  private static List<OffsetCommitRequestTopic> existing(
      RequestContext context, OffsetCommitRequestData request, OffsetCommitResponseData refused) {
    boolean byId = context.version() >= FIRST_VERSION_WITH_IDS;
    List<OffsetCommitRequestTopic> existing = new ArrayList<>(request.topics().size());
    for (OffsetCommitRequestTopic topic : request.topics()) {
      TopicImage image =
          byId
              ? context.image().topic(WireIds.topicId(topic.topicId()))
              : context.image().topic(topic.name());
      if (image == null) {
        refuse(refused, topic, byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION);
        continue;
      }
      topic.setName(image.name()).setTopicId(WireIds.uuid(image.id()));
      List<OffsetCommitRequestPartition> known = new ArrayList<>(topic.partitions().size());
      List<OffsetCommitRequestPartition> unknown = new ArrayList<>(0);
      for (OffsetCommitRequestPartition partition : topic.partitions()) {
        boolean exists = image.partition(partition.partitionIndex()) != null;
        (exists ? known : unknown).add(partition);
      }
      if (!unknown.isEmpty()) {
        refuse(
            refused,
            new OffsetCommitRequestTopic()
                .setName(topic.name())
                .setTopicId(topic.topicId())
                .setPartitions(unknown),
            Errors.UNKNOWN_TOPIC_OR_PARTITION);
      }
      if (!known.isEmpty()) {
        existing.add(topic.setPartitions(known));
      }
    }
    return existing;
  }

  private static void refuse(
      OffsetCommitResponseData response, OffsetCommitRequestTopic topic, Errors error) {
    OffsetCommitResponseTopic answer =
        new OffsetCommitResponseTopic().setName(topic.name()).setTopicId(topic.topicId());
    for (OffsetCommitRequestPartition partition : topic.partitions()) {
      answer
          .partitions()
          .add(
              new OffsetCommitResponsePartition()
                  .setPartitionIndex(partition.partitionIndex())
                  .setErrorCode(error.code()));
    }
    response.topics().add(answer);
  }

  private OffsetCommitResponseData respond(
      RequestContext context,
      OffsetCommitResponseData committed,
      OffsetCommitResponseData refused) {
    int count = 0;
    for (OffsetCommitResponseTopic topic : committed.topics()) {
      for (OffsetCommitResponsePartition partition : topic.partitions()) {
        count += partition.errorCode() == Errors.NONE.code() ? 1 : 0;
      }
    }
    commits.add(count);
    for (OffsetCommitResponseTopic topic : refused.topics()) {
      OffsetCommitResponseTopic same = null;
      for (OffsetCommitResponseTopic candidate : committed.topics()) {
        // A topic of which only some partitions exist is one topic in the answer.
        if (!topic.topicId().equals(Uuid.ZERO_UUID)
            && candidate.topicId().equals(topic.topicId())
            && candidate.name().equals(topic.name())) {
          same = candidate;
        }
      }
      if (same == null) {
        committed.topics().add(topic);
      } else {
        same.partitions().addAll(topic.partitions());
      }
    }
    return wire(committed, context.version());
  }

  /** Leaves of name and id what the version has. */
  private static OffsetCommitResponseData wire(OffsetCommitResponseData response, short version) {
    for (OffsetCommitResponseTopic topic : response.topics()) {
      if (version >= FIRST_VERSION_WITH_IDS) {
        topic.setName("");
      } else {
        topic.setTopicId(Uuid.ZERO_UUID);
      }
    }
    return response;
  }
}

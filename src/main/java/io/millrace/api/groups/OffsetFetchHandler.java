package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.shard.Reply;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.TopicImage;
import io.millrace.protocol.WireIds;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetFetchResponse;

/**
 * OffsetFetch: what groups have committed. From version 8 on for many groups at once (KIP-709),
 * from version 10 on with topic ids. Every answer rests on committed records only; RequireStable
 * (KIP-447) asks besides that no transaction may change it.
 *
 * <p>Owner: any thread.
 */
public final class OffsetFetchHandler implements RequestHandler {
  private static final short FIRST_VERSION_WITH_MANY = 8;
  private static final short FIRST_VERSION_WITH_IDS = 10;

  private final Coordinator<GroupShard> groups;

  public OffsetFetchHandler(Coordinator<GroupShard> groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.OFFSET_FETCH;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    List<Future<OffsetFetchResponseGroup>> answers = new ArrayList<>();
    Set<String> answeredWhole = new HashSet<>();
    OffsetFetchRequestData request = (OffsetFetchRequestData) message;
    for (OffsetFetchRequestGroup group : wanted(request, context.version())) {
      // Once: a short request must not make a long response.
      if (group.topics() != null || answeredWhole.add(group.groupId())) {
        answers.add(fetch(context, group, request.requireStable()));
      }
    }
    if (answers.size() == 1) {
      answers.get(0).onSuccess(answer -> reply(context, List.of(answer)));
    } else {
      Future.all(answers).onSuccess(done -> reply(context, done.<OffsetFetchResponseGroup>list()));
    }
  }

  private static void reply(RequestContext context, List<OffsetFetchResponseGroup> answers) {
    context.reply(
        answers.isEmpty()
            ? new OffsetFetchResponseData()
            : new OffsetFetchResponse.Builder(answers).build(context.version()).data());
  }

  private static List<OffsetFetchRequestGroup> wanted(
      OffsetFetchRequestData request, short version) {
    if (version >= FIRST_VERSION_WITH_MANY) {
      return request.groups();
    }
    List<OffsetFetchRequestTopics> topics = null;
    if (request.topics() != null) {
      topics = new ArrayList<>(request.topics().size());
      for (OffsetFetchRequestData.OffsetFetchRequestTopic topic : request.topics()) {
        topics.add(
            new OffsetFetchRequestTopics()
                .setName(topic.name())
                .setPartitionIndexes(topic.partitionIndexes()));
      }
    }
    return List.of(new OffsetFetchRequestGroup().setGroupId(request.groupId()).setTopics(topics));
  }

  /** Never fails: a refusal is the answer. */
  private Future<OffsetFetchResponseGroup> fetch(
      RequestContext context, OffsetFetchRequestGroup group, boolean requireStable) {
    if (group.groupId() == null) {
      return Future.succeededFuture(refused(context, group, Errors.INVALID_GROUP_ID));
    }
    boolean byId = context.version() >= FIRST_VERSION_WITH_IDS;
    List<OffsetFetchResponseTopics> unknown = new ArrayList<>(0);
    OffsetFetchRequestGroup named = byId ? named(context.image(), group, unknown) : group;
    return groups
        .ask(
            group.groupId(),
            (GroupShard shard, Reply<OffsetFetchResponseGroup> reply) ->
                shard.fetchOffsets(named, requireStable, reply))
        .map(answer -> byId ? withIds(context.image(), answer, unknown) : answer)
        .otherwise(cause -> refused(context, group, AsyncReply.errorOf(context, cause)));
  }

  /** The same with the names of the topics; topics that do not exist are answered. */
  private static OffsetFetchRequestGroup named(
      ClusterImage image, OffsetFetchRequestGroup group, List<OffsetFetchResponseTopics> unknown) {
    if (group.topics() == null) {
      return group;
    }
    List<OffsetFetchRequestTopics> known = new ArrayList<>(group.topics().size());
    for (OffsetFetchRequestTopics topic : group.topics()) {
      TopicImage found = image.topic(WireIds.topicId(topic.topicId()));
      if (found != null) {
        known.add(topic.setName(found.name()));
        continue;
      }
      OffsetFetchResponseTopics answer =
          new OffsetFetchResponseTopics().setTopicId(topic.topicId());
      for (int partition : topic.partitionIndexes()) {
        answer
            .partitions()
            .add(
                new OffsetFetchResponsePartitions()
                    .setPartitionIndex(partition)
                    .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code())
                    .setCommittedOffset(OffsetFetchResponse.INVALID_OFFSET)
                    .setMetadata(OffsetFetchResponse.NO_METADATA));
      }
      unknown.add(answer);
    }
    return new OffsetFetchRequestGroup()
        .setGroupId(group.groupId())
        .setMemberId(group.memberId())
        .setMemberEpoch(group.memberEpoch())
        .setTopics(known);
  }

  /** Offsets of topics that exist no more are not shown: they have no id. */
  private static OffsetFetchResponseGroup withIds(
      ClusterImage image,
      OffsetFetchResponseGroup answer,
      List<OffsetFetchResponseTopics> unknown) {
    List<OffsetFetchResponseTopics> topics = new ArrayList<>(answer.topics().size());
    for (OffsetFetchResponseTopics topic : answer.topics()) {
      if (topic.topicId().equals(Uuid.ZERO_UUID)) {
        TopicImage found = image.topic(topic.name());
        if (found == null) {
          continue;
        }
        topic.setTopicId(WireIds.uuid(found.id()));
      }
      topics.add(topic.setName(""));
    }
    topics.addAll(unknown);
    return answer.setTopics(topics);
  }

  private static OffsetFetchResponseGroup refused(
      RequestContext context, OffsetFetchRequestGroup group, Errors error) {
    return OffsetFetchResponse.groupError(group, error, context.version());
  }
}

package io.millrace.api.peer;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrChanged;
import io.millrace.controller.Controller.IsrMember;
import io.millrace.controller.Controller.IsrReply;
import io.millrace.controller.Controller.LogEnd;
import io.millrace.model.TopicId;
import io.millrace.protocol.WireIds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.AlterPartitionRequestData;
import org.apache.kafka.common.message.AlterPartitionResponseData;
import org.apache.kafka.common.message.AlterPartitionResponseData.PartitionData;
import org.apache.kafka.common.message.AlterPartitionResponseData.TopicData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterPartition (KIP-497): other ISRs, as the leaders on a node want them. With the tag for it,
 * how far logs of a node reach instead. Only on the internal listener.
 *
 * <p>Owner: any thread.
 */
final class AlterPartitionHandler implements RequestHandler {
  private static final int COMMIT_WAIT_MS = 30_000;
  private static final short FIRST_VERSION_WITH_EPOCHS = 3;
  private static final long UNKNOWN_EPOCH = -1;

  private final Controller controller;

  AlterPartitionHandler(Controller controller) {
    this.controller = controller;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ALTER_PARTITION;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    AlterPartitionRequestData request = (AlterPartitionRequestData) message;
    if (PeerChecks.isNotItself(context, request.brokerId())) {
      context.reply(
          failed(Errors.CLUSTER_AUTHORIZATION_FAILED, PeerChecks.why(context, request.brokerId())));
      return;
    }
    List<LogEnd> ends;
    try {
      ends = LogEndTag.of(request);
    } catch (IllegalArgumentException e) {
      context.reply(failed(Errors.INVALID_REQUEST, e.getMessage()));
      return;
    }
    if (ends != null) {
      AsyncReply.sendOutcome(
          context,
          AsyncReply.within(
                  COMMIT_WAIT_MS,
                  controller.reportLogEnds(request.brokerId(), request.brokerEpoch(), ends))
              .map(outcome -> failed(outcome.error(), outcome.message())),
          AlterPartitionHandler::failed);
      return;
    }
    AsyncReply.sendOutcome(
        context,
        AsyncReply.within(
                COMMIT_WAIT_MS,
                controller.alterPartitions(
                    request.brokerId(), request.brokerEpoch(), changes(request, context.version())))
            .map(AlterPartitionHandler::answer),
        AlterPartitionHandler::failed);
  }

  private static List<IsrChange> changes(AlterPartitionRequestData request, short version) {
    List<IsrChange> changes = new ArrayList<>();
    for (AlterPartitionRequestData.TopicData topic : request.topics()) {
      for (AlterPartitionRequestData.PartitionData partition : topic.partitions()) {
        changes.add(
            new IsrChange(
                WireIds.topicId(topic.topicId()),
                partition.partitionIndex(),
                partition.leaderEpoch(),
                partition.partitionEpoch(),
                isr(partition, version)));
      }
    }
    return changes;
  }

  private static List<IsrMember> isr(
      AlterPartitionRequestData.PartitionData partition, short version) {
    return version >= FIRST_VERSION_WITH_EPOCHS
        ? partition.newIsrWithEpochs().stream()
            .map(member -> new IsrMember(member.brokerId(), member.brokerEpoch()))
            .toList()
        : partition.newIsr().stream().map(id -> new IsrMember(id, UNKNOWN_EPOCH)).toList();
  }

  private static AlterPartitionResponseData failed(Errors error, String why) {
    AlterPartitionResponseData answer = new AlterPartitionResponseData().setErrorCode(error.code());
    PeerTags.putText(answer, PeerTags.REASON, why);
    return answer;
  }

  private static AlterPartitionResponseData answer(IsrReply reply) {
    AlterPartitionResponseData answer = failed(reply.outcome().error(), reply.outcome().message());
    Map<TopicId, TopicData> topics = new LinkedHashMap<>();
    for (IsrChanged changed : reply.partitions()) {
      topics
          .computeIfAbsent(changed.topicId(), id -> new TopicData().setTopicId(WireIds.uuid(id)))
          .partitions()
          .add(partition(changed));
    }
    return answer.setTopics(List.copyOf(topics.values()));
  }

  private static PartitionData partition(IsrChanged changed) {
    PartitionData partition =
        new PartitionData()
            .setPartitionIndex(changed.partition())
            .setErrorCode(changed.outcome().error().code())
            .setLeaderId(changed.leader())
            .setLeaderEpoch(changed.leaderEpoch())
            .setIsr(changed.isr())
            .setPartitionEpoch(changed.partitionEpoch());
    PeerTags.putText(partition, PeerTags.REASON, changed.outcome().message());
    return partition;
  }
}

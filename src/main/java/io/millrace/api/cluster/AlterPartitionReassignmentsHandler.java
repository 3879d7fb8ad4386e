package io.millrace.api.cluster;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.Outcome;
import io.millrace.model.TopicPartition;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterPartitionReassignments (KIP-455, KIP-860). Answers when the reassignments have begun, and
 * this node's image says so.
 *
 * <p>Owner: any thread.
 */
public final class AlterPartitionReassignmentsHandler implements RequestHandler {
  private final Controller controller;

  public AlterPartitionReassignmentsHandler(Controller controller) {
    this.controller = controller;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ALTER_PARTITION_REASSIGNMENTS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    AlterPartitionReassignmentsRequestData request =
        (AlterPartitionReassignmentsRequestData) message;
    Map<TopicPartition, List<Integer>> wanted = new LinkedHashMap<>();
    Set<TopicPartition> twice = new HashSet<>();
    for (ReassignableTopic topic : request.topics()) {
      for (ReassignablePartition partition : topic.partitions()) {
        TopicPartition name = new TopicPartition(topic.name(), partition.partitionIndex());
        if (wanted.containsKey(name)) {
          twice.add(name);
        }
        wanted.put(name, partition.replicas() == null ? null : List.copyOf(partition.replicas()));
      }
    }
    boolean allowFactorChange = request.allowReplicationFactorChange();
    if (!twice.isEmpty()) {
      context.reply(
          failed(
              allowFactorChange, Errors.INVALID_REQUEST, "The request names " + twice + " twice"));
      return;
    }
    AsyncReply.sendOutcome(
        context,
        AsyncReply.within(
                request.timeoutMs(),
                controller.alterPartitionReassignments(wanted, allowFactorChange))
            .map(outcomes -> answer(allowFactorChange, outcomes)),
        (error, why) -> failed(allowFactorChange, error, why));
  }

  private static AlterPartitionReassignmentsResponseData failed(
      boolean allowFactorChange, Errors error, String why) {
    return new AlterPartitionReassignmentsResponseData()
        .setAllowReplicationFactorChange(allowFactorChange)
        .setErrorCode(error.code())
        .setErrorMessage(why);
  }

  private static AlterPartitionReassignmentsResponseData answer(
      boolean allowFactorChange, Map<TopicPartition, Outcome> outcomes) {
    Map<String, ReassignableTopicResponse> topics = new LinkedHashMap<>();
    outcomes.forEach(
        (name, outcome) ->
            topics
                .computeIfAbsent(
                    name.topic(), topic -> new ReassignableTopicResponse().setName(topic))
                .partitions()
                .add(
                    new ReassignablePartitionResponse()
                        .setPartitionIndex(name.partition())
                        .setErrorCode(outcome.error().code())
                        .setErrorMessage(outcome.message())));
    return new AlterPartitionReassignmentsResponseData()
        .setAllowReplicationFactorChange(allowFactorChange)
        .setErrorMessage(null)
        .setResponses(List.copyOf(topics.values()));
  }
}

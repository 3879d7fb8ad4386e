package io.millrace.api.cluster;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.quorum.MetadataTopic;
import io.millrace.api.quorum.QuorumControl;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.ElectionType;
import io.millrace.controller.Controller.Outcome;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * ElectLeaders (KIP-183, KIP-460): the preferred replica is to lead, or any replica that is there.
 *
 * <p>Kafka has no request that moves the leadership of the metadata quorum. Here this one does: a
 * preferred election of {@code __cluster_metadata}, whose partition is then the node id of the
 * voter that is to lead.
 *
 * <p>Owner: any thread.
 */
public final class ElectLeadersHandler implements RequestHandler {
  private static final byte PREFERRED = 0;
  private static final byte UNCLEAN = 1;
  private static final short FIRST_VERSION_WITH_ERROR = 1;

  private final Controller controller;
  private final QuorumControl quorum;

  public ElectLeadersHandler(Controller controller, QuorumControl quorum) {
    this.controller = controller;
    this.quorum = quorum;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ELECT_LEADERS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    ElectLeadersRequestData request = (ElectLeadersRequestData) message;
    Set<TopicPartition> asked = asked(request);
    short version = context.version();
    if (request.electionType() != PREFERRED && request.electionType() != UNCLEAN) {
      String why = "Unknown election type " + request.electionType();
      context.reply(failed(asked, Errors.INVALID_REQUEST, why, version));
      return;
    }
    ElectionType type =
        request.electionType() == PREFERRED ? ElectionType.PREFERRED : ElectionType.UNCLEAN;
    AsyncReply.sendOutcome(
        context,
        AsyncReply.within(request.timeoutMs(), elect(context, type, asked))
            .map(outcomes -> respond(outcomes, Errors.NONE, version)),
        (error, why) -> failed(asked, error, why, version));
  }

  /** null = all partitions. */
  private static Set<TopicPartition> asked(ElectLeadersRequestData request) {
    if (request.topicPartitions() == null) {
      return null;
    }
    Set<TopicPartition> asked = new LinkedHashSet<>();
    for (TopicPartitions topic : request.topicPartitions()) {
      topic.partitions().forEach(index -> asked.add(new TopicPartition(topic.topic(), index)));
    }
    return asked;
  }

  private Future<Map<TopicPartition, Outcome>> elect(
      RequestContext context, ElectionType type, Set<TopicPartition> asked) {
    if (asked == null) {
      return controller.electLeaders(type, null);
    }
    Set<TopicPartition> ordinary = new LinkedHashSet<>();
    List<TopicPartition> transfers = new ArrayList<>();
    for (TopicPartition partition : asked) {
      if (partition.topic().equals(MetadataTopic.NAME) && type == ElectionType.PREFERRED) {
        transfers.add(partition);
      } else {
        ordinary.add(partition);
      }
    }
    Future<Map<TopicPartition, Outcome>> elected =
        ordinary.isEmpty()
            ? Future.succeededFuture(Map.of())
            : controller.electLeaders(type, ordinary);
    // Behind the elections: they need the controller that the transfer replaces.
    return elected.compose(
        outcomes -> {
          Map<TopicPartition, Outcome> all = new LinkedHashMap<>(outcomes);
          Future<?> last = Future.succeededFuture();
          for (TopicPartition transfer : transfers) {
            last =
                last.compose(any -> transfer(context, transfer))
                    .onSuccess(outcome -> all.put(transfer, outcome));
          }
          return last.map(all);
        });
  }

  private Future<Outcome> transfer(RequestContext context, TopicPartition partition) {
    return quorum
        .transferLeadership(partition.partition())
        .map(Outcome.OK)
        .otherwise(
            cause -> {
              Errors error = AsyncReply.errorOf(context, cause);
              return new Outcome(error, AsyncReply.whyOf(error, cause));
            });
  }

  private static ElectLeadersResponseData failed(
      Set<TopicPartition> asked, Errors error, String why, short version) {
    Map<TopicPartition, Outcome> outcomes = new LinkedHashMap<>();
    if (asked != null) {
      asked.forEach(partition -> outcomes.put(partition, new Outcome(error, why)));
    }
    return respond(outcomes, error, version);
  }

  private static ElectLeadersResponseData respond(
      Map<TopicPartition, Outcome> outcomes, Errors error, short version) {
    ElectLeadersResponseData response = new ElectLeadersResponseData();
    if (version >= FIRST_VERSION_WITH_ERROR) {
      response.setErrorCode(error.code());
    }
    Map<String, ReplicaElectionResult> topics = new LinkedHashMap<>();
    outcomes.forEach(
        (partition, outcome) ->
            topics
                .computeIfAbsent(
                    partition.topic(), name -> new ReplicaElectionResult().setTopic(name))
                .partitionResult()
                .add(
                    new PartitionResult()
                        .setPartitionId(partition.partition())
                        .setErrorCode(outcome.error().code())
                        .setErrorMessage(outcome.message())));
    return response.setReplicaElectionResults(List.copyOf(topics.values()));
  }
}

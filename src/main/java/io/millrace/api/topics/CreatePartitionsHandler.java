package io.millrace.api.topics;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.NewPartitions;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.TopicImage;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * CreatePartitions (KIP-195). Answers when the partitions are committed and in this node's image.
 *
 * <p>Owner: any thread.
 */
public final class CreatePartitionsHandler implements RequestHandler {
  private static final short FIRST_STRICT_VERSION = 3;

  private final Controller controller;

  public CreatePartitionsHandler(Controller controller) {
    this.controller = controller;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.CREATE_PARTITIONS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    CreatePartitionsRequestData request = (CreatePartitionsRequestData) message;
    CreatePartitionsResponseData response = new CreatePartitionsResponseData();
    List<NewPartitions> wanted = new ArrayList<>();
    Mutations mutations = new Mutations(context, FIRST_STRICT_VERSION);
    for (CreatePartitionsTopic topic : request.topics()) {
      TopicImage known = context.image().topic(topic.name());
      int more = known == null ? 0 : topic.count() - known.partitions().size();
      if (more > 0 && !mutations.take(more)) {
        response.results().add(result(topic.name(), Mutations.EXCEEDED));
      } else {
        wanted.add(new NewPartitions(topic.name(), topic.count(), assignments(topic)));
      }
    }
    mutations.throttle();
    if (wanted.isEmpty()) {
      context.reply(response);
      return;
    }
    AsyncReply.send(
        context,
        AsyncReply.within(
                request.timeoutMs(), controller.createPartitions(wanted, request.validateOnly()))
            .map(
                outcomes -> {
                  outcomes.forEach(
                      (name, outcome) -> response.results().add(result(name, outcome)));
                  return response;
                }),
        error -> {
          Outcome failure = new Outcome(error, error.message());
          wanted.forEach(topic -> response.results().add(result(topic.topic(), failure)));
          return response;
        });
  }

  /** null = the controller places; an empty list is an assignment, and one too short. */
  private static List<List<Integer>> assignments(CreatePartitionsTopic topic) {
    return topic.assignments() == null
        ? null
        : topic.assignments().stream().map(one -> List.copyOf(one.brokerIds())).toList();
  }

  private static CreatePartitionsTopicResult result(String name, Outcome outcome) {
    return new CreatePartitionsTopicResult()
        .setName(name)
        .setErrorCode(outcome.error().code())
        .setErrorMessage(outcome.message());
  }
}

package io.millrace.api.topics;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.DeletedTopic;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.TopicRef;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import io.millrace.protocol.WireIds;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DeleteTopics, by name or from version 6 on by id. Answers when the deletion is committed; the
 * files go later ({@code file.delete.delay.ms}).
 *
 * <p>Owner: any thread.
 */
public final class DeleteTopicsHandler implements RequestHandler {
  private static final short FIRST_VERSION_WITH_IDS = 6;
  private static final short FIRST_STRICT_VERSION = 5;
  private static final short FIRST_VERSION_WITH_DELETION_DISABLED = 3;

  private final Controller controller;

  public DeleteTopicsHandler(Controller controller) {
    this.controller = controller;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DELETE_TOPICS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    DeleteTopicsRequestData request = (DeleteTopicsRequestData) message;
    List<TopicRef> asked = new ArrayList<>();
    List<DeletedTopic> exceeded = new ArrayList<>();
    Mutations mutations = new Mutations(context, FIRST_STRICT_VERSION);
    for (TopicRef topic : asked(request, context.version())) {
      TopicImage known =
          topic.name() == null
              ? context.image().topic(topic.id())
              : context.image().topic(topic.name());
      if (known == null || mutations.take(known.partitions().size())) {
        asked.add(topic);
      } else {
        exceeded.add(new DeletedTopic(topic.name(), topic.id(), Mutations.EXCEEDED));
      }
    }
    mutations.throttle();
    Future<List<DeletedTopic>> command =
        asked.isEmpty()
            ? Future.succeededFuture(List.of())
            : AsyncReply.within(request.timeoutMs(), controller.deleteTopics(asked));
    AsyncReply.send(
        context,
        command.map(deleted -> respond(both(exceeded, deleted), context.version())),
        error -> respond(both(exceeded, failed(asked, error)), context.version()));
  }

  private static List<DeletedTopic> both(List<DeletedTopic> some, List<DeletedTopic> others) {
    return Stream.concat(some.stream(), others.stream()).toList();
  }

  private static List<DeletedTopic> failed(List<TopicRef> topics, Errors error) {
    Outcome failure = new Outcome(error, error.message());
    return topics.stream()
        .map(topic -> new DeletedTopic(topic.name(), topic.id(), failure))
        .toList();
  }

  private static List<TopicRef> asked(DeleteTopicsRequestData request, short version) {
    List<TopicRef> asked = new ArrayList<>();
    if (version >= FIRST_VERSION_WITH_IDS) {
      for (DeleteTopicState topic : request.topics()) {
        asked.add(new TopicRef(topic.name(), WireIds.topicId(topic.topicId())));
      }
    } else {
      request.topicNames().forEach(name -> asked.add(new TopicRef(name, TopicId.ZERO)));
    }
    return asked;
  }

  private static DeleteTopicsResponseData respond(List<DeletedTopic> topics, short version) {
    DeleteTopicsResponseData response = new DeleteTopicsResponseData();
    for (DeletedTopic topic : topics) {
      response
          .responses()
          .add(
              new DeletableTopicResult()
                  .setName(topic.name())
                  .setTopicId(WireIds.uuid(topic.id()))
                  .setErrorCode(told(topic.outcome().error(), version).code())
                  .setErrorMessage(topic.outcome().message()));
    }
    return response;
  }

  private static Errors told(Errors error, short version) {
    return error == Errors.TOPIC_DELETION_DISABLED && version < FIRST_VERSION_WITH_DELETION_DISABLED
        ? Errors.INVALID_REQUEST
        : error;
  }
}

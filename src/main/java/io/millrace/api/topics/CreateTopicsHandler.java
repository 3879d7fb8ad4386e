package io.millrace.api.topics;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.config.ConfigEntry;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.CreatedTopic;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.controller.Controller.Outcome;
import io.millrace.protocol.WireIds;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * CreateTopics. Answers when the topics are committed and in this node's image; each topic succeeds
 * or fails for itself. From version 5 on the answer has the topic's settings (KIP-525).
 *
 * <p>Owner: any thread.
 */
public final class CreateTopicsHandler implements RequestHandler {
  private static final short FIRST_VERSION_WITH_CONFIGS = 5;
  private static final short FIRST_STRICT_VERSION = 6;

  private final Controller controller;
  private final CommittedSettings settings;

  public CreateTopicsHandler(Controller controller, CommittedSettings settings) {
    this.controller = controller;
    this.settings = settings;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.CREATE_TOPICS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    CreateTopicsRequestData request = (CreateTopicsRequestData) message;
    CreateTopicsResponseData response = new CreateTopicsResponseData();
    List<NewTopic> wanted = new ArrayList<>();
    Mutations mutations = new Mutations(context, FIRST_STRICT_VERSION);
    for (CreatableTopic topic : request.topics()) {
      String refusal = check(topic);
      if (refusal != null) {
        response
            .topics()
            .add(refused(topic.name(), new Outcome(Errors.INVALID_REPLICA_ASSIGNMENT, refusal)));
      } else if (context.image().topic(topic.name()) == null
          && !mutations.take(partitions(context, topic))) {
        response.topics().add(refused(topic.name(), Mutations.EXCEEDED));
      } else {
        wanted.add(newTopic(topic));
      }
    }
    mutations.throttle();
    Future<List<CreatedTopic>> command =
        wanted.isEmpty()
            ? Future.succeededFuture(List.of())
            : AsyncReply.within(
                request.timeoutMs(), controller.createTopics(wanted, request.validateOnly()));
    AsyncReply.send(
        context,
        command.map(created -> respond(context, created, wanted, response)),
        error -> {
          Outcome failure = new Outcome(error, error.message());
          wanted.forEach(topic -> response.topics().add(refused(topic.name(), failure)));
          return response;
        });
  }

  /**
   * What the controller cannot see, because it knows the assignment as a map; null = it is fine.
   */
  private static String check(CreatableTopic topic) {
    Set<Integer> assigned = new HashSet<>();
    for (CreatableReplicaAssignment assignment : topic.assignments()) {
      if (!assigned.add(assignment.partitionIndex())) {
        return "Found multiple manual partition assignments for partition "
            + assignment.partitionIndex();
      }
    }
    return null;
  }

  private int partitions(RequestContext context, CreatableTopic topic) {
    if (!topic.assignments().isEmpty()) {
      return topic.assignments().size();
    }
    return topic.numPartitions() > 0
        ? topic.numPartitions()
        : settings.ofNode(context.image()).get(NodeKeys.NUM_PARTITIONS);
  }

  private static NewTopic newTopic(CreatableTopic topic) {
    Map<Integer, List<Integer>> assignment = new HashMap<>();
    topic
        .assignments()
        .forEach(one -> assignment.put(one.partitionIndex(), List.copyOf(one.brokerIds())));
    Map<String, String> configs = new LinkedHashMap<>();
    topic.configs().forEach(config -> configs.put(config.name(), config.value()));
    return new NewTopic(
        topic.name(), topic.numPartitions(), topic.replicationFactor(), assignment, configs);
  }

  private CreateTopicsResponseData respond(
      RequestContext context,
      List<CreatedTopic> created,
      List<NewTopic> wanted,
      CreateTopicsResponseData response) {
    // The settings of the node are the same for all of them.
    Settings node =
        context.version() >= FIRST_VERSION_WITH_CONFIGS ? settings.ofNode(context.image()) : null;
    Map<String, Map<String, String>> configs = new HashMap<>();
    wanted.forEach(topic -> configs.put(topic.name(), topic.configs()));
    for (CreatedTopic topic : created) {
      if (topic.outcome().error() != Errors.NONE) {
        response.topics().add(refused(topic.name(), topic.outcome()));
        continue;
      }
      CreatableTopicResult result =
          new CreatableTopicResult()
              .setName(topic.name())
              .setTopicId(WireIds.uuid(topic.id()))
              .setErrorMessage(null)
              .setNumPartitions(topic.partitions())
              .setReplicationFactor(topic.replicationFactor());
      if (node != null) {
        result.setConfigs(describe(node.forTopic(configs.get(topic.name()))));
      }
      response.topics().add(result);
    }
    return response;
  }

  private static List<CreatableTopicConfigs> describe(Settings topic) {
    List<CreatableTopicConfigs> configs = new ArrayList<>();
    for (ConfigEntry entry : topic.describeTopic()) {
      configs.add(
          new CreatableTopicConfigs()
              .setName(entry.key().name())
              .setValue(entry.value())
              .setReadOnly(entry.readOnly())
              .setConfigSource(entry.source().id())
              .setIsSensitive(entry.key().sensitive()));
    }
    return configs;
  }

  private static CreatableTopicResult refused(String name, Outcome why) {
    return new CreatableTopicResult()
        .setName(name)
        .setErrorCode(why.error().code())
        .setErrorMessage(why.message());
  }
}

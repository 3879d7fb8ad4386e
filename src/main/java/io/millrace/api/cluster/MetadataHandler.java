package io.millrace.api.cluster;

import io.millrace.api.AsyncReply;
import io.millrace.api.InternalTopics;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.config.NodeKeys;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.CreatedTopic;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.controller.state.TopicNames;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metadata.TopicImage;
import io.millrace.protocol.WireIds;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopicCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * Metadata: the brokers, and the topics with their leaders. Brings topics into being that clients
 * name ({@code auto.create.topics.enable}).
 *
 * <p>Kafka starts an automatic creation and answers UNKNOWN_TOPIC_OR_PARTITION, so that every
 * client comes again after its backoff. Here the answer waits for the commit, which takes
 * milliseconds, and has the topic in it: the first record goes out one backoff earlier, whatever
 * the client. When it takes longer the answer is LEADER_NOT_AVAILABLE, which all families of
 * clients retry, where some take an unknown topic for final.
 *
 * <p>What is created counts for the client's {@code controller_mutation_rate}, as if it had sent a
 * CreateTopics of the newest version; beyond it nothing is created.
 *
 * <p>Owner: any thread.
 */
public final class MetadataHandler implements RequestHandler {
  /**
   * How long an answer waits for a creation, in milliseconds. Later requests of the connection wait
   * behind it, so it is short.
   */
  static final int CREATION_WAIT_MS = 1_000;

  private static final short FIRST_VERSION_WITH_TOPIC_IDS = 12;

  private final Controller controller;
  private final ImagePublisher images;
  private final boolean autoCreateTopics;
  private final OwnStanding own;
  private final CommittedSettings settings;

  /**
   * A handler.
   *
   * @param autoCreateTopics {@code auto.create.topics.enable}
   */
  public MetadataHandler(
      Controller controller,
      ImagePublisher images,
      boolean autoCreateTopics,
      OwnStanding own,
      CommittedSettings settings) {
    this.controller = controller;
    this.images = images;
    this.autoCreateTopics = autoCreateTopics;
    this.own = own;
    this.settings = settings;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.METADATA;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    MetadataRequestData request = (MetadataRequestData) message;
    if (isMalformed(request, context.version())) {
      context.reply(failed(request, context.version(), Errors.INVALID_REQUEST));
      return;
    }
    ClusterImage image = context.image();
    Set<String> missing =
        autoCreateTopics ? creatable(request, context.version(), image) : Set.of();
    if (missing.isEmpty()) {
      context.reply(respond(context, request, image, Map.of()));
    } else {
      create(context, request, missing);
    }
  }

  /** Before version 12 there are names only; from then on each entry has a name or an id. */
  private static boolean isMalformed(MetadataRequestData request, short version) {
    if (request.topics() == null) {
      return false;
    }
    for (MetadataRequestTopic topic : request.topics()) {
      boolean byId = !topic.topicId().equals(Uuid.ZERO_UUID);
      boolean byName = topic.name() != null;
      if (version < FIRST_VERSION_WITH_TOPIC_IDS ? byId || !byName : !byId && !byName) {
        return true;
      }
    }
    return false;
  }

  /** The whole request fails: Kafka's form, which old clients without a top-level error need. */
  private static MetadataResponseData failed(
      MetadataRequestData request, short version, Errors error) {
    MetadataResponseData response = new MetadataResponseData().setErrorCode(error.code());
    for (MetadataRequestTopic topic : request.topics()) {
      boolean nameless = topic.name() == null && version < FIRST_VERSION_WITH_TOPIC_IDS;
      response
          .topics()
          .add(
              new MetadataResponseTopic()
                  .setErrorCode(error.code())
                  .setName(nameless ? "" : topic.name())
                  .setTopicId(topic.topicId()));
    }
    return response;
  }

  private static boolean wantsAll(MetadataRequestData request, short version) {
    return request.topics() == null || (version == 0 && request.topics().isEmpty());
  }

  /** Names that the client wants to see and may create. */
  private static Set<String> creatable(
      MetadataRequestData request, short version, ClusterImage image) {
    if (!request.allowAutoTopicCreation() || wantsAll(request, version)) {
      return Set.of();
    }
    Set<String> names = new LinkedHashSet<>();
    for (MetadataRequestTopic topic : request.topics()) {
      if (topic.topicId().equals(Uuid.ZERO_UUID)
          && image.topic(topic.name()) == null
          && !InternalTopics.neverAutoCreated(topic.name())
          && TopicNames.invalidBecause(topic.name()) == null) {
        names.add(topic.name());
      }
    }
    return names;
  }

  private void create(RequestContext context, MetadataRequestData request, Set<String> names) {
    List<NewTopic> topics = new ArrayList<>();
    Map<String, Errors> exceeded = new HashMap<>();
    int partitions = settings.ofNode(context.image()).get(NodeKeys.NUM_PARTITIONS);
    for (String name : names) {
      if (context.use().mutate(partitions, true, System.nanoTime())) {
        topics.add(new NewTopic(name, -1, (short) -1, Map.of(), Map.of()));
      } else {
        // Metadata has no error for that; the client comes again after its backoff.
        exceeded.put(name, Errors.LEADER_NOT_AVAILABLE);
      }
    }
    if (topics.isEmpty()) {
      context.reply(respond(context, request, context.image(), exceeded));
      return;
    }
    AsyncReply.send(
        context,
        AsyncReply.within(CREATION_WAIT_MS, controller.createTopics(topics, false))
            .map(MetadataHandler::refusals)
            .otherwise(failure -> pending(topics, AsyncReply.errorOf(context, failure)))
            // What was created is in the newest image, not in the one the request began with.
            .map(
                refusals -> {
                  refusals.putAll(exceeded);
                  return respond(context, request, images.image(), refusals);
                }),
        error -> failed(request, context.version(), error));
  }

  private static Map<String, Errors> refusals(List<CreatedTopic> created) {
    Map<String, Errors> refusals = new HashMap<>();
    for (CreatedTopic topic : created) {
      Errors error = topic.outcome().error();
      // Somebody else was faster: then the topic is there, or will be in a moment.
      refusals.put(
          topic.name(),
          error == Errors.NONE || error == Errors.TOPIC_ALREADY_EXISTS
              ? Errors.LEADER_NOT_AVAILABLE
              : error);
    }
    return refusals;
  }

  /** Nothing is known of the creation yet, or for now there is nobody to create. */
  private static Map<String, Errors> pending(List<NewTopic> topics, Errors error) {
    boolean passing = error == Errors.REQUEST_TIMED_OUT || error == Errors.NOT_CONTROLLER;
    Map<String, Errors> refusals = new HashMap<>();
    topics.forEach(
        topic -> refusals.put(topic.name(), passing ? Errors.LEADER_NOT_AVAILABLE : error));
    return refusals;
  }

  /**
   * The response.
   *
   * @param refusals why topics that the image does not have could not be created
   */
  private MetadataResponseData respond(
      RequestContext context,
      MetadataRequestData request,
      ClusterImage image,
      Map<String, Errors> refusals) {
    ReachableBrokers brokers = new ReachableBrokers(image, context, own);
    short version = context.version();
    TopicMetadata topics =
        new TopicMetadata(
            brokers,
            version,
            request.includeTopicAuthorizedOperations()
                ? AuthorizedOperations.ALL_OF_TOPIC
                : AuthorizedOperations.NOT_ASKED);
    MetadataResponseData response =
        new MetadataResponseData()
            .setClusterId(image.clusterId())
            .setControllerId(brokers.controllerId());
    for (ReachableBrokers.Reached broker : brokers.alive()) {
      response
          .brokers()
          .add(
              new MetadataResponseBroker()
                  .setNodeId(broker.nodeId())
                  .setHost(broker.host())
                  .setPort(broker.port())
                  .setRack(broker.rack()));
    }
    if (request.includeClusterAuthorizedOperations()) {
      response.setClusterAuthorizedOperations(AuthorizedOperations.ALL_OF_CLUSTER);
    }
    return response.setTopics(
        wantsAll(request, version)
            ? all(image, topics)
            : wanted(request.topics(), image, topics, refusals));
  }

  private static MetadataResponseTopicCollection all(ClusterImage image, TopicMetadata topics) {
    Collection<TopicImage> known = image.topics();
    MetadataResponseTopicCollection responses = new MetadataResponseTopicCollection(known.size());
    known.forEach(topic -> responses.add(topics.describe(topic)));
    return responses;
  }

  private static MetadataResponseTopicCollection wanted(
      List<MetadataRequestTopic> wanted,
      ClusterImage image,
      TopicMetadata topics,
      Map<String, Errors> refusals) {
    MetadataResponseTopicCollection responses = new MetadataResponseTopicCollection(wanted.size());
    Set<Object> seen = new HashSet<>(wanted.size() * 2);
    for (MetadataRequestTopic topic : wanted) {
      boolean byId = !topic.topicId().equals(Uuid.ZERO_UUID);
      TopicImage known =
          byId ? image.topic(WireIds.topicId(topic.topicId())) : image.topic(topic.name());
      if (known != null) {
        if (seen.add(known.id())) {
          responses.add(topics.describe(known));
        }
      } else if (byId) {
        if (seen.add(topic.topicId())) {
          responses.add(TopicMetadata.unknown(topic.topicId()));
        }
      } else if (seen.add(topic.name())) {
        responses.add(topics.refused(topic.name(), whyMissing(topic.name(), refusals)));
      }
    }
    return responses;
  }

  private static Errors whyMissing(String name, Map<String, Errors> refusals) {
    Errors refusal = refusals.get(name);
    if (refusal != null) {
      return refusal;
    }
    return TopicNames.invalidBecause(name) == null
        ? Errors.UNKNOWN_TOPIC_OR_PARTITION
        : Errors.INVALID_TOPIC_EXCEPTION;
  }
}

package io.millrace.api.coordinators;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.cluster.OwnStanding;
import io.millrace.api.cluster.ReachableBrokers;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.metadata.TransactionVersion;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;

/**
 * FindCoordinator: the leader of the partition that a group's id or a transactional id falls on, of
 * {@code __consumer_offsets} or {@code __transaction_state}. The first one to ask brings that topic
 * into being, and its answer waits for it. From version 4 on it takes many keys (KIP-699).
 *
 * <p>Owner: any thread.
 */
public final class FindCoordinatorHandler implements RequestHandler {
  /**
   * Before a client hears that there is no coordinator now, something is waited for that brings one
   * about: Kafka's AdminClient would ask again at once, as often as it is answered.
   */
  static final int WAIT_MS = 250;

  private static final short FIRST_VERSION_WITH_MANY = 4;

  // By the number of what is looked for.
  private final Map<Byte, CoordinatorTopic> topics;
  private final ImagePublisher images;
  private final OwnStanding own;

  public FindCoordinatorHandler(
      CoordinatorTopic ofGroups,
      CoordinatorTopic ofTransactions,
      ImagePublisher images,
      OwnStanding own) {
    this.topics =
        Map.of(
            CoordinatorType.GROUP.id(), ofGroups, CoordinatorType.TRANSACTION.id(), ofTransactions);
    this.images = images;
    this.own = own;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.FIND_COORDINATOR;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    FindCoordinatorRequestData request = (FindCoordinatorRequestData) message;
    List<String> keys =
        context.version() >= FIRST_VERSION_WITH_MANY
            ? request.coordinatorKeys()
            : List.of(request.key());
    CoordinatorTopic topic = topics.get(request.keyType());
    if (topic == null) {
      context.reply(refused(context, keys, Errors.INVALID_REQUEST));
    } else if (isTooEarly(topic, context.newestImage())) {
      context
          .loop()
          .schedule(
              WAIT_MS,
              () -> context.reply(refused(context, keys, Errors.COORDINATOR_NOT_AVAILABLE)));
    } else if (keys.isEmpty() || context.image().topic(topic.name()) != null) {
      replyOrWait(context, topic, keys, context.image());
    } else {
      topic
          .ensure(context, context.image())
          // What was created is in the newest image, not in the one the request began with.
          .onComplete(any -> replyOrWait(context, topic, keys, images.image()));
    }
  }

  /** Transactions begin when the last node of a release without them is gone. */
  private static boolean isTooEarly(CoordinatorTopic topic, ClusterImage image) {
    return topic.name().equals(CoordinatorTopic.TRANSACTIONS)
        && !TransactionVersion.isKnownToAll(image);
  }

  private void replyOrWait(
      RequestContext context, CoordinatorTopic topic, List<String> keys, ClusterImage image) {
    FindCoordinatorResponseData response = respond(context, topic, keys, image);
    if (namesAll(response)) {
      context.reply(response);
    } else {
      context
          .loop()
          .schedule(WAIT_MS, () -> context.reply(respond(context, topic, keys, images.image())));
    }
  }

  private static boolean namesAll(FindCoordinatorResponseData response) {
    return response.errorCode() == Errors.NONE.code()
        && response.coordinators().stream()
            .allMatch(coordinator -> coordinator.errorCode() == Errors.NONE.code());
  }

  private FindCoordinatorResponseData respond(
      RequestContext context, CoordinatorTopic ofType, List<String> keys, ClusterImage image) {
    TopicImage topic = image.topic(ofType.name());
    if (topic == null) {
      return refused(context, keys, Errors.COORDINATOR_NOT_AVAILABLE);
    }
    ReachableBrokers brokers = new ReachableBrokers(image, context, own);
    FindCoordinatorResponseData response = new FindCoordinatorResponseData();
    for (String key : keys) {
      PartitionImage partition =
          topic.partition(CoordinatorRuntime.partitionFor(key, topic.partitions().size()));
      ReachableBrokers.Reached leader = brokers.leaderOf(partition);
      add(
          context,
          response,
          leader == null || leader.fenced()
              ? none(key, Errors.COORDINATOR_NOT_AVAILABLE)
              : new Coordinator()
                  .setKey(key)
                  .setErrorMessage(null)
                  .setNodeId(leader.nodeId())
                  .setHost(leader.host())
                  .setPort(leader.port()));
    }
    return response;
  }

  private static FindCoordinatorResponseData refused(
      RequestContext context, List<String> keys, Errors error) {
    FindCoordinatorResponseData response = new FindCoordinatorResponseData();
    keys.forEach(key -> add(context, response, none(key, error)));
    return response;
  }

  private static Coordinator none(String key, Errors error) {
    return new Coordinator()
        .setKey(key)
        .setErrorCode(error.code())
        .setErrorMessage(error.message())
        .setNodeId(-1)
        .setHost("")
        .setPort(-1);
  }

  private static void add(
      RequestContext context, FindCoordinatorResponseData response, Coordinator coordinator) {
    if (context.version() >= FIRST_VERSION_WITH_MANY) {
      response.coordinators().add(coordinator);
    } else {
      response
          .setErrorCode(coordinator.errorCode())
          .setErrorMessage(coordinator.errorMessage())
          .setNodeId(coordinator.nodeId())
          .setHost(coordinator.host())
          .setPort(coordinator.port());
    }
  }
}

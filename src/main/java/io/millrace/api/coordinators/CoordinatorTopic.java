package io.millrace.api.coordinators;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.CreatedTopic;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a topic that coordinators keep their state in into being when the first client looks for
 * one of them.
 *
 * <p>Owner: any thread.
 */
public final class CoordinatorTopic {
  /** What groups commit, and the groups themselves. */
  public static final String OFFSETS = Topic.GROUP_METADATA_TOPIC_NAME;

  /** The transactions of producers. */
  public static final String TRANSACTIONS = Topic.TRANSACTION_STATE_TOPIC_NAME;

  /**
   * How the topic is made.
   *
   * @param partitions how many, for good: a client's coordinator depends on it
   * @param replicationFactor while fewer brokers are alive, as many as are
   * @param segmentBytes small segments are compacted sooner, and loaded faster
   * @param configs what else the topic is created with, beside being compacted
   */
  public record Shape(
      int partitions, short replicationFactor, int segmentBytes, Map<String, String> configs) {
    public Shape {
      configs = Map.copyOf(configs);
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(CoordinatorTopic.class);

  private static final int CREATION_WAIT_MS = 10_000;

  private final Controller controller;
  private final String name;
  private final Shape shape;
  // The creation under way, or the last one; all who need the topic meanwhile wait for the same.
  private final AtomicReference<Future<Errors>> creation =
      new AtomicReference<>(Future.succeededFuture(Errors.NONE));

  public CoordinatorTopic(Controller controller, String name, Shape shape) {
    this.controller = controller;
    this.name = name;
    this.shape = shape;
  }

  /** Its name. */
  String name() {
    return name;
  }

  /**
   * Creates the topic if the image has none. Completes, when it is there or after a few seconds,
   * with NONE or what keeps it from being created.
   */
  public Future<Errors> ensure(RequestContext context, ClusterImage image) {
    if (image.topic(name) != null) {
      return Future.succeededFuture(Errors.NONE);
    }
    Future<Errors> last = creation.get();
    if (!last.isComplete()) {
      return last;
    }
    Promise<Errors> promise = Promise.promise();
    if (!creation.compareAndSet(last, promise.future())) {
      return ensure(context, image);
    }
    AsyncReply.within(CREATION_WAIT_MS, controller.createTopics(List.of(topic(image)), false))
        .map(this::outcome)
        .otherwise(cause -> AsyncReply.errorOf(context, cause))
        .onComplete(promise);
    return promise.future();
  }

  private NewTopic topic(ClusterImage image) {
    int alive = 0;
    for (BrokerImage broker : image.brokers().values()) {
      alive += broker.fenced() ? 0 : 1;
    }
    short replicas = (short) Math.max(1, Math.min(alive, shape.replicationFactor()));
    Map<String, String> configs = new HashMap<>(shape.configs());
    configs.put("cleanup.policy", "compact");
    configs.put("segment.bytes", Integer.toString(shape.segmentBytes()));
    return new NewTopic(name, shape.partitions(), replicas, Map.of(), configs);
  }

  private Errors outcome(List<CreatedTopic> created) {
    Controller.Outcome outcome = created.get(0).outcome();
    if (outcome.error() == Errors.NONE || outcome.error() == Errors.TOPIC_ALREADY_EXISTS) {
      return Errors.NONE;
    }
    LOG.error("{} cannot be created: {} {}", name, outcome.error(), outcome.message());
    return outcome.error();
  }
}

package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.CreatedTopic;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings {@code __consumer_offsets} into being when the first group appears.
 *
 * <p>Owner: any thread.
 */
public final class OffsetsTopic {
  /** Name of the topic. */
  public static final String NAME = Topic.GROUP_METADATA_TOPIC_NAME;

  /**
   * How the topic is made.
   *
   * @param partitions {@code offsets.topic.num.partitions}
   * @param replicationFactor {@code offsets.topic.replication.factor}; while fewer brokers are
   *     alive, as many as are
   * @param segmentBytes {@code offsets.topic.segment.bytes}
   */
  public record Shape(int partitions, short replicationFactor, int segmentBytes) {}

  private static final Logger LOG = LoggerFactory.getLogger(OffsetsTopic.class);

  private static final int CREATION_WAIT_MS = 10_000;

  private final Controller controller;
  private final Shape shape;
  // The creation under way, or the last one; all who need the topic meanwhile wait for the same.
  private final AtomicReference<Future<Errors>> creation =
      new AtomicReference<>(Future.succeededFuture(Errors.NONE));

  public OffsetsTopic(Controller controller, Shape shape) {
    this.controller = controller;
    this.shape = shape;
  }

  /**
   * Creates the topic if the image has none. Completes, when it is there or after a few seconds,
   * with NONE or what keeps it from being created.
   */
  Future<Errors> ensure(RequestContext context, ClusterImage image) {
    if (image.topic(NAME) != null) {
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
        .map(OffsetsTopic::outcome)
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
    return new NewTopic(
        NAME,
        shape.partitions(),
        replicas,
        Map.of(),
        Map.of(
            "cleanup.policy", "compact",
            "compression.type", "producer",
            "segment.bytes", Integer.toString(shape.segmentBytes())));
  }

  private static Errors outcome(List<CreatedTopic> created) {
    Controller.Outcome outcome = created.get(0).outcome();
    if (outcome.error() == Errors.NONE || outcome.error() == Errors.TOPIC_ALREADY_EXISTS) {
      return Errors.NONE;
    }
    LOG.error("{} cannot be created: {} {}", NAME, outcome.error(), outcome.message());
    return outcome.error();
  }
}

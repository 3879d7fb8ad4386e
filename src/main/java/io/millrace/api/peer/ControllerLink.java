package io.millrace.api.peer;

import io.millrace.client.PeerException;
import io.millrace.client.Peers;
import io.millrace.metadata.ImagePublisher;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * Asks the active controller on another node, once. Without a controller, or without an answer of
 * it, the failure is a {@link QuorumException} with NOT_CONTROLLER.
 *
 * <p>Owner: any thread.
 */
final class ControllerLink {
  // A request is answered after all before it of its lane: what takes long has one of its own.

  /** For what administrators ask for. */
  static final String CONTROL = "control";

  /** For what producers wait for: ISR changes, producer ids, registrations. */
  static final String DATA = "data";

  /** For signs of life. */
  static final String HEARTBEAT = "heartbeat";

  /** For changes of the voters, which wait for a node to catch up. */
  static final String QUORUM = "quorum";

  /** How long a reply waits for this node's image to get there. */
  private static final long ARRIVAL_MS = 5_000;

  private final Peers peers;
  private final IntSupplier leader;
  private final ImagePublisher images;
  private final ImageArrival arrival;

  ControllerLink(Peers peers, IntSupplier leader, ImagePublisher images) {
    this.peers = peers;
    this.leader = leader;
    this.images = images;
    this.arrival = new ImageArrival(images);
  }

  String clusterId() {
    return images.image().clusterId();
  }

  /**
   * Asks, and completes with what {@code read} makes of the response once this node's image has got
   * to where the controller's was. What {@code read} throws fails it at once.
   */
  <M extends ApiMessage, T> Future<T> command(
      String lane,
      ApiMessage request,
      short version,
      int timeoutMs,
      Class<M> type,
      Function<M, T> read) {
    return ask(lane, request, version, timeoutMs, type)
        .compose(
            response -> {
              T value = read.apply(response);
              long offset = PeerTags.longOr(response, PeerTags.METADATA_OFFSET, -1);
              return arrival.reached(offset, ARRIVAL_MS).map(any -> value);
            });
  }

  /** Asks. */
  <M extends ApiMessage> Future<M> ask(
      String lane, ApiMessage request, short version, int timeoutMs, Class<M> type) {
    int controller = leader.getAsInt();
    if (controller < 0) {
      return Future.failedFuture(
          new QuorumException(Errors.NOT_CONTROLLER, "No node is known to be the controller"));
    }
    return peers
        .request(controller, lane, request, version, timeoutMs)
        .map(type::cast)
        .recover(
            why ->
                Future.failedFuture(
                    why instanceof PeerException
                        ? new QuorumException(
                            Errors.NOT_CONTROLLER,
                            "The controller does not answer: " + why.getMessage(),
                            why)
                        : why));
  }
}

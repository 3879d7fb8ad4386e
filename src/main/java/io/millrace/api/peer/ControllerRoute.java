package io.millrace.api.peer;

import io.millrace.api.quorum.QuorumControl;
import io.millrace.client.Peers;
import io.millrace.controller.Controller;
import io.millrace.metadata.ImagePublisher;
import io.vertx.core.Vertx;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * The way to the controller and to the quorum's leader, which are always one node: this one or
 * another.
 *
 * <p>Owner: any thread.
 */
public final class ControllerRoute {
  private static final ControllerCalls.Limits LIMITS =
      new ControllerCalls.Limits(30_000, 3_000, 50, 500);

  /**
   * What it is made of.
   *
   * @param nodeId this node
   * @param local the controller of this node, which fails with NOT_CONTROLLER while it does not
   *     lead
   * @param localQuorum the quorum as this node sees it; likewise
   * @param leader the node that leads, as far as this one knows; -1 = unknown
   */
  public record Parts(
      Vertx vertx,
      int nodeId,
      Controller local,
      QuorumControl localQuorum,
      IntSupplier leader,
      ImagePublisher images,
      Peers peers) {}

  private final ControllerCalls calls;
  private final Controller controller;
  private final QuorumControl quorum;

  public ControllerRoute(Parts parts) {
    this(parts, LIMITS);
  }

  ControllerRoute(Parts parts, ControllerCalls.Limits limits) {
    int timeoutMs = Math.toIntExact(limits.totalMs());
    ControllerLink link = new ControllerLink(parts.peers(), parts.leader(), parts.images());
    Controller remote = new RemoteController(link, parts.nodeId(), timeoutMs);
    QuorumControl remoteQuorum = new RemoteQuorum(link, timeoutMs);
    calls = new ControllerCalls(parts.vertx(), parts.leader(), limits);
    controller = new RoutedController(calls, here(parts, parts.local(), remote), parts.images());
    quorum = new RoutedQuorum(calls, here(parts, parts.localQuorum(), remoteQuorum));
    parts
        .images()
        .subscribe(
            delta -> {
              if (delta.before().controllerId() != delta.after().controllerId()) {
                if (delta.after().controllerId() < 0) {
                  calls.onLeaderLost();
                }
                calls.onLeaderChange();
              }
            });
  }

  private static <C> Supplier<C> here(Parts parts, C local, C remote) {
    return () -> parts.leader().getAsInt() == parts.nodeId() ? local : remote;
  }

  /**
   * The controller, for everybody on this node: handlers of clients' requests, the node's own
   * registration and heartbeats, its partitions.
   */
  public Controller controller() {
    return controller;
  }

  /** The quorum, for the handlers of clients' requests. */
  public QuorumControl quorum() {
    return quorum;
  }
}

package io.millrace.server;

import io.millrace.api.ApiVersionsHandler;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.BrokerRegistration.Tails;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.Registered;
import io.millrace.metadata.Endpoint;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * Tells the controller what this node is, what it can work with and where it is reached.
 *
 * <p>Owner: any thread.
 */
final class NodeRegistration {
  private static final long AGAIN_MS = 200;

  /** Refusals that say no more than that no controller has time for it for a while. */
  private static final Set<Errors> PASSING =
      Set.of(Errors.NOT_CONTROLLER, Errors.REQUEST_TIMED_OUT, Errors.THROTTLING_QUOTA_EXCEEDED);

  private final Vertx vertx;
  private final Settings settings;
  private final int nodeId;
  private final LogDirectories directories;
  private final Controller controller;

  /** Of this process: what the directories remember of the one before counts no more. */
  private volatile boolean registered;

  NodeRegistration(
      Vertx vertx,
      Settings settings,
      int nodeId,
      LogDirectories directories,
      Controller controller) {
    this.vertx = vertx;
    this.settings = settings;
    this.nodeId = nodeId;
    this.directories = directories;
    this.controller = controller;
  }

  /** As a broker that clients reach at these endpoints. */
  Future<Registered> asBroker(UUID incarnation, List<Endpoint> endpoints) {
    return register(incarnation, endpoints, Tails.WHOLE);
  }

  /**
   * After a crash a tail that readers have seen may be gone: a new leader epoch lets them notice.
   *
   * @param logsMayBeCut false = only the process ended, and what it had written is all there
   * @param stopping whether a node without a controller is to give up
   */
  Future<Registered> afterCrash(boolean logsMayBeCut, BooleanSupplier stopping) {
    return patiently(logsMayBeCut ? Tails.MAY_BE_CUT : Tails.RECOVERED, stopping);
  }

  /**
   * What this node can work with, in a cluster that it is only a controller of.
   *
   * @param stopping whether a node without a controller is to give up
   */
  Future<Registered> asController(BooleanSupplier stopping) {
    return patiently(Tails.WHOLE, stopping);
  }

  /** That there is no controller for a while does not end a start; that it refuses does. */
  private Future<Registered> patiently(Tails tails, BooleanSupplier stopping) {
    return register(UUID.randomUUID(), List.of(), tails)
        .compose(NodeRegistration::unlessRefused)
        .recover(
            why ->
                isPassing(why) && !stopping.getAsBoolean()
                    ? vertx.timer(AGAIN_MS).compose(any -> patiently(tails, stopping))
                    : Future.failedFuture(why));
  }

  private static Future<Registered> unlessRefused(Registered answer) {
    Errors error = answer.outcome().error();
    String message = answer.outcome().message();
    if (error == Errors.NONE) {
      return Future.succeededFuture(answer);
    }
    return Future.failedFuture(
        PASSING.contains(error)
            ? new QuorumException(error, message)
            : new NodeStartException("the controller refuses it: " + message, null));
  }

  private static boolean isPassing(Throwable why) {
    return why instanceof QuorumException refused && PASSING.contains(refused.error());
  }

  private Future<Registered> register(UUID incarnation, List<Endpoint> endpoints, Tails tails) {
    Set<String> roles = Set.copyOf(settings.get(NodeKeys.PROCESS_ROLES));
    return controller
        .registerBroker(
            new BrokerRegistration(
                nodeId,
                incarnation,
                directories.ids(),
                endpoints,
                settings.get(NodeKeys.BROKER_RACK),
                ApiVersionsHandler.SUPPORTED,
                registered ? -1 : directories.previousEpoch(),
                tails,
                roles.contains("broker"),
                roles.contains("controller")))
        .onSuccess(
            answer -> {
              if (answer.outcome().error() == Errors.NONE) {
                registered = true;
              }
            });
  }
}

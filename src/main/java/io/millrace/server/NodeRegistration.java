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
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the controller what this node is, what it can work with and where it is reached.
 *
 * <p>Owner: any thread.
 */
final class NodeRegistration {
  private static final Logger LOG = LoggerFactory.getLogger(NodeRegistration.class);

  /** Who is not registered for a reason that may pass asks again after so long. */
  static final long AGAIN_MS = 100;

  /** Refusals that a person must do something about. */
  private static final Set<Errors> FINAL =
      Set.of(
          Errors.UNSUPPORTED_VERSION,
          Errors.INVALID_REGISTRATION,
          Errors.INCONSISTENT_CLUSTER_ID,
          Errors.CLUSTER_AUTHORIZATION_FAILED);

  /**
   * So often in a row another node may seem to have this id: for 20 seconds, about twice {@code
   * broker.session.timeout.ms}. The one before this on a disk that was replaced is fenced by then.
   */
  private static final int MAX_DUPLICATES = 200;

  /**
   * Says which refusal is final, in a row of them.
   *
   * <p>Owner: whoever asks for the registration.
   */
  static final class Patience {
    // Refusals in a row because another node has this id.
    private int duplicates;

    /** Whether a person must do something; who was here before may only be not fenced yet. */
    boolean isOver(Errors refusal) {
      duplicates = refusal == Errors.DUPLICATE_BROKER_REGISTRATION ? duplicates + 1 : 0;
      return duplicates > MAX_DUPLICATES || FINAL.contains(refusal);
    }
  }

  private final Vertx vertx;
  private final Settings settings;
  private final int nodeId;
  private final LogDirectories directories;
  private final Controller controller;

  /** Of this process: what the directories remember of the one before counts no more. */
  private volatile boolean registered;

  /** That it waits was said once. */
  private volatile boolean told;

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
    return patiently(logsMayBeCut ? Tails.MAY_BE_CUT : Tails.RECOVERED, stopping, new Patience());
  }

  /**
   * What this node can work with, in a cluster that it is only a controller of.
   *
   * @param stopping whether a node without a controller is to give up
   */
  Future<Registered> asController(BooleanSupplier stopping) {
    return patiently(Tails.WHOLE, stopping, new Patience());
  }

  /** That there is no controller for a while does not end a start; that it refuses does. */
  private Future<Registered> patiently(Tails tails, BooleanSupplier stopping, Patience patience) {
    // One promise for all attempts: futures of futures would be kept for each of them.
    Promise<Registered> promise = Promise.promise();
    attempt(tails, stopping, patience, promise);
    return promise.future();
  }

  private void attempt(
      Tails tails, BooleanSupplier stopping, Patience patience, Promise<Registered> promise) {
    register(UUID.randomUUID(), List.of(), tails)
        .compose(answer -> unlessRefused(answer, patience))
        .onSuccess(promise::complete)
        .onFailure(
            why -> {
              if (!(why instanceof QuorumException) || stopping.getAsBoolean()) {
                promise.fail(why);
                return;
              }
              tell(why);
              vertx.setTimer(AGAIN_MS, any -> attempt(tails, stopping, patience, promise));
            });
  }

  private void tell(Throwable why) {
    if (!told) {
      told = true;
      LOG.warn("Node {} cannot register yet, and goes on trying: {}", nodeId, why.getMessage());
    }
  }

  private static Future<Registered> unlessRefused(Registered answer, Patience patience) {
    Errors error = answer.outcome().error();
    String message = answer.outcome().message();
    if (error == Errors.NONE) {
      return Future.succeededFuture(answer);
    }
    return Future.failedFuture(
        patience.isOver(error)
            ? new NodeStartException("the controller refuses it: " + message, null)
            : new QuorumException(error, message));
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

package io.millrace.server;

import io.millrace.controller.Controller;
import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.HeartbeatReply;
import io.millrace.controller.Controller.Registered;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a broker is to the controller, from its registration on: it gives signs of life, serves
 * while the controller has unfenced it, registers anew when the controller does not know it any
 * more, and asks before it stops, so that leaders move first.
 *
 * <p>While no controller can be reached it goes on trying: only a refusal that trying again would
 * not change ends the node's start.
 *
 * <p>Owner: a context of its own; {@link #status} is for any thread.
 */
final class BrokerLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(BrokerLifecycle.class);
  private static final long RETRY_MS = 100;

  /** How long a question about a broker that is just being unfenced is left open. */
  private static final long SOON_MS = 20;

  /** For about three seconds, longer than another controller takes. */
  private static final int MAX_UNANSWERED = 30;

  /**
   * What the lifecycle is given.
   *
   * @param heartbeatMs {@code broker.heartbeat.interval.ms}
   * @param contact is told of the controller's answers
   * @param registration the registration under a new incarnation; asked each time, since what was
   *     lost in the machine's last crash is said only once
   * @param image what this node knows to be committed
   */
  record Parts(
      int nodeId,
      long heartbeatMs,
      Controller controller,
      ControllerContact contact,
      Function<UUID, Future<Registered>> registration,
      Supplier<ClusterImage> image) {}

  /**
   * How the broker stands.
   *
   * @param epoch broker epoch; -1 = not registered in this run
   * @param fenced it does not serve
   * @param heard whether the last sign of life was answered
   */
  record Status(long epoch, boolean fenced, boolean heard) {}

  private final Vertx vertx;
  private final Context home;
  private final Parts parts;
  private final Promise<Long> registered = Promise.promise();
  private final Promise<Void> unfenced = Promise.promise();
  private final Promise<Void> released = Promise.promise();

  // Owned by home.
  private NodeRegistration.Patience patience = new NodeRegistration.Patience();
  private UUID incarnation = UUID.randomUUID();
  // Heartbeats in a row without an answer of the controller.
  private int unanswered;
  private boolean mayServe;
  private boolean leaving;
  private boolean closed;
  // -1 = none is set.
  private long timer = -1;
  private boolean asking;
  private boolean told;
  private volatile Status status = new Status(-1, true, false);

  BrokerLifecycle(Vertx vertx, Parts parts) {
    this.vertx = vertx;
    this.home = vertx.getOrCreateContext();
    this.parts = parts;
  }

  /** Registers; completes with the broker epoch, and fails only if a person must do something. */
  Future<Long> register() {
    home.runOnContext(any -> registerNow());
    return registered.future();
  }

  /**
   * The logs are open: from now on the controller may unfence the broker; completes when it has.
   */
  Future<Void> serve() {
    home.runOnContext(
        any -> {
          mayServe = true;
          beatNow();
        });
    return unfenced.future();
  }

  /**
   * Asks the controller to move leaders away; completes when it has, or when {@code patienceMs} are
   * over.
   */
  Future<Void> leave(long patienceMs) {
    home.runOnContext(
        any -> {
          leaving = true;
          if (status.epoch() < 0 || closed) {
            released.tryComplete();
          } else {
            vertx.setTimer(Math.max(1, patienceMs), late -> released.tryComplete());
            beatNow();
          }
        });
    return released.future();
  }

  /** Gives no more signs of life. */
  void close() {
    home.runOnContext(
        any -> {
          closed = true;
          cancelTimer();
          released.tryComplete();
        });
  }

  /** How the broker stands at the moment. */
  Status status() {
    return status;
  }

  // ---- home

  private void registerNow() {
    if (!closed) {
      asking = true;
      parts.registration().apply(incarnation).onComplete(done -> onHome(done, this::onRegistered));
    }
  }

  private <T> void onHome(AsyncResult<T> done, Consumer<AsyncResult<T>> then) {
    home.runOnContext(
        any -> {
          asking = false;
          if (!closed) {
            then.accept(done);
          }
        });
  }

  private void onRegistered(AsyncResult<Registered> done) {
    if (done.failed() || done.result().outcome().error() != Errors.NONE) {
      onNotRegistered(done);
      return;
    }
    parts.contact().onAnswer();
    long epoch = done.result().epoch();
    told = false;
    patience = new NodeRegistration.Patience();
    status = new Status(epoch, true, true);
    registered.tryComplete(epoch);
    beatNow();
  }

  private void onNotRegistered(AsyncResult<Registered> done) {
    String why = done.failed() ? done.cause().getMessage() : done.result().outcome().message();
    if (done.succeeded() && patience.isOver(done.result().outcome().error())) {
      if (!registered.tryFail(new NodeStartException("the controller refuses it: " + why, null))) {
        LOG.error("Node {} is not taken back by the controller: {}", parts.nodeId(), why);
      }
      return;
    }
    if (!told) {
      told = true;
      LOG.warn("Node {} cannot register yet, and goes on trying: {}", parts.nodeId(), why);
    }
    timer = vertx.setTimer(NodeRegistration.AGAIN_MS, any -> registerNow());
  }

  private void beatNow() {
    if (asking || closed || status.epoch() < 0) {
      return;
    }
    cancelTimer();
    ClusterImage image = parts.image().get();
    if (!mayServe && !isFenced(image)) {
      // The controller's own broker: nobody doubts that it is alive, and to be fenced for the time
      // until its logs are open would change the leader of each of its partitions twice.
      parts.contact().onAnswer();
      beatIn(parts.heartbeatMs());
      return;
    }
    asking = true;
    Heartbeat heartbeat =
        new Heartbeat(parts.nodeId(), status.epoch(), image.offset(), !mayServe, leaving);
    parts.controller().heartbeat(heartbeat).onComplete(done -> onHome(done, this::onReply));
  }

  private boolean isFenced(ClusterImage image) {
    BrokerImage broker = image.brokers().get(parts.nodeId());
    return broker == null || broker.fenced();
  }

  /** A node that leaves does not wait long where no controller could move its leaders away. */
  private void onUnanswered(Status before) {
    unanswered++;
    if (leaving && unanswered >= MAX_UNANSWERED) {
      released.tryComplete();
    }
    status = new Status(before.epoch(), before.fenced(), false);
    beatIn(RETRY_MS);
  }

  private void onReply(AsyncResult<HeartbeatReply> done) {
    Status before = status;
    if (done.failed()) {
      onUnanswered(before);
      return;
    }
    HeartbeatReply reply = done.result();
    Errors error = reply.outcome().error();
    if (error == Errors.STALE_BROKER_EPOCH || error == Errors.BROKER_ID_NOT_REGISTERED) {
      registerAnew(reply.outcome().message());
      return;
    }
    if (error != Errors.NONE) {
      onUnanswered(before);
      return;
    }
    unanswered = 0;
    parts.contact().onAnswer();
    status = new Status(before.epoch(), reply.fenced(), true);
    if (before.fenced() != reply.fenced()) {
      LOG.info(
          "Node {} is {} (broker epoch {})",
          parts.nodeId(),
          reply.fenced() ? "fenced: it does not serve until the controller says so" : "unfenced",
          before.epoch());
    }
    if (!reply.fenced()) {
      unfenced.tryComplete();
    }
    if (leaving && reply.shouldShutDown()) {
      released.tryComplete();
    }
    boolean waiting = (mayServe && reply.fenced()) || leaving;
    beatIn(waiting ? SOON_MS : parts.heartbeatMs());
  }

  private void registerAnew(String why) {
    LOG.warn("Node {} registers again: {}", parts.nodeId(), why);
    status = new Status(-1, true, true);
    incarnation = UUID.randomUUID();
    if (leaving) {
      released.tryComplete();
    } else {
      registerNow();
    }
  }

  private void beatIn(long ms) {
    cancelTimer();
    timer = vertx.setTimer(ms, any -> beatNow());
  }

  private void cancelTimer() {
    if (timer >= 0) {
      vertx.cancelTimer(timer);
      timer = -1;
    }
  }
}

package io.millrace.server;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Supplier;

/**
 * The steps of a node's start, one after the other. A node that is to stop begins no further step;
 * one that does something is left to its end, one that only waits for others is not.
 *
 * <p>Owner: any thread.
 */
final class StartSteps {
  private final Promise<Void> stop = Promise.promise();
  private volatile String phase = "starting";

  /** The next thing to do on the way to a running node. */
  <T> Future<T> step(String what, Supplier<Future<T>> work) {
    if (isStopping()) {
      return Future.failedFuture(stopped());
    }
    phase = what;
    return work.get();
  }

  /** The next thing to wait for; whoever makes it come true does not mind if nobody waits. */
  <T> Future<T> await(String what, Supplier<Future<T>> condition) {
    return step(what, () -> unlessStopped(condition.get()));
  }

  /** The same within a step. */
  <T> Future<T> unlessStopped(Future<T> condition) {
    Promise<T> first = Promise.promise();
    condition.onSuccess(first::tryComplete).onFailure(first::tryFail);
    stop.future().onComplete(any -> first.tryFail(stopped()));
    return first.future();
  }

  /** The node is to stop. */
  void stop() {
    phase = "stopping";
    stop.tryComplete();
  }

  boolean isStopping() {
    return stop.future().isComplete();
  }

  /** What the node is doing, for {@code /health/ready}. */
  String phase() {
    return phase;
  }

  private static NodeStartException stopped() {
    return new NodeStartException("it was stopped while starting", null);
  }
}

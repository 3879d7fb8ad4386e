package io.millrace.cluster.hazelcast;

import io.vertx.core.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** How tests wait for members; the time limit is that of the test, which interrupts it. */
final class Waiting {
  private Waiting() {}

  static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  static void awaitUntil(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new AssertionError("it did not come to that");
      }
      LockSupport.parkNanos(5_000_000);
    }
  }
}

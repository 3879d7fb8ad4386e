package io.millrace.network;

import io.millrace.model.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The connections of a listener on one loop, from their first request to their last answer.
 *
 * <p>Owner: connection loop.
 */
final class OpenConnections {
  private static final long DRAIN_NANOS = 3_000_000_000L;
  private static final int DRAIN_CHECK_MS = 10;

  private final Set<Connection> all = new HashSet<>();
  private final Loop loop;

  OpenConnections(Loop loop) {
    this.loop = loop;
  }

  void add(Connection connection) {
    all.add(connection);
  }

  void remove(Connection connection) {
    all.remove(connection);
  }

  /** Some of them may end meanwhile. */
  List<Connection> list() {
    return List.copyOf(all);
  }

  /**
   * Ends those that are idle or too slow.
   *
   * @param idleMs 0 or less = none is idle for too long
   */
  void sweep(long idleMs) {
    long now = System.nanoTime();
    for (Connection connection : list()) {
      connection.closeIfSlow(now);
      if (idleMs > 0) {
        connection.closeIfIdle(now, idleMs);
      }
    }
  }

  /** Lets requests that were begun finish for a moment, then closes what is left. */
  Future<Void> drain() {
    list().forEach(Connection::drain);
    Promise<Void> drained = Promise.promise();
    awaitDrained(drained, System.nanoTime() + DRAIN_NANOS);
    return drained.future();
  }

  private void awaitDrained(Promise<Void> drained, long deadline) {
    if (all.isEmpty()) {
      drained.complete();
    } else if (System.nanoTime() - deadline > 0) {
      list().forEach(Connection::shutdown);
      drained.complete();
    } else {
      loop.schedule(DRAIN_CHECK_MS, () -> awaitDrained(drained, deadline));
    }
  }
}

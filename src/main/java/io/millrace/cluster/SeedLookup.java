package io.millrace.cluster;

import io.millrace.cluster.state.SeedAddresses;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.Map;

/**
 * Finds out what names stand for.
 *
 * <p>Owner: any thread.
 */
@FunctionalInterface
public interface SeedLookup {
  /**
   * Looks names up, without waiting for them on the caller's thread. What is not known (yet) has no
   * addresses; it does not fail.
   *
   * @param names {@code host:port} each
   * @param ownPort this node's {@code cluster.port}
   * @return by name
   */
  Future<Map<String, SeedAddresses>> lookUp(Collection<String> names, int ownPort);
}

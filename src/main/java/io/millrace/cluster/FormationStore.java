package io.millrace.cluster;

import io.millrace.quorum.Formation;
import io.vertx.core.Future;

/**
 * Where a node keeps what it has signed.
 *
 * <p>Owner: any thread, one call at a time.
 */
public interface FormationStore {
  /** What this node has signed; durable when it completes. null = nothing. */
  Future<Formation> read();

  /** Signs, or confirms what was signed; durable when it completes. */
  Future<Void> write(Formation formation);
}

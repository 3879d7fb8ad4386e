package io.millrace.coordinator;

import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Shard;

/**
 * What somebody wants of a shard.
 *
 * <p>Owner: handed over to the partition loop.
 */
public interface Command<S extends Shard, R> {
  /**
   * Decides, on the shard's loop, and changes nothing durable. The reply goes into the decision, or
   * the shard keeps it for later.
   */
  Decision decide(S shard, Reply<R> reply);
}

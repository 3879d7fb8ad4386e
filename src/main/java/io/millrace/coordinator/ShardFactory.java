package io.millrace.coordinator;

import io.millrace.coordinator.shard.Shard;
import io.millrace.coordinator.shard.Timers;

/**
 * Makes the empty shard that a load then fills.
 *
 * <p>Owner: any thread.
 */
public interface ShardFactory<S extends Shard> {
  /** An empty shard for this partition of the coordinator's topic. */
  S create(int partition, Timers timers);
}

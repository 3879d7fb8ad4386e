package io.millrace.coordinator;

import io.millrace.coordinator.shard.Shard;
import io.millrace.coordinator.shard.Timers;
import java.util.function.IntSupplier;

/**
 * Makes the empty shard that a load then fills.
 *
 * <p>Owner: any thread.
 */
public interface ShardFactory<S extends Shard> {
  /**
   * An empty shard for this partition of the coordinator's topic.
   *
   * @param leaderEpoch of the partition as this node leads it, which grows while the shard lives
   */
  S create(int partition, Timers timers, IntSupplier leaderEpoch);
}

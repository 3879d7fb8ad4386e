package io.millrace.coordinator.shard;

import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImageDelta;
import io.millrace.model.TransactionMarker;
import org.apache.kafka.common.protocol.Errors;

/**
 * The state of one partition of a coordinator's topic. Durable state changes only in {@link
 * #replay}: while loading, and right after a decision's records were given to the log. What is not
 * in records (sessions, members that wait for a rebalance, timers) is made anew after a load.
 *
 * <p>If an append fails after its replay, the runtime throws the shard away and loads another: no
 * shard ever undoes anything.
 *
 * <p>Owner: partition loop.
 */
public interface Shard {
  /** Applies one record of the log. */
  void replay(CoordinatorRecord record);

  /** Applies one record that counts only once the producer's transaction is committed. */
  default void replay(long producerId, CoordinatorRecord record) {
    throw new IllegalStateException("Nothing here is written in transactions");
  }

  /**
   * Applies the end of a producer's transaction, of which there may be no records here: markers go
   * wherever an administrator sends them.
   */
  default void replay(TransactionMarker marker) {}

  /** All records are replayed: sets the timers that the state calls for. */
  void onLoaded(ClusterImage image);

  /** The metadata changed: deleted topics, new partitions, settings. */
  Decision onImage(ImageDelta delta);

  /**
   * This shard ends here. Fails every reply that it keeps, with {@link Errors#NOT_COORDINATOR} say;
   * its timers are cancelled by the runtime.
   */
  void onUnloaded(Errors why);
}

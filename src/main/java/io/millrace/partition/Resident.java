package io.millrace.partition;

import io.millrace.model.TransactionMarker;
import java.io.IOException;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;

/**
 * What lives on a partition's loop while this node leads the partition: a coordinator's shard. It
 * is told what becomes of its {@link LeaderLog}.
 *
 * <p>Owner: partition loop.
 */
public interface Resident {
  /** Stands for the resident of a partition whose log is still being opened. */
  Resident ARRIVING =
      new Resident() {
        @Override
        public void onHighWatermark(long highWatermark) {}

        @Override
        public void onAppendFailed(long fromOffset, IOException cause) {}

        @Override
        public void onResigned() {}

        @Override
        public void onEnded() {}

        @Override
        public void endTransaction(TransactionMarker marker, Consumer<Errors> done) {
          done.accept(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        }
      };

  /** Everything below this offset is committed. Grows strictly. */
  void onHighWatermark(long highWatermark);

  /** What was appended from this offset (inclusive) on is lost; its offsets are given out again. */
  void onAppendFailed(long fromOffset, IOException cause);

  /**
   * This node leads no more: the log must not be touched from now on. What was appended may still
   * be committed, until {@link #onEnded}.
   */
  void onResigned();

  /**
   * Somebody's transaction ends, of which this resident may keep records: it writes the marker into
   * its log, in order with its own records, and tells once that is committed; see {@link
   * Replica#endTransaction}.
   */
  default void endTransaction(TransactionMarker marker, Consumer<Errors> done) {
    done.accept(Errors.COORDINATOR_NOT_AVAILABLE);
  }

  /** Nothing more is heard of what was appended: others decide whether it is kept. */
  void onEnded();
}

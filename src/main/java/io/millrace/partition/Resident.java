package io.millrace.partition;

import java.io.IOException;

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

  /** Nothing more is heard of what was appended: others decide whether it is kept. */
  void onEnded();
}

package io.millrace.log;

import io.millrace.log.LeaderEpochCache.EpochEntry;
import io.millrace.model.EpochEnd;
import java.util.ArrayList;
import java.util.List;

/**
 * The leader epochs of a log that is simulated: the real rules, for tests of other packages.
 *
 * <p>Owner: the test's thread.
 */
public final class SimulatedEpochs {
  private LeaderEpochCache cache = new LeaderEpochCache();

  /** A leader begins the epoch at the offset. */
  public void begin(int epoch, long offset) {
    if (epoch > cache.latestEpoch()) {
      cache.assign(epoch, offset);
    }
  }

  /** A batch of this epoch comes behind a log that ends here. */
  public void onBatch(int epoch, long logEndOffset) {
    cache.onBatch(epoch, logEndOffset);
  }

  public int latest() {
    return cache.latestEpoch();
  }

  public EpochEnd endOf(int epoch, long logEndOffset) {
    return cache.endOffsetFor(epoch, logEndOffset);
  }

  public void endAt(long offset) {
    cache.truncateFromEnd(offset);
  }

  public void startAt(long offset) {
    cache.truncateFromStart(offset);
  }

  /** As a file that is read again. */
  public void reload() {
    List<EpochEntry> entries = new ArrayList<>(cache.entries());
    cache = new LeaderEpochCache(entries);
  }

  public void clear() {
    cache.clear();
  }
}

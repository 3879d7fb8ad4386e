package io.millrace.log;

import io.millrace.model.TopicPartition;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How far the logs of a directory are loaded after a start.
 *
 * <p>Owner: any thread.
 */
final class Loading {
  private final int logsFound;

  /** Logs of the start that nobody has tried to open, or put aside, yet. */
  private final Set<TopicPartition> left = ConcurrentHashMap.newKeySet();

  private final AtomicInteger segmentsToScan = new AtomicInteger();
  private final AtomicInteger segmentsScanned = new AtomicInteger();

  /** None of these logs is loaded. */
  Loading(Set<TopicPartition> found) {
    logsFound = found.size();
    left.addAll(found);
  }

  /** Whether there were logs at the start. */
  boolean foundLogs() {
    return logsFound > 0;
  }

  void onLoaded(TopicPartition partition) {
    left.remove(partition);
  }

  void onSegmentsToScan(int count) {
    segmentsToScan.addAndGet(count);
  }

  void onSegmentScanned() {
    segmentsScanned.incrementAndGet();
  }

  /** What to tell people. */
  RecoveryProgress progress(boolean clean) {
    return new RecoveryProgress(
        clean, logsFound, logsFound - left.size(), segmentsToScan.get(), segmentsScanned.get());
  }
}

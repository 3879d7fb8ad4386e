package io.millrace.cluster.hazelcast;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Makes the threads that may wait for Hazelcast.
 *
 * <p>Owner: immutable.
 */
final class Threads {
  private Threads() {}

  /** One daemon thread; what is delayed is dropped when it is shut down. */
  static ScheduledThreadPoolExecutor single(String name) {
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    executor.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    return executor;
  }

  /** Runs a task again and again, which must catch what it throws. */
  @SuppressWarnings("FutureReturnValueIgnored") // nothing is thrown that it could tell of
  static void repeat(ScheduledThreadPoolExecutor executor, long intervalMs, Runnable task) {
    executor.scheduleWithFixedDelay(task, intervalMs, intervalMs, TimeUnit.MILLISECONDS);
  }
}

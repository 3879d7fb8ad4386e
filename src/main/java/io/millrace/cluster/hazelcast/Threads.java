package io.millrace.cluster.hazelcast;

import java.util.concurrent.ScheduledThreadPoolExecutor;

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
}

package io.millrace.model;

import java.util.concurrent.Executor;

/**
 * An event loop: the single thread that owns some state. There is one instance for each loop
 * thread, so identity compares loops.
 *
 * <p>Owner: any thread.
 */
public interface Loop extends Executor {
  /** Whether the caller already runs on this loop. */
  boolean inLoop();

  /**
   * Queues a task behind everything queued before, also when called on the loop itself. Must not
   * block.
   */
  @Override
  void execute(Runnable task);

  /** Runs a task on the loop after a delay; a loop that is shut down drops it. */
  void schedule(long delayMs, Runnable task);

  /** Runs a task now when already on the loop, else queues it. */
  default void run(Runnable task) {
    if (inLoop()) {
      task.run();
    } else {
      execute(task);
    }
  }
}

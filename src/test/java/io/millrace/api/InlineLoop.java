package io.millrace.api;

import io.millrace.model.Loop;

/**
 * The test's own thread as a loop: everything runs at once, as if no time had to pass; where time
 * matters, a test says by {@link #schedule} when it passes.
 *
 * <p>Owner: the test's thread.
 */
public class InlineLoop implements Loop {
  @Override
  public boolean inLoop() {
    return true;
  }

  @Override
  public void execute(Runnable task) {
    task.run();
  }

  @Override
  public void schedule(long delayMs, Runnable task) {
    task.run();
  }
}

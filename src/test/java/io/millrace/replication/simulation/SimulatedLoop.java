package io.millrace.replication.simulation;

import io.millrace.model.Loop;

/**
 * The event loop of a process: what is queued there ends with it.
 *
 * <p>Owner: the simulation's thread.
 */
record SimulatedLoop(SimulatedBroker broker) implements Loop {
  @Override
  public boolean inLoop() {
    return true;
  }

  /** A future swallows what its listeners throw. */
  @Override
  public void run(Runnable task) {
    try {
      task.run();
    } catch (AssertionError | RuntimeException e) {
      broker.world.onFailed(new AssertionError(e.getMessage(), e));
      throw e;
    }
  }

  @Override
  public void execute(Runnable task) {
    broker.later(0, task);
  }

  @Override
  public void schedule(long delayMs, Runnable task) {
    broker.later(delayMs, task);
  }
}

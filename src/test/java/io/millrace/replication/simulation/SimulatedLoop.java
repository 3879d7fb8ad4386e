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

  @Override
  public void execute(Runnable task) {
    broker.later(0, task);
  }

  @Override
  public void schedule(long delayMs, Runnable task) {
    broker.later(delayMs, task);
  }
}

package io.millrace.api.transactions;

import io.millrace.api.InlineLoop;
import java.util.ArrayList;
import java.util.List;

/** The test's own thread as a loop whose time passes when the test says so. */
final class TimedLoop extends InlineLoop {
  /** How long each task waits. */
  final List<Long> delays = new ArrayList<>();

  private final List<Runnable> scheduled = new ArrayList<>();

  @Override
  public void schedule(long delayMs, Runnable task) {
    delays.add(delayMs);
    scheduled.add(task);
  }

  /** All that was scheduled is due. */
  void pass() {
    List<Runnable> due = List.copyOf(scheduled);
    scheduled.clear();
    due.forEach(Runnable::run);
  }
}

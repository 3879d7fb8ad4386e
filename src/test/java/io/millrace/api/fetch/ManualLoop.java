package io.millrace.api.fetch;

import io.millrace.model.Clock;
import io.millrace.model.Loop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A loop and its clock that move only when a test says so. */
final class ManualLoop implements Loop, Clock {
  private record Timer(long atMs, Runnable task) {}

  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final List<Timer> timers = new ArrayList<>();
  private long nowMs;
  private int timersRun;

  @Override
  public boolean inLoop() {
    return true;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public void schedule(long delayMs, Runnable task) {
    timers.add(new Timer(nowMs + delayMs, task));
  }

  @Override
  public long wallMs() {
    return nowMs;
  }

  @Override
  public long nanos() {
    return nowMs * 1_000_000;
  }

  int timers() {
    return timers.size();
  }

  /** How many timers have come since the start. */
  int timersRun() {
    return timersRun;
  }

  void runTasks() {
    while (!tasks.isEmpty()) {
      tasks.poll().run();
    }
  }

  /** Moves the time to its next timer again and again until {@code delayMs} are over. */
  void advance(long delayMs) {
    long end = nowMs + delayMs;
    while (true) {
      runTasks();
      Timer next = timers.stream().min(Comparator.comparingLong(Timer::atMs)).orElse(null);
      if (next == null || next.atMs > end) {
        break;
      }
      timers.remove(next);
      nowMs = next.atMs;
      timersRun++;
      next.task.run();
    }
    nowMs = end;
    runTasks();
  }

  /** Lets time pass without running anything: the loop was busy or the process stopped. */
  void stall(long delayMs) {
    nowMs += delayMs;
  }
}

package io.millrace.model;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * An event loop that is the test's own thread: tasks run while the test waits for something.
 *
 * <p>Owner: the test's thread; tasks come from any.
 */
public final class TestLoop implements Loop {
  private record Timer(long atNanos, Runnable task) {}

  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final List<Timer> timers = new ArrayList<>();

  @Override
  public boolean inLoop() {
    return true;
  }

  @Override
  public void schedule(long delayMs, Runnable task) {
    timers.add(new Timer(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMs), task));
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  /** Runs tasks until the condition holds; fails after 30 s. */
  public void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TIMEOUT_NANOS;
    while (!condition.getAsBoolean()) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new AssertionError("Waited for 30 s in vain");
      }
      runOne(Math.min(left, TimeUnit.MILLISECONDS.toNanos(20)));
      queueDueTimers();
    }
  }

  private void queueDueTimers() {
    long now = System.nanoTime();
    for (Iterator<Timer> i = timers.iterator(); i.hasNext(); ) {
      Timer timer = i.next();
      if (timer.atNanos - now <= 0) {
        i.remove();
        tasks.add(timer.task);
      }
    }
  }

  private void runOne(long nanos) {
    try {
      Runnable task = tasks.poll(nanos, TimeUnit.NANOSECONDS);
      if (task != null) {
        task.run();
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Runs tasks until the future is complete; its value. */
  public <T> T await(Future<T> future) {
    await(future::isComplete);
    if (future.failed()) {
      throw new AssertionError("The future failed", future.cause());
    }
    return future.result();
  }

  /** Runs tasks until the future has failed; its cause. */
  public Throwable awaitFailure(Future<?> future) {
    await(future::isComplete);
    if (future.succeeded()) {
      throw new AssertionError("The future did not fail");
    }
    return future.cause();
  }
}

package io.millrace.log;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of one log directory, for everything that may wait for its disk. Nobody interrupts
 * them: an interrupt would close the file under all its users. They are daemons; what must be on
 * the disk at a stop is waited for through its future.
 *
 * <p>Lanes keep apart what must not wait for each other: a reader that replays a week of cold data
 * does not stand in the way of an fsync, and the removal of a large file in neither's.
 *
 * <p>Owner: any thread.
 */
final class LogWorker {
  /** What a task is for. */
  enum Lane {
    /** Slow writes, rolls and the fsyncs that acknowledgements wait for. */
    WRITE,
    /** Cold reads and searches. */
    READ,
    /** Loading and recovery of logs, which nothing else may have to wait for. */
    LOAD,
    /** Index and snapshot files, checkpoints. */
    CARE,
    /** Removal of files that nobody needs. */
    REMOVE,
    /** Compaction, which takes long and has no hurry. */
    CLEAN,
    /** Reading what nobody asked for, to find what the disk has changed. */
    SCRUB,
    /** Logs that come here from another directory. */
    MOVE
  }

  /** Work without a result. */
  interface Task {
    void run() throws Exception;
  }

  private static final Logger LOG = LoggerFactory.getLogger(LogWorker.class);
  private static final int END_WITHIN_S = 10;
  private static final int WRITERS = 4;
  private static final int READERS = 2;
  private static final int CARERS = 2;

  private final ThreadPoolExecutor write;
  private final ThreadPoolExecutor read;
  private final ThreadPoolExecutor load;
  private final ThreadPoolExecutor care;
  private final ThreadPoolExecutor remove;
  private final ThreadPoolExecutor clean;
  private final ThreadPoolExecutor scrub;
  private final ThreadPoolExecutor move;
  private final ScheduledThreadPoolExecutor timer;
  private volatile boolean stopping;

  LogWorker(String name, int recoveryThreads) {
    write = lane(name + "-write", WRITERS);
    read = lane(name + "-read", READERS);
    load = lane(name + "-load", recoveryThreads);
    care = lane(name + "-care", CARERS);
    remove = lane(name + "-remove", 1);
    clean = lane(name + "-clean", 1);
    scrub = lane(name + "-scrub", 1);
    move = lane(name + "-move", 1);
    timer = new ScheduledThreadPoolExecutor(1, threads(name + "-timer"));
    timer.setRemoveOnCancelPolicy(true);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  private static ThreadPoolExecutor lane(String name, int threads) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            threads, threads, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads(name));
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  private static ThreadFactory threads(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + number.getAndIncrement());
      thread.setDaemon(true);
      return thread;
    };
  }

  private void submit(Lane lane, Runnable task) {
    if (stopping) {
      throw new RejectedExecutionException("The log directory is being closed");
    }
    ThreadPoolExecutor pool =
        switch (lane) {
          case WRITE -> write;
          case READ -> read;
          case LOAD -> load;
          case CARE -> care;
          case REMOVE -> remove;
          case CLEAN -> clean;
          case SCRUB -> scrub;
          case MOVE -> move;
        };
    pool.execute(task);
  }

  /** So many logs are compacted at a time; before the first one is. */
  void cleaners(int threads) {
    clean.setMaximumPoolSize(Math.max(threads, clean.getCorePoolSize()));
    clean.setCorePoolSize(threads);
    clean.setMaximumPoolSize(threads);
  }

  /** Runs a task that handles its own errors. */
  void execute(Lane lane, Runnable task) {
    submit(lane, task);
  }

  /** Runs a task; the future completes on {@code owner}. */
  <T> Future<T> run(Lane lane, Executor owner, Callable<T> task) {
    Promise<T> promise = Promise.promise();
    submit(
        lane,
        () -> {
          T result;
          try {
            result = task.call();
          } catch (Throwable t) {
            owner.execute(() -> promise.fail(t));
            return;
          }
          owner.execute(() -> promise.complete(result));
        });
    return promise.future();
  }

  /** Runs a task; the future completes on {@code owner}. */
  Future<Void> perform(Lane lane, Executor owner, Task task) {
    return run(
        lane,
        owner,
        () -> {
          task.run();
          return null;
        });
  }

  /**
   * Runs a task that handles its own errors on {@code lane} after a delay, unless the worker is
   * stopped by then.
   */
  void later(long delayMs, Lane lane, Runnable task) {
    try {
      ScheduledFuture<?> unused =
          timer.schedule(() -> executeUnlessStopped(lane, task), delayMs, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("A delayed task is dropped at the stop");
    }
  }

  private void executeUnlessStopped(Lane lane, Runnable task) {
    try {
      execute(lane, task);
    } catch (RejectedExecutionException e) {
      LOG.debug("A task is dropped at the stop");
    }
  }

  /**
   * Ends the threads: tasks already given run to their end, delayed ones are dropped, and new ones
   * are refused by a RejectedExecutionException. Then, when nothing touches the directory any more,
   * runs {@code last}. The future completes on {@code owner}. Idle threads are interrupted, no
   * others.
   */
  Future<Void> end(Executor owner, Task last) {
    stopping = true;
    Promise<Void> promise = Promise.promise();
    // A thread of its own: shutting pools down waits for their locks, and then for their tasks.
    Thread thread =
        new Thread(
            () -> {
              try {
                awaitEnd();
                last.run();
                owner.execute(promise::complete);
              } catch (Exception e) {
                owner.execute(() -> promise.fail(e));
              }
            },
            "log-end");
    thread.setDaemon(true);
    thread.start();
    return promise.future();
  }

  private void awaitEnd() throws InterruptedException {
    timer.shutdown();
    for (ThreadPoolExecutor pool : List.of(load, scrub, clean, move, read, write, remove, care)) {
      pool.shutdown();
      if (!pool.awaitTermination(END_WITHIN_S, TimeUnit.SECONDS)) {
        LOG.warn("A task is still running {} s after the stop", END_WITHIN_S);
      }
    }
  }
}

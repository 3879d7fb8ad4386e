package io.millrace.log;

import io.millrace.log.clean.CleanerConfig;
import io.millrace.log.clean.CleanerThrottle;
import io.millrace.log.clean.TableMemory;
import io.millrace.metrics.Metrics;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * What the cleaners of all log directories of a node share: how many logs are compacted at a time,
 * the memory for it, how fast it may be, and the figures about it.
 *
 * <p>Settings change while it runs. A new rate and a new rest act at once; a round that runs keeps
 * the memory that it has, and threads become fewer as rounds end.
 *
 * <p>Owner: any thread.
 */
public final class CleanerResources {
  private final Metrics metrics;
  private final CleanerFigures figures;
  private final CleanerThrottle throttle;
  private final TableMemory tables = new TableMemory();
  private final AtomicInteger running = new AtomicInteger();
  private final List<IntConsumer> pools = new CopyOnWriteArrayList<>();
  private volatile CleanerConfig config;

  /** Resources for a node. */
  public CleanerResources(CleanerConfig config, Metrics metrics) {
    this.config = config;
    this.metrics = metrics;
    figures = new CleanerFigures(metrics);
    throttle = new CleanerThrottle(config.maxBytesPerSecond());
  }

  /** New settings, from now on. */
  public synchronized void onConfig(CleanerConfig next) {
    CleanerConfig before = config;
    config = next;
    if (next.maxBytesPerSecond() != before.maxBytesPerSecond()) {
      throttle.rate(next.maxBytesPerSecond());
    }
    pools.forEach(pool -> pool.accept(next.threads()));
  }

  /** The settings in force. */
  public CleanerConfig config() {
    return config;
  }

  /** Logs that are being compacted. */
  public int running() {
    return running.get();
  }

  /** Tells a directory how many threads it needs, now and whenever it changes. */
  synchronized void onThreads(IntConsumer pool) {
    pools.add(pool);
    pool.accept(config.threads());
  }

  CleanerThrottle throttle() {
    return throttle;
  }

  TableMemory tables() {
    return tables;
  }

  CleanerFigures figures() {
    return figures;
  }

  Metrics metrics() {
    return metrics;
  }

  /** Takes the right to compact one log; false = as many as may are being compacted. */
  boolean tryAcquire() {
    int most = config.threads();
    return running.getAndUpdate(now -> now < most ? now + 1 : now) < most;
  }

  boolean anyFree() {
    return running.get() < config.threads();
  }

  void release() {
    running.decrementAndGet();
  }
}

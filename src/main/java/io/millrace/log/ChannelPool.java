package io.millrace.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds the open segment files of a log directory: beyond the limit the least recently used ones
 * without lease are closed, a tenth of the limit at a time. Files in use are never closed, so the
 * limit can be exceeded by what is in use at one moment.
 *
 * <p>Owner: any thread.
 */
final class ChannelPool {
  private static final Logger LOG = LoggerFactory.getLogger(ChannelPool.class);

  private record Idle(SegmentFile file, long nanos) {}

  private final FileIo io;
  private final LogWorker worker;
  private final int maxOpen;
  private final Set<SegmentFile> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicBoolean evicting = new AtomicBoolean();
  // Too many files were in use to keep the limit: it is tried again when one of them is idle.
  private volatile boolean overLimit;

  ChannelPool(FileIo io, LogWorker worker, int maxOpen) {
    this.io = io;
    this.worker = worker;
    this.maxOpen = maxOpen;
  }

  FileIo io() {
    return io;
  }

  /** Files open now. */
  int openFiles() {
    return count.get();
  }

  void onOpened(SegmentFile file) {
    open.add(file);
    if (count.incrementAndGet() > maxOpen) {
      evictSoon();
    }
  }

  /** The last lease of a file has ended. Never blocks. */
  void onIdle() {
    if (overLimit) {
      evictSoon();
    }
  }

  private void evictSoon() {
    if (evicting.compareAndSet(false, true)) {
      try {
        worker.execute(LogWorker.Lane.CARE, () -> evict(maxOpen - maxOpen / 10));
      } catch (RejectedExecutionException e) {
        // The directory is closed, and with it all that is idle.
        evicting.set(false);
      }
    }
  }

  void onClosed(SegmentFile file) {
    open.remove(file);
    count.decrementAndGet();
  }

  /** Closes a file that will not be wanted any more. */
  void closeSoon(SegmentFile file) {
    try {
      worker.execute(LogWorker.Lane.CARE, () -> close(file));
    } catch (RejectedExecutionException e) {
      // The directory is closed: the last reply's lease ends after it.
      close(file);
    }
  }

  /** The process has no file descriptor left: closes half of what is idle. */
  void closeIdle() {
    LOG.warn("Too many open files: {} of them are segments; idle ones are closed", count.get());
    if (evicting.compareAndSet(false, true)) {
      evict(count.get() / 2);
    }
  }

  private void evict(int remaining) {
    do {
      overLimit = true;
      try {
        closeOldest(remaining);
        overLimit = count.get() > maxOpen;
      } finally {
        evicting.set(false);
      }
      // Again for what has become idle while nobody else could begin.
    } while (count.get() > maxOpen
        && open.stream().anyMatch(SegmentFile::idle)
        && evicting.compareAndSet(false, true));
  }

  private void closeOldest(int remaining) {
    long now = System.nanoTime();
    List<Idle> idle = new ArrayList<>();
    for (SegmentFile file : open) {
      if (file.idle()) {
        idle.add(new Idle(file, now - file.lastUsedNanos()));
      }
    }
    idle.sort(Comparator.comparingLong(Idle::nanos).reversed());
    int excess = count.get() - remaining;
    for (int i = 0; i < excess && i < idle.size(); i++) {
      close(idle.get(i).file);
    }
  }

  private static void close(SegmentFile file) {
    try {
      file.closeIfIdle();
    } catch (IOException e) {
      LOG.warn("Closing {} failed", file.path(), e);
    }
  }
}

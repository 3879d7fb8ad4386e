package io.millrace.log;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The open channel of one segment's {@code .log}, shared by its writer and all replies that still
 * send from it. Opened when first wanted, by a worker; closed by {@link ChannelPool} when nobody
 * has a lease and room is needed, or after the last lease once the segment is deleted. Deleting and
 * renaming the file leaves the open channel valid.
 *
 * <p>The monitor is only ever entered by workers, for opening and closing; leasing an open channel
 * is one compare-and-set.
 *
 * <p>Owner: any thread.
 */
final class SegmentFile {
  private static final int CLOSED = -1;

  private final ChannelPool pool;
  private final Path path;
  private final AtomicInteger leases = new AtomicInteger(CLOSED);
  private FileChannel channel; // published by leases
  private volatile boolean doomed;
  private volatile long lastUsedNanos;

  SegmentFile(ChannelPool pool, Path path) {
    this.pool = pool;
    this.path = path;
  }

  /** Where the file was when its log was opened. */
  Path path() {
    return path;
  }

  /** Takes a lease if the channel is open; null = it is not. Never blocks. */
  FileChannel tryAcquire() {
    while (true) {
      int count = leases.get();
      if (count == CLOSED) {
        return null;
      }
      if (leases.compareAndSet(count, count + 1)) {
        return channel;
      }
    }
  }

  /** Takes a lease, opening the file if need be. For workers. */
  FileChannel acquire() throws IOException {
    return acquire(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  /** Like {@link #acquire}; null = the segment is deleted and its file not open any more. */
  FileChannel acquireUnlessDoomed() throws IOException {
    synchronized (this) {
      if (doomed) {
        return tryAcquire();
      }
    }
    try {
      return acquire();
    } catch (ClosedChannelException e) {
      return null;
    }
  }

  /** Creates the file, or empties what is there, and takes a lease. For workers. */
  FileChannel create() throws IOException {
    return createAs(path);
  }

  /**
   * Creates the file under the name that it has for now, or empties what is there, and takes a
   * lease. The lease must be kept until the file is renamed to {@link #path}: nobody could open it
   * before. For workers.
   */
  FileChannel createAs(Path current) throws IOException {
    return acquire(
        current,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING);
  }

  private FileChannel acquire(Path current, OpenOption... options) throws IOException {
    FileChannel open = tryAcquire();
    if (open != null) {
      return open;
    }
    synchronized (this) {
      open = tryAcquire();
      if (open != null) {
        return open;
      }
      if (doomed) {
        throw new ClosedChannelException();
      }
      try {
        channel = pool.io().open(current, options);
      } catch (NoSuchFileException e) {
        if (doomed) {
          throw new ClosedChannelException(); // it was given up just now, and moved away
        }
        throw e;
      }
      lastUsedNanos = System.nanoTime();
      leases.set(1);
    }
    pool.onOpened(this);
    return channel;
  }

  /** Gives a lease back. Never blocks. */
  void release() {
    if (leases.decrementAndGet() == 0) {
      lastUsedNanos = System.nanoTime();
      if (doomed) {
        pool.closeSoon(this);
      } else {
        pool.onIdle();
      }
    }
  }

  /** No new opening from now on; closed as soon as no lease is left. Never blocks. */
  void doom() {
    doomed = true;
    if (leases.get() == 0) {
      pool.closeSoon(this);
    }
  }

  /** When the last lease ended, by the monotonic clock. */
  long lastUsedNanos() {
    return lastUsedNanos;
  }

  /** Whether the file is no longer part of the log. */
  boolean doomed() {
    return doomed;
  }

  /** Whether a channel is open that nobody uses. */
  boolean idle() {
    return leases.get() == 0;
  }

  /** Closes the channel unless somebody uses it. For workers. */
  void closeIfIdle() throws IOException {
    synchronized (this) {
      if (!leases.compareAndSet(0, CLOSED)) {
        return;
      }
      pool.onClosed(this);
      channel.close();
      channel = null;
    }
  }
}

package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the free space of a log directory's disk. Appends are refused from before the disk is
 * full until there is space again.
 *
 * <p>Owner: any thread; the log directory worker looks at the disk.
 */
final class FreeSpace {
  private static final Logger LOG = LoggerFactory.getLogger(FreeSpace.class);

  private final Path directory;
  private final LogDirectoryOptions options;
  private final FileIo io;
  private final LogWorker worker;
  private volatile boolean low;

  /** How often the disk took no more. Written with {@link #low} under the lock. */
  private volatile long refusals;

  private volatile long usableBytes = -1;
  private volatile long answeredNanos = System.nanoTime();

  FreeSpace(Path directory, LogDirectoryOptions options, FileIo io, LogWorker worker) {
    this.directory = directory;
    this.options = options;
    this.io = io;
    this.worker = worker;
  }

  /** Whether there is so little that appends are refused. */
  boolean low() {
    return low;
  }

  /** What could be written at the last look; -1 = unknown. */
  long usableBytes() {
    return usableBytes;
  }

  /** Whether so much more leaves what producers need, as far as the last look knows. */
  boolean takes(long bytes) {
    long usable = usableBytes;
    return !low && (usable < 0 || usable - bytes >= Math.max(1, options.minFreeBytes()));
  }

  /** How long the disk has not answered; about a second when all is well. */
  long silentMs() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - answeredNanos);
  }

  /** The disk took no more; appends are refused until the next look finds enough. */
  void onOutOfSpace(IOException cause) {
    if (!low) {
      LOG.error("No space left in log directory {}: appends are refused", directory, cause);
    }
    onRefused();
  }

  private synchronized void onRefused() {
    refusals++;
    low = true;
  }

  /**
   * What a look has found that began after so many refusals; the disk itself knows better.
   *
   * @return whether that is new
   */
  private synchronized boolean onLooked(boolean tooLittle, long refusalsBefore) {
    if (low == tooLittle || (low && refusals != refusalsBefore)) {
      return false;
    }
    low = tooLittle;
    return true;
  }

  /** Looks now, and again at intervals until {@code failed}. Blocks; for workers. */
  void watch(BooleanSupplier failed) {
    if (failed.getAsBoolean()) {
      return;
    }
    look();
    worker.later(options.freeSpaceCheckMs(), Lane.CARE, () -> watch(failed));
  }

  /** Looks now. Blocks; for workers. */
  void look() {
    try {
      long refusalsBefore = refusals;
      long usable = io.usableSpace(directory);
      usableBytes = usable;
      answeredNanos = System.nanoTime();
      boolean tooLittle = usable < Math.max(1, options.minFreeBytes());
      boolean news = onLooked(tooLittle, refusalsBefore);
      if (news && tooLittle) {
        LOG.error(
            "Only {} bytes free in log directory {}, less than {}: appends are refused",
            usable,
            directory,
            options.minFreeBytes());
      } else if (news) {
        LOG.info("Enough space again in log directory {}: {} bytes", directory, usable);
      }
    } catch (IOException e) {
      LOG.warn("The free space of log directory {} is unknown", directory, e);
    }
  }
}

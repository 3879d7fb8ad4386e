package io.millrace.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the failures of a log directory's disk mean.
 *
 * <p>A disk that is full passes by: appends are refused until there is space again. A disk that
 * fails is given up for the life of the process: after a failed fsync nobody knows what is on it,
 * so nothing is fsynced, acknowledged or read any more, and all logs are told.
 *
 * <p>Owner: any thread.
 */
final class DiskHealth {
  private static final Logger LOG = LoggerFactory.getLogger(DiskHealth.class);

  private final Path directory;
  private final FileIo io;
  private final FreeSpace space;
  private final ChannelPool channels;
  private final Consumer<IOException> onFailed;

  // null = it works. Invariant: set at most once, and before anybody is told.
  private final AtomicReference<IOException> failure = new AtomicReference<>();

  /**
   * Of a disk that works.
   *
   * @param onFailed told once, by whoever finds that the disk failed
   */
  DiskHealth(
      Path directory,
      FileIo io,
      FreeSpace space,
      ChannelPool channels,
      Consumer<IOException> onFailed) {
    this.directory = directory;
    this.io = io;
    this.space = space;
    this.channels = channels;
    this.onFailed = onFailed;
  }

  /** Why the directory is offline; null = it works. */
  IOException failure() {
    return failure.get();
  }

  /** The disk failed: everything in this directory is offline from now on. */
  void fail(IOException cause) {
    if (failure.compareAndSet(null, cause)) {
      LOG.error(
          "Log directory {} failed and is offline until the node is restarted", directory, cause);
      onFailed.accept(cause);
    }
  }

  /** Writing what can be written again later failed. */
  void onCareFailed(String what, Throwable cause) {
    if (cause instanceof IOException e && passes(e)) {
      LOG.warn("{} failed and is tried again later: {}", what, e.getMessage());
    } else if (failure.get() == null) {
      LOG.error("{} failed", what, cause);
      fail(LogState.asIoException(cause));
    }
  }

  /**
   * Whether a failure says nothing about the disk's health, so that the same can be tried again
   * later: the disk is full, or the process has too many files open. Does what helps against it.
   */
  boolean passes(IOException cause) {
    if (io.outOfSpace(cause, directory)) {
      space.onOutOfSpace(cause);
      return true;
    }
    return lacksFiles(cause);
  }

  /**
   * Whether the process has too many files open. Closes those that nobody uses.
   *
   * @param cause null = nothing failed
   */
  boolean lacksFiles(Throwable cause) {
    if (cause == null || !String.valueOf(cause.getMessage()).contains("Too many open files")) {
      return false;
    }
    channels.closeIdle();
    return true;
  }
}

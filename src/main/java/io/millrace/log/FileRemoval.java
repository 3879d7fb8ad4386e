package io.millrace.log;

import io.millrace.fault.FaultPoint;
import io.millrace.log.LogWorker.Lane;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what nobody needs any more of a log directory, one file after the other. To take a large
 * one out of the page cache and the file system keeps a processor busy, and producers wait for
 * those: so it rests as long as the work took. What is left at a stop, or cannot be removed, is for
 * the next start, which knows it by its name.
 *
 * <p>Owner: log directory worker, but for the methods to add something: any thread.
 */
final class FileRemoval {
  private static final Logger LOG = LoggerFactory.getLogger(FileRemoval.class);
  private static final long LEAST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long LONGEST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private enum Kind {
    /** A file of a segment that is no longer part of its log. */
    SEGMENT,
    /** The directory of a log, with its files. */
    LOG,
    /** One of those. */
    LOG_FILE,
    /** The directory, when they are gone. */
    EMPTIED_LOG
  }

  private record Doomed(Path path, Kind kind) {}

  private final FileIo io;
  private final LogWorker worker;

  /** In the order in which they go. */
  private final Deque<Doomed> queue = new ArrayDeque<>();

  /** Whether it works or rests, and so sees what is added. */
  private boolean busy;

  /** How long it has worked since the last rest. */
  private long workedNanos;

  FileRemoval(FileIo io, LogWorker worker) {
    this.io = io;
    this.worker = worker;
  }

  /** Removes files of segments after a while. */
  void segments(List<Path> files, long delayMs) {
    add(files.stream().map(file -> new Doomed(file, Kind.SEGMENT)).toList(), delayMs);
  }

  /** Removes the directory of a log after a while. */
  void log(Path directory, long delayMs) {
    add(List.of(new Doomed(directory, Kind.LOG)), delayMs);
  }

  private void add(List<Doomed> doomed, long delayMs) {
    worker.later(
        delayMs,
        Lane.REMOVE,
        () -> {
          queue.addAll(doomed);
          if (!busy) {
            work();
          }
        });
  }

  private void work() {
    busy = true;
    while (!queue.isEmpty()) {
      long begun = System.nanoTime();
      remove(queue.remove());
      workedNanos += System.nanoTime() - begun;
      if (workedNanos >= LEAST_REST_NANOS) {
        long restNanos = Math.min(workedNanos, LONGEST_REST_NANOS);
        workedNanos = 0;
        worker.later(TimeUnit.NANOSECONDS.toMillis(restNanos), Lane.REMOVE, this::work);
        return;
      }
    }
    busy = false;
  }

  private void remove(Doomed doomed) {
    Path path = doomed.path;
    try {
      switch (doomed.kind) {
        case SEGMENT -> {
          FaultPoint.SEGMENT_REMOVING.reached();
          io.delete(path);
          FaultPoint.SEGMENT_REMOVED.reached();
        }
        case LOG -> {
          List<Path> found;
          try (Stream<Path> files = Files.list(path)) {
            found = files.toList();
          }
          queue.addFirst(new Doomed(path, Kind.EMPTIED_LOG));
          found.forEach(file -> queue.addFirst(new Doomed(file, Kind.LOG_FILE)));
        }
        case LOG_FILE -> {
          io.delete(path);
          FaultPoint.LOG_FILE_REMOVED.reached();
        }
        case EMPTIED_LOG -> {
          io.delete(path);
          FaultPoint.LOG_REMOVED.reached();
        }
      }
    } catch (DirectoryNotEmptyException e) {
      LOG.debug("{} keeps what could not be removed", path);
    } catch (IOException | RuntimeException e) {
      LOG.warn("Removing {} failed; it is tried again at the next start", path, e);
    }
  }
}

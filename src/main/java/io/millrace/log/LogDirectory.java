package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.millrace.model.Clock;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of the directories in {@code log.dirs}: its lock, its identity, its worker threads, its
 * disk's condition, and the logs in it.
 *
 * <p>A disk that is full passes by: appends are refused until there is space again. A disk that
 * fails is given up for the life of the process: after a failed fsync nobody knows what is on it,
 * so nothing is fsynced, acknowledged or read any more, and all logs are told.
 *
 * <p>Owner: any thread; the logs are registered by the worker, and each is called on its own loop.
 */
public final class LogDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(LogDirectory.class);

  private final Path path;
  private final LogDirectoryOptions options;
  private final FileIo io;
  private final Clock clock;
  private final LogWorker worker;
  private final ChannelPool channels;
  private final WriteSpeed writeSpeed;
  private final CacheWarmer warmer;
  private final DirectoryLock lock;
  private final DirectoryIdentity identity;

  /** Logs whose directories exist; open or not. */
  private final Set<TopicPartition> present = ConcurrentHashMap.newKeySet();

  private final Set<PartitionLog> open = ConcurrentHashMap.newKeySet();
  private final AtomicReference<IOException> failure = new AtomicReference<>();
  private final AtomicBoolean namesDirty = new AtomicBoolean();
  private volatile boolean lowOnSpace;

  private LogDirectory(
      Path path,
      LogDirectoryOptions options,
      FileIo io,
      Clock clock,
      LogWorker worker,
      DirectoryLock lock)
      throws IOException {
    this.path = path;
    this.options = options;
    this.io = io;
    this.clock = clock;
    this.worker = worker;
    this.lock = lock;
    channels = new ChannelPool(io, worker, options.maxOpenFiles());
    writeSpeed = new WriteSpeed(options.slowWriteNanos());
    warmer = new CacheWarmer();
    identity = DirectoryIdentity.load(path);
  }

  /**
   * Opens a log directory, creating it if need be. The future completes on {@code owner}; it fails
   * with an IOException that says what to do, among others when another process uses the directory.
   */
  public static Future<LogDirectory> open(
      Path path, LogDirectoryOptions options, FileIo io, Clock clock, Executor owner) {
    LogWorker worker = new LogWorker("log-" + path.getFileName(), options.recoveryThreads());
    return worker
        .run(Lane.CARE, owner, () -> open(path, options, io, clock, worker))
        .onFailure(cause -> worker.stop());
  }

  private static LogDirectory open(
      Path path, LogDirectoryOptions options, FileIo io, Clock clock, LogWorker worker)
      throws IOException {
    Files.createDirectories(path);
    DirectoryLock lock = DirectoryLock.acquire(path);
    try {
      LogDirectory directory = new LogDirectory(path, options, io, clock, worker, lock);
      directory.look();
      directory.checkSpace();
      return directory;
    } catch (IOException | RuntimeException e) {
      lock.release();
      throw e;
    }
  }

  /** Notes the logs that are there, and removes what an earlier process had no time to. */
  private void look() throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (name.endsWith(SegmentNames.DELETED_DIRECTORY)) {
          worker.execute(Lane.CARE, () -> removeTree(entry));
        } else {
          SegmentNames.partition(name)
              .filter(partition -> Files.isDirectory(entry))
              .ifPresent(present::add);
        }
      }
    }
  }

  public Path path() {
    return path;
  }

  /** Who this directory belongs to. */
  public DirectoryIdentity identity() {
    return identity;
  }

  /** The partitions whose logs are in this directory, open or not. */
  public Set<TopicPartition> partitions() {
    return Set.copyOf(present);
  }

  /** Why the directory is offline; null = it works. */
  public IOException failure() {
    return failure.get();
  }

  /** Whether there is so little space that appends are refused. */
  public boolean lowOnSpace() {
    return lowOnSpace;
  }

  /** Segment files open now. */
  public int openFiles() {
    return channels.openFiles();
  }

  /** All logs of the start are open: what is done from now on takes fewer threads. */
  public void onAllLoaded() {
    worker.loaded();
  }

  FileIo io() {
    return io;
  }

  LogWorker worker() {
    return worker;
  }

  ChannelPool channels() {
    return channels;
  }

  CacheWarmer warmer() {
    return warmer;
  }

  Clock clock() {
    return clock;
  }

  long nowMs() {
    return clock.wallMs();
  }

  boolean slow() {
    return writeSpeed.slow();
  }

  void onWriteTook(long nanos) {
    writeSpeed.onWriteTook(nanos);
  }

  boolean holds(TopicPartition partition) {
    return present.contains(partition);
  }

  void onCreated(TopicPartition partition) {
    present.add(partition);
    namesDirty.set(true);
  }

  void register(PartitionLog log) {
    open.add(log);
  }

  void unregister(PartitionLog log) {
    open.remove(log);
  }

  /** Makes the names of created and renamed logs durable. For workers. */
  void syncNames() throws IOException {
    if (namesDirty.getAndSet(false)) {
      try {
        io.fsyncDirectory(path);
      } catch (IOException e) {
        namesDirty.set(true);
        throw e;
      }
    }
  }

  /** The disk failed: everything in this directory is offline from now on. */
  void fail(IOException cause) {
    if (!failure.compareAndSet(null, cause)) {
      return;
    }
    LOG.error("Log directory {} failed and is offline until the node is restarted", path, cause);
    for (PartitionLog log : open) {
      log.onDirectoryFailed(cause);
    }
  }

  /** Writing what can be written again later failed. */
  void onCareFailed(String what, Throwable cause) {
    if (cause instanceof IOException e && io.outOfSpace(e, path)) {
      onOutOfSpace(e);
    } else if (failure.get() == null) {
      LOG.error("{} failed", what, cause);
      fail(LogState.asIoException(cause));
    }
  }

  void onOutOfSpace(IOException cause) {
    if (!lowOnSpace) {
      LOG.error("No space left in log directory {}: appends are refused", path, cause);
    }
    lowOnSpace = true;
  }

  private void checkSpace() {
    if (failure.get() != null) {
      return;
    }
    try {
      long usable = io.usableSpace(path);
      boolean low = usable < Math.max(1, options.minFreeBytes());
      if (low && !lowOnSpace) {
        LOG.error(
            "Only {} bytes free in log directory {}, less than {}: appends are refused",
            usable,
            path,
            options.minFreeBytes());
      } else if (!low && lowOnSpace) {
        LOG.info("Enough space again in log directory {}: {} bytes", path, usable);
      }
      lowOnSpace = low;
    } catch (IOException e) {
      LOG.warn("The free space of log directory {} is unknown", path, e);
    }
    worker.later(options.freeSpaceCheckMs(), Lane.CARE, this::checkSpace);
  }

  /** Renames the directory of a log, and removes it after a while. For workers. */
  void removeLog(TopicPartition partition, Path log, long delayMs) throws IOException {
    Path doomed = path.resolve(SegmentNames.deletedDirectory(log.getFileName().toString()));
    io.rename(log, doomed);
    present.remove(partition);
    namesDirty.set(true);
    worker.later(delayMs, Lane.CARE, () -> removeTree(doomed));
  }

  private void removeTree(Path tree) {
    try (Stream<Path> files = Files.list(tree)) {
      for (Path file : files.toList()) {
        io.delete(file);
      }
      io.delete(tree);
    } catch (IOException e) {
      LOG.warn("Removing {} failed; it is tried again at the next start", tree, e);
    }
  }

  /**
   * Closes the directory after its logs are closed. Complete on {@code owner} when what says so is
   * on the disk and the lock is released.
   */
  public Future<Void> close(Executor owner) {
    Promise<Void> done = Promise.promise();
    worker
        .<Void>run(
            Lane.CARE,
            owner,
            () -> {
              lock.release();
              warmer.close();
              return null;
            })
        .onComplete(done);
    try {
      worker.stop();
    } catch (RejectedExecutionException e) {
      done.tryFail(e);
    }
    return done.future();
  }

  @Override
  public String toString() {
    return path.toString();
  }

  List<PartitionLog> openLogs() {
    return List.copyOf(open);
  }
}

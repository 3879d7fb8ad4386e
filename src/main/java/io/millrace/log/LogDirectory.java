package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.millrace.model.Clock;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of the directories in {@code log.dirs}: its lock, its worker threads, and the logs in it.
 * Whose it is and how it was left is {@link DirectoryMarks}, how its disk is {@link DiskHealth}.
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
  private final Residency residency = new Residency(Residency.defaultBudget());
  private final DirectoryLock lock;
  private final Checkpoints checkpoints;
  private final FileRemoval removal;
  private final DirectoryContent content;
  private final Loading loading;
  private final OpenedDirectory opened;
  private final FreeSpace space;
  private final DiskHealth health;
  private final DirectoryMarks marks;

  // Invariant: a log asks for the failure after it was added, and those in here are told of a
  // failure after it was set, so that none misses it.
  private final Set<PartitionLog> open = ConcurrentHashMap.newKeySet();

  /** Null = the scrub has not begun. */
  private volatile LogScrubber scrubber;

  private volatile boolean closing;

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
    opened = OpenedDirectory.of(path);
    channels = new ChannelPool(io, worker, options.maxOpenFiles());
    writeSpeed = new WriteSpeed(options.slowNanos());
    warmer = new CacheWarmer();
    marks = DirectoryMarks.read(path, io);
    checkpoints = Checkpoints.load(io, path);
    removal = new FileRemoval(io, worker);
    content = new DirectoryContent(path, io, removal, checkpoints);
    content.look(marks.clean());
    loading = new Loading(content.expected());
    space = new FreeSpace(path, options, io, worker);
    health = new DiskHealth(path, io, space, channels, this::onFailed);
    marks.onOpening();
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
        .onFailure(cause -> worker.end(owner, () -> {}));
  }

  private static LogDirectory open(
      Path path, LogDirectoryOptions options, FileIo io, Clock clock, LogWorker worker)
      throws IOException {
    OpenedDirectory.create(path);
    DirectoryLock lock = DirectoryLock.acquire(path);
    try {
      LogDirectory directory = new LogDirectory(path, options, io, clock, worker, lock);
      directory.sayWhatIsChecked();
      directory.space.watch(() -> directory.opened.isOver(directory.health));
      worker.later(options.checkpointIntervalMs(), Lane.CARE, directory::writeCheckpoints);
      return directory;
    } catch (IOException | RuntimeException e) {
      lock.release();
      throw e;
    }
  }

  private void sayWhatIsChecked() {
    if (!marks.clean() && loading.foundLogs()) {
      LOG.info(
          "{} was not closed in order: its {} logs are checked", path, content.partitions().size());
    }
  }

  private void writeCheckpoints() {
    try {
      if (health.failure() == null) {
        checkpoints.writeAll();
      }
    } catch (IOException e) {
      health.onCareFailed("Writing the checkpoints of " + path, e);
    }
    worker.later(options.checkpointIntervalMs(), Lane.CARE, this::writeCheckpoints);
  }

  /**
   * Claims the directory: writes {@code meta.properties}, unless it says the same already. Complete
   * on {@code owner} when durable; fails with an IllegalStateException if the directory belongs to
   * another cluster or node.
   *
   * @param clusterId null = not known yet: only the node claims the directory, for whatever cluster
   */
  public Future<Void> identify(String clusterId, int nodeId, Executor owner) {
    return worker.perform(Lane.CARE, owner, () -> marks.claim(clusterId, nodeId));
  }

  /** Whether the last process stopped in order. */
  public boolean clean() {
    return marks.clean();
  }

  /** The node's broker epoch when it last stopped in order; empty = it did not, or had none. */
  public OptionalLong previousEpoch() {
    return marks.previousEpoch();
  }

  /** Whether there were logs when it was opened. */
  public boolean heldLogs() {
    return loading.foundLogs();
  }

  /** How far loading the logs has come; from any thread. */
  public RecoveryProgress progress() {
    return loading.progress(marks.clean());
  }

  public Path path() {
    return path;
  }

  /** Who this directory belongs to. */
  public DirectoryIdentity identity() {
    return marks.identity();
  }

  /** The partitions whose logs are in this directory, open or not. */
  public Set<TopicPartition> partitions() {
    return content.partitions();
  }

  /** Why the directory is offline; null = it works. */
  public IOException failure() {
    return health.failure();
  }

  /**
   * Whether its logs have everything that was written to them: the last process closed them in
   * order, or ended in this boot of the machine.
   *
   * @param bootId of this boot; empty = unknown
   */
  public boolean isWhole(Optional<String> bootId) {
    return marks.isWhole(bootId);
  }

  /**
   * Remembers the boot of the machine, after the controller knows what may be missing in these
   * logs. Complete on {@code owner} when it is durable.
   */
  public Future<Void> noteBoot(String bootId, Executor owner) {
    return worker.perform(
        Lane.CARE,
        owner,
        () -> {
          if (health.failure() == null) {
            marks.noteBoot(bootId);
          }
        });
  }

  /** Whether there is so little space that appends are refused. */
  public boolean lowOnSpace() {
    return space.low();
  }

  /** What could be written at the last look at the disk; -1 = unknown. */
  public long usableBytes() {
    return space.usableBytes();
  }

  /** What its failures mean. */
  DiskHealth health() {
    return health;
  }

  FreeSpace space() {
    return space;
  }

  /** How long its disk has not answered in ms; about a second when all is well. */
  public long silentMs() {
    return space.silentMs();
  }

  /** Segment files open now. */
  public int openFiles() {
    return channels.openFiles();
  }

  /** Begins to compact the logs that are to be; once, after all are loaded. */
  public LogCleaner startCleaner(CleanerResources resources) {
    LogCleaner cleaner = new LogCleaner(this, resources);
    cleaner.start();
    return cleaner;
  }

  /** Logs whose retention by time waits for records of the future; for metrics. */
  public long logsFromTheFuture() {
    return open.stream().filter(PartitionLog::waitsForTheFuture).count();
  }

  /**
   * Begins to look for what the disk has changed; once, after all logs are loaded.
   *
   * @return tells how it stands, from any thread
   */
  public Supplier<ScrubStatus> startScrub(ScrubResources resources) {
    LogScrubber begun = new LogScrubber(this, resources);
    resources
        .metrics()
        .gauge(
            "log_scrub_oldest_round_seconds",
            "Time since the log was scrubbed whole that waits longest; -1 = one never was",
            () -> {
              long last = begun.status().oldestRoundMs();
              return last <= 0 ? -1 : (nowMs() - last) / 1e3;
            },
            "log_dir",
            path.toString());
    scrubber = begun;
    begun.start();
    return begun::status;
  }

  /**
   * The end is near: logs that are not open yet are not opened any more, and the compaction of the
   * others ends. What is open goes on until it is closed.
   */
  public void beginClose() {
    closing = true;
  }

  /** Whether the end has begun: what can stop stops. */
  boolean closing() {
    return closing;
  }

  Iterable<PartitionLog> openLogs() {
    return open;
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

  Residency residency() {
    return residency;
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

  /** What a read on a loop took of bytes that were taken to be in the page cache. */
  void onReadTook(long nanos) {
    if (nanos > options.slowNanos()) {
      residency.onSlowRead();
    }
  }

  boolean holds(TopicPartition partition) {
    return content.holds(partition);
  }

  void onCreated(TopicPartition partition) {
    content.onCreated(partition);
  }

  DirectoryContent content() {
    return content;
  }

  Loading loading() {
    return loading;
  }

  /** A log is brought into order: until it is open, a stop in order proves nothing about it. */
  void onRecovering(TopicPartition partition) {
    content.onUnproven(partition);
  }

  Checkpoints checkpoints() {
    return checkpoints;
  }

  void onOpened(PartitionLog log) {
    open.add(log);
    checkpoints.onOpened(log);
    content.onProven(log.id().topicPartition());
    if (health.failure() != null) {
      log.onDirectoryFailed(health.failure());
    }
  }

  /** A log was closed; {@code inOrder} = everything of it is durable. */
  void onClosed(PartitionLog log, boolean inOrder) {
    open.remove(log);
    if (inOrder) {
      checkpoints.onClosed(log);
    } else {
      content.onUnproven(log.id().topicPartition());
    }
  }

  /**
   * A log is about to come here from another directory: its files are scrubbed as soon as they are
   * here, whatever was read of it here before. Complete on {@code owner}.
   */
  Future<Void> beforeMoveHere(TopicPartition partition, Executor owner) {
    return worker.perform(
        Lane.SCRUB,
        owner,
        () -> {
          LogScrubber begun = scrubber;
          if (begun == null) {
            ScrubCheckpoint.forget(io, path, partition);
          } else {
            begun.forget(partition);
          }
        });
  }

  /** A log is in another directory now. */
  void onMovedAway(PartitionLog log) {
    open.remove(log);
  }

  /** A log is about to be deleted. */
  void onDeleting(PartitionLog log) {
    open.remove(log);
    checkpoints.onDeleted(log.id().topicPartition());
  }

  /** Makes the names of created and renamed logs durable. For workers. */
  void syncNames() throws IOException {
    content.syncNames();
  }

  private void onFailed(IOException cause) {
    worker.execute(Lane.CARE, marks::forgetBoot);
    for (PartitionLog log : open) {
      log.onDirectoryFailed(cause);
    }
  }

  /** Renames the directory of a log, and removes it after a while. For workers. */
  void removeLog(TopicPartition partition, Path log, long delayMs) throws IOException {
    content.remove(partition, log, delayMs);
  }

  /**
   * All logs that belong to somebody are known: what else is here is renamed to {@code …-stray}. It
   * is kept, because nobody has said that it is to be deleted. Complete on {@code owner}.
   */
  public Future<Void> setAsideAllBut(Set<TopicPartition> claimed, Executor owner) {
    Set<TopicPartition> strays = content.allBut(claimed);
    return strays.isEmpty()
        ? Future.succeededFuture()
        : worker.perform(
            Lane.CARE,
            owner,
            () -> {
              for (TopicPartition stray : strays) {
                content.setAside(stray);
                loading.onLoaded(stray);
              }
            });
  }

  /** Removes a log that could not be opened, if it is this topic's. Complete on {@code owner}. */
  public Future<Void> deleteUnopened(TopicIdPartition id, long delayMs, Executor owner) {
    return worker.perform(Lane.CARE, owner, () -> content.removeIfOf(id, delayMs));
  }

  /** Which topic the log of this name is of; empty = its files do not say. */
  public Future<Optional<TopicId>> topicIdOf(TopicPartition partition, Executor owner) {
    return worker.run(Lane.READ, owner, () -> content.topicIdOf(partition));
  }

  /** Removes files of segments that nobody needs any more, after a while. */
  void removeSegments(List<Path> files, long delayMs) {
    removal.segments(files, delayMs);
  }

  /** {@link #close(long, Executor)} of a node that was never registered. */
  public Future<Void> close(Executor owner) {
    return close(-1, owner);
  }

  /**
   * Closes the directory after its logs are closed. Complete on {@code owner} when the checkpoints
   * and the note of the clean stop are durable and the lock is released. The note is not written if
   * a log is still open or not in order: the next start recovers then.
   *
   * @param brokerEpoch of this node's last registration; -1 = it had none
   */
  public Future<Void> close(long brokerEpoch, Executor owner) {
    closing = true;
    return worker.end(owner, () -> end(brokerEpoch));
  }

  private void end(long brokerEpoch) throws IOException {
    try {
      // Another directory must not be told that its logs are whole.
      if (!opened.isOver(health)) {
        io.fsyncDirectory(path);
        checkpoints.writeAll();
        if (open.isEmpty() && content.proven()) {
          marks.onClosedInOrder(brokerEpoch);
        } else {
          LOG.warn("Not all logs in {} are closed in order: they will be recovered", path);
        }
      }
    } finally {
      warmer.close();
      lock.release();
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }
}

package io.millrace.server;

import io.millrace.api.logs.LogDirs;
import io.millrace.config.LogDirKeys;
import io.millrace.config.LogKeys;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.log.InterruptedMoves;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogDirectoryOptions;
import io.millrace.log.OpenedDirectory;
import io.millrace.log.RecoveryProgress;
import io.millrace.log.SystemFileIo;
import io.millrace.model.Clock;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log directories of the node: opened together, those that cannot be opened are offline, unless
 * it is all of them or another process has one.
 *
 * <p>Owner: any thread.
 */
final class LogDirectories implements LogDirs {
  private static final Logger LOG = LoggerFactory.getLogger(LogDirectories.class);

  private final Vertx vertx;
  private final List<Path> configured;
  private final List<LogDirectory> open;
  private final Optional<String> bootId;

  private LogDirectories(
      Vertx vertx, List<Path> configured, List<LogDirectory> open, Optional<String> bootId) {
    this.vertx = vertx;
    this.configured = configured;
    this.open = open;
    this.bootId = bootId;
  }

  static Future<LogDirectories> open(Vertx vertx, Settings settings) {
    return vertx
        .executeBlocking(
            () -> {
              createOfMetadata(settings);
              return BootId.current();
            },
            false)
        .compose(bootId -> open(vertx, settings, bootId));
  }

  private static Future<LogDirectories> open(
      Vertx vertx, Settings settings, Optional<String> bootId) {
    List<Path> paths =
        settings.get(LogDirKeys.LOG_DIRS).stream()
            .map(dir -> Path.of(dir).toAbsolutePath())
            .toList();
    LogDirectoryOptions options = options(settings);
    Executor owner = executor(vertx.getOrCreateContext());
    List<Future<LogDirectory>> opening = new ArrayList<>();
    for (Path path : paths) {
      opening.add(LogDirectory.open(path, options, SystemFileIo.INSTANCE, Clock.SYSTEM, owner));
    }
    return Future.join(opening)
        .transform(
            any -> {
              List<LogDirectory> open = new ArrayList<>();
              Throwable failure = null;
              for (int i = 0; i < paths.size(); i++) {
                Future<LogDirectory> one = opening.get(i);
                if (one.succeeded()) {
                  open.add(one.result());
                } else {
                  failure = one.cause();
                  LOG.error("Log directory {} is offline: {}", paths.get(i), failure.getMessage());
                }
              }
              if (open.isEmpty()) {
                return Future.failedFuture(
                    new NodeStartException(
                        "No log directory can be used: "
                            + (failure == null ? "log.dirs is empty" : failure.getMessage()),
                        failure));
              }
              boolean someMissing = open.size() < paths.size();
              return InterruptedMoves.settle(open, someMissing, owner)
                  .map(done -> new LogDirectories(vertx, paths, open, bootId));
            });
  }

  /** While the node runs it is not made again: if it is gone, its disk is. */
  private static void createOfMetadata(Settings settings) {
    String own = settings.get(LogDirKeys.METADATA_LOG_DIR);
    if (own == null) {
      return;
    }
    try {
      OpenedDirectory.create(Path.of(own).toAbsolutePath());
    } catch (IOException e) {
      throw new NodeStartException("metadata.log.dir cannot be used: " + e.getMessage(), e);
    }
  }

  private static LogDirectoryOptions options(Settings settings) {
    LogDirectoryOptions defaults = LogDirectoryOptions.defaults();
    return new LogDirectoryOptions(
        settings.get(LogKeys.NUM_RECOVERY_THREADS_PER_DATA_DIR),
        settings.get(LogDirKeys.LOG_MAX_OPEN_FILES),
        settings.get(LogDirKeys.LOG_DIR_MIN_FREE_BYTES),
        defaults.freeSpaceCheckMs(),
        defaults.checkpointIntervalMs(),
        defaults.slowNanos());
  }

  private static Executor executor(Context context) {
    return task -> context.runOnContext(any -> task.run());
  }

  List<LogDirectory> all() {
    return open;
  }

  List<Path> configured() {
    return configured;
  }

  boolean someMissing() {
    return open.size() < configured.size();
  }

  /**
   * The node's id: as configured, else as the directories say, else a new one.
   *
   * @throws NodeStartException if the directories belong to other nodes or to several
   */
  int nodeId(Settings settings) {
    Set<Integer> found = new HashSet<>();
    for (LogDirectory directory : open) {
      OptionalInt id = directory.identity().nodeId();
      id.ifPresent(found::add);
    }
    Integer wanted = settings.isSet(NodeKeys.NODE_ID) ? settings.get(NodeKeys.NODE_ID) : null;
    if (found.size() > 1) {
      throw new NodeStartException(
          "log.dirs " + configured + " belong to several nodes: " + found, null);
    }
    if (found.isEmpty()) {
      // Small enough to be read out, large enough that two new nodes hardly ever pick the same.
      return wanted != null ? wanted : ThreadLocalRandom.current().nextInt(1, 1 << 20);
    }
    int known = found.iterator().next();
    if (wanted != null && wanted != known) {
      throw new NodeStartException(
          "node.id is " + wanted + ", but log.dirs " + configured + " belong to node " + known,
          null);
    }
    return known;
  }

  /** The cluster's id as the directories say; null = they are new. */
  String clusterId() {
    String known = null;
    for (LogDirectory directory : open) {
      String id = directory.identity().clusterId().orElse(null);
      if (known != null && id != null && !known.equals(id)) {
        throw new NodeStartException(
            "log.dirs " + configured + " belong to several clusters: " + known + ", " + id, null);
      }
      known = known == null ? id : known;
    }
    return known;
  }

  /**
   * Where the metadata log's directory is: {@code metadata.log.dir}, else the first that is open.
   */
  Path metadataDirectory(Settings settings) {
    String own = settings.get(LogDirKeys.METADATA_LOG_DIR);
    return own == null ? open.get(0).path() : Path.of(own).toAbsolutePath();
  }

  /**
   * Writes into every directory who it belongs to.
   *
   * @param clusterId null = not known yet
   */
  Future<Void> identify(String clusterId, int nodeId) {
    Executor owner = executor(vertx.getOrCreateContext());
    return Future.all(open.stream().map(d -> d.identify(clusterId, nodeId, owner)).toList())
        .mapEmpty();
  }

  /** Whether the last process stopped in order, so that every log is as it was. */
  boolean clean() {
    return !someMissing() && open.stream().allMatch(LogDirectory::clean);
  }

  /**
   * Whether a tail of the logs may be gone that others have seen: after an unclean stop of the
   * machine, not of the process alone.
   */
  boolean logsMayBeCut() {
    return someMissing() || !open.stream().allMatch(directory -> directory.isWhole(bootId));
  }

  /**
   * Remembers that the logs are whole, or that the controller knows of it when they may not be. A
   * directory that cannot be written to counts as cut at the next start.
   */
  Future<Void> noteBoot() {
    if (bootId.isEmpty()) {
      return Future.succeededFuture();
    }
    Executor owner = executor(vertx.getOrCreateContext());
    return Future.join(open.stream().map(d -> d.noteBoot(bootId.get(), owner)).toList())
        .<Void>mapEmpty()
        .recover(
            why -> {
              LOG.warn("The boot of the machine cannot be noted: {}", why.getMessage());
              return Future.succeededFuture();
            });
  }

  /** Whether any had logs when the node was started. */
  boolean heldLogs() {
    return open.stream().anyMatch(LogDirectory::heldLogs);
  }

  /** The ids of those that can be used. */
  List<UUID> ids() {
    return open.stream().map(directory -> directory.identity().directoryId()).toList();
  }

  /**
   * The node's broker epoch when it last stopped in order; the oldest, should one of them have been
   * restored from a copy; -1 = unknown.
   */
  long previousEpoch() {
    return open.stream()
        .map(LogDirectory::previousEpoch)
        .mapToLong(epoch -> epoch.orElse(-1))
        .min()
        .orElse(-1);
  }

  /** The end is near: nothing long is begun any more. */
  void beginClose() {
    open.forEach(LogDirectory::beginClose);
  }

  /** Clean end: what says so is on the disk when it completes. */
  Future<Void> close(long brokerEpoch) {
    Executor owner = executor(vertx.getOrCreateContext());
    return Future.join(open.stream().map(d -> d.close(brokerEpoch, owner)).toList()).mapEmpty();
  }

  @Override
  public Future<List<LogDir>> describe() {
    return vertx.executeBlocking(
        () -> {
          List<LogDir> all = new ArrayList<>();
          for (Path path : configured) {
            all.add(describe(path));
          }
          return all;
        },
        false);
  }

  boolean isOnline(Path path) {
    return open.stream().anyMatch(d -> d.path().equals(path) && d.failure() == null);
  }

  /**
   * How far the logs of a directory are opened; all zero when the directory itself could not be.
   */
  RecoveryProgress progress(Path path) {
    return open.stream()
        .filter(d -> d.path().equals(path))
        .findFirst()
        .map(LogDirectory::progress)
        .orElse(new RecoveryProgress(false, 0, 0, 0, 0));
  }

  private LogDir describe(Path path) {
    boolean online = open.stream().anyMatch(d -> d.path().equals(path) && d.failure() == null);
    if (online) {
      try {
        FileStore store = Files.getFileStore(path);
        return new LogDir(path.toString(), true, store.getTotalSpace(), store.getUsableSpace());
      } catch (IOException e) {
        LOG.warn("The size of {} is unknown: {}", path, e.getMessage());
        return new LogDir(path.toString(), true, -1, -1);
      }
    }
    return new LogDir(path.toString(), false, -1, -1);
  }
}

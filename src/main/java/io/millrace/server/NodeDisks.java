package io.millrace.server;

import io.millrace.api.logs.LogDirs;
import io.millrace.api.logs.ReplicaMoves;
import io.millrace.config.LogDirKeys;
import io.millrace.config.ReplicaKeys;
import io.millrace.config.Settings;
import io.millrace.http.NodeView;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogMoves;
import io.millrace.log.PartitionLog;
import io.millrace.metrics.Metrics;
import io.millrace.model.TopicPartition;
import io.millrace.partition.LogPlacement;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log directories of this node as administrators see them: what is in them, which are cordoned
 * ({@code cordoned.log.dirs}, KIP-1066), and replicas on their way from one to another.
 *
 * <p>Owner: any thread.
 */
final class NodeDisks implements LogDirs, ReplicaMoves {
  private static final Logger LOG = LoggerFactory.getLogger(NodeDisks.class);
  private static final String ALL = "*";

  /** The disk is looked at every second. */
  private static final long SILENT_MS = 10_000;

  private final LogDirectories directories;
  private final LogPlacement placement;
  private final Set<LogDirectory> silent = ConcurrentHashMap.newKeySet();

  NodeDisks(LogDirectories directories, LogPlacement placement) {
    this.directories = directories;
    this.placement = placement;
  }

  /** The log directories now, without asking the disks. */
  List<NodeView.Disk> view() {
    List<NodeView.Disk> all = new ArrayList<>();
    List<LogMoves.Progress> moves = moves();
    for (Path path : directories.configured()) {
      List<LogMoves.Progress> arriving =
          moves.stream().filter(move -> move.to().equals(path.toString())).toList();
      LogDirectory open = open(path);
      all.add(
          new NodeView.Disk(
              path.toString(),
              state(path, open),
              open == null ? -1 : open.usableBytes(),
              open == null ? 0 : open.partitions().size(),
              arriving.size(),
              arriving.stream().mapToLong(move -> move.totalBytes() - move.copiedBytes()).sum()));
    }
    return all;
  }

  /** null = it could not be opened. */
  private LogDirectory open(Path path) {
    return directories.all().stream()
        .filter(directory -> directory.path().equals(path))
        .findFirst()
        .orElse(null);
  }

  private String state(Path path, LogDirectory open) {
    if (open == null || open.failure() != null) {
      return "failed";
    } else if (open.silentMs() > SILENT_MS) {
      return "silent";
    } else if (placement.isCordoned(path.toString())) {
      return "cordoned";
    }
    return open.lowOnSpace() ? "full" : "online";
  }

  /** Has the figures of each directory, and warns of disks that do not answer. */
  void watch(Vertx vertx, Metrics metrics) {
    for (LogDirectory directory : directories.all()) {
      String label = directory.path().toString();
      metrics.gauge(
          "log_dir_silent_seconds",
          "Since the disk of a log directory has answered last",
          () -> directory.failure() != null ? 0 : directory.silentMs() / 1000.0,
          "log_dir",
          label);
      metrics.gauge(
          "log_dir_logs",
          "Logs in a log directory",
          () -> directory.partitions().size(),
          "log_dir",
          label);
    }
    for (Path path : directories.configured()) {
      metrics.gauge(
          "log_dir_online",
          "Whether a log directory works",
          () -> directories.isOnline(path) ? 1 : 0,
          "log_dir",
          path.toString());
      metrics.gauge(
          "log_dir_cordoned",
          "Whether a log directory gets no new logs",
          () -> placement.isCordoned(path.toString()) ? 1 : 0,
          "log_dir",
          path.toString());
    }
    vertx.setPeriodic(SILENT_MS / 2, any -> warnOfSilent());
  }

  private void warnOfSilent() {
    for (LogDirectory directory : directories.all()) {
      boolean isSilent = directory.failure() == null && directory.silentMs() > SILENT_MS;
      if (isSilent && silent.add(directory)) {
        LOG.warn(
            "The disk of {} has not answered for {} s: what is in it may hang",
            directory,
            directory.silentMs() / 1000);
      } else if (!isSilent && silent.remove(directory)) {
        LOG.info("The disk of {} answers again", directory);
      }
    }
  }

  /** Follows the settings, those in force and later ones. */
  void follow(NodeSettings settings) {
    settings.on(
        Set.of(LogDirKeys.CORDONED_LOG_DIRS),
        now -> now.get(LogDirKeys.CORDONED_LOG_DIRS),
        Runnable::run,
        this::cordon);
    settings.on(
        Set.of(ReplicaKeys.REPLICA_ALTER_LOG_DIRS_IO_MAX_BYTES_PER_SECOND),
        now -> now.get(ReplicaKeys.REPLICA_ALTER_LOG_DIRS_IO_MAX_BYTES_PER_SECOND),
        Runnable::run,
        placement.moves()::limit);
  }

  private void cordon(List<String> wanted) {
    Set<String> all =
        directories.configured().stream().map(Path::toString).collect(Collectors.toSet());
    Set<String> cordoned = new TreeSet<>();
    for (String path : wanted) {
      String absolute = path.equals(ALL) ? ALL : Path.of(path).toAbsolutePath().toString();
      if (path.equals(ALL)) {
        cordoned.addAll(all);
      } else if (all.contains(absolute)) {
        cordoned.add(absolute);
      } else {
        LOG.warn(
            "{} names {}, which is none of log.dirs: {}",
            LogDirKeys.CORDONED_LOG_DIRS.name(),
            path,
            directories.configured());
      }
    }
    placement.cordon(cordoned);
  }

  /** How many logs are copied at a time. */
  static int copiers(Settings settings) {
    Integer threads = settings.get(ReplicaKeys.NUM_REPLICA_ALTER_LOG_DIRS_THREADS);
    return threads == null ? settings.get(LogDirKeys.LOG_DIRS).size() : threads;
  }

  @Override
  public Future<List<LogDir>> describe() {
    return directories
        .describe()
        .map(
            dirs ->
                dirs.stream().map(dir -> dir.cordoned(placement.isCordoned(dir.path()))).toList());
  }

  @Override
  public List<LogMoves.Progress> moves() {
    return placement.moves().progress();
  }

  @Override
  public Future<Errors> move(String topic, int partition, String path) {
    TopicPartition name = new TopicPartition(topic, partition);
    if (!PartitionLog.canMove(name)) {
      return Future.succeededFuture(Errors.INVALID_TOPIC_EXCEPTION);
    }
    boolean known = directories.configured().stream().anyMatch(dir -> dir.toString().equals(path));
    return known ? placement.move(name, path) : Future.succeededFuture(Errors.LOG_DIR_NOT_FOUND);
  }
}

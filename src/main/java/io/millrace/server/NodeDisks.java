package io.millrace.server;

import io.millrace.api.logs.LogDirs;
import io.millrace.api.logs.ReplicaMoves;
import io.millrace.config.LogKeys;
import io.millrace.config.ReplicaKeys;
import io.millrace.config.Settings;
import io.millrace.log.LogMoves;
import io.millrace.partition.LogPlacement;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
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

  private final LogDirectories directories;
  private final LogPlacement placement;

  NodeDisks(LogDirectories directories, LogPlacement placement) {
    this.directories = directories;
    this.placement = placement;
  }

  /** Follows the settings from now on. */
  void follow(NodeSettings settings) {
    cordon(
        settings.on(
            Set.of(LogKeys.CORDONED_LOG_DIRS),
            now -> now.get(LogKeys.CORDONED_LOG_DIRS),
            Runnable::run,
            this::cordon));
    limit(
        settings.on(
            Set.of(ReplicaKeys.REPLICA_ALTER_LOG_DIRS_IO_MAX_BYTES_PER_SECOND),
            now -> now.get(ReplicaKeys.REPLICA_ALTER_LOG_DIRS_IO_MAX_BYTES_PER_SECOND),
            Runnable::run,
            this::limit));
  }

  private void limit(long bytesPerSecond) {
    placement.moves().limit(bytesPerSecond);
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
            LogKeys.CORDONED_LOG_DIRS.name(),
            path,
            directories.configured());
      }
    }
    placement.cordon(cordoned);
  }

  /** How many logs are copied at a time. */
  static int copiers(Settings settings) {
    Integer threads = settings.get(ReplicaKeys.NUM_REPLICA_ALTER_LOG_DIRS_THREADS);
    return threads == null ? settings.get(LogKeys.LOG_DIRS).size() : threads;
  }

  @Override
  public Future<List<LogDir>> describe() {
    return directories
        .describe()
        .map(dirs -> dirs.stream().map(dir -> dir.cordoned(placement.isCordoned(dir.path()))).toList());
  }

  @Override
  public List<LogMoves.Progress> moves() {
    return placement.moves().progress();
  }

  @Override
  public Future<Errors> move(String topic, int partition, String path) {
    boolean known = directories.configured().stream().anyMatch(dir -> dir.toString().equals(path));
    return known
        ? placement.move(new io.millrace.model.TopicPartition(topic, partition), path)
        : Future.succeededFuture(Errors.LOG_DIR_NOT_FOUND);
  }
}

package io.millrace.server;

import io.millrace.config.CleanerKeys;
import io.millrace.config.Settings;
import io.millrace.http.CompactionView;
import io.millrace.log.CleanerResources;
import io.millrace.log.LogCleaner;
import io.millrace.log.LogDirectory;
import io.millrace.log.clean.CleanerConfig;
import io.millrace.metrics.Metrics;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cleaners of the node's log directories, with the settings in force.
 *
 * <p>Owner: any thread.
 */
final class Compaction implements CompactionView {
  private static final Logger LOG = LoggerFactory.getLogger(Compaction.class);
  private static final int HEAP_SHARE = 4;

  /** Null = the cleaner is off. */
  private final CleanerResources resources;

  private final List<LogCleaner> cleaners;

  private Compaction(CleanerResources resources, List<LogCleaner> cleaners) {
    this.resources = resources;
    this.cleaners = List.copyOf(cleaners);
  }

  /** Begins to compact the logs, if that is wanted; after all of them are open. */
  static Compaction start(NodeSettings settings, List<LogDirectory> directories, Metrics metrics) {
    Settings now = settings.now();
    if (!now.get(CleanerKeys.LOG_CLEANER_ENABLE) || now.get(CleanerKeys.LOG_CLEANER_THREADS) == 0) {
      LOG.info("Topics with cleanup.policy=compact are not compacted: the log cleaner is off");
      return new Compaction(null, List.of());
    }
    CleanerResources resources = new CleanerResources(config(now), metrics);
    settings.on(CleanerKeys.DYNAMIC, Compaction::config, Runnable::run, resources::onConfig);
    List<LogCleaner> cleaners = new ArrayList<>();
    directories.forEach(directory -> cleaners.add(directory.startCleaner(resources)));
    return new Compaction(resources, cleaners);
  }

  /**
   * The values in force. A cleaner that runs goes on with one thread at least: it is turned off by
   * a restart only.
   */
  private static CleanerConfig config(Settings settings) {
    long memory = Runtime.getRuntime().maxMemory() / HEAP_SHARE;
    return new CleanerConfig(
        Math.max(1, settings.get(CleanerKeys.LOG_CLEANER_THREADS)),
        Math.min(memory, settings.get(CleanerKeys.LOG_CLEANER_DEDUPE_BUFFER_SIZE)),
        settings.get(CleanerKeys.LOG_CLEANER_IO_BUFFER_SIZE),
        settings.get(CleanerKeys.LOG_CLEANER_IO_BUFFER_LOAD_FACTOR),
        settings.get(CleanerKeys.LOG_CLEANER_BACKOFF_MS),
        settings.get(CleanerKeys.LOG_CLEANER_IO_MAX_BYTES_PER_SECOND));
  }

  @Override
  public CleanerConfig config() {
    return resources == null ? null : resources.config();
  }

  @Override
  public int running() {
    return resources == null ? 0 : resources.running();
  }

  @Override
  public List<Directory> directories() {
    return cleaners.stream()
        .map(cleaner -> new Directory(cleaner.path().toString(), cleaner.logs()))
        .toList();
  }
}

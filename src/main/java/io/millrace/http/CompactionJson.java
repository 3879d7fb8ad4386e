package io.millrace.http;

import io.millrace.log.clean.CleanerConfig;
import io.millrace.log.clean.LogCompaction;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Draws the compaction of logs as JSON.
 *
 * <p>Owner: immutable.
 */
final class CompactionJson {
  /** What needs a look comes first: set aside, running, dirty; then by name. */
  private static final Comparator<LogCompaction> ORDER =
      Comparator.<LogCompaction, Boolean>comparing(log -> log.setAside() == null)
          .thenComparing(log -> log.running() == null)
          .thenComparing(LogCompaction::dirtyBytes, Comparator.reverseOrder())
          .thenComparing(log -> log.partition().topic())
          .thenComparing(log -> log.partition().partition());

  private CompactionJson() {}

  /**
   * The answer of {@code /api/v1/compaction}.
   *
   * @param limit most logs shown of each directory
   */
  static JsonObject compaction(CompactionView view, int limit) {
    CleanerConfig config = view == null ? null : view.config();
    if (config == null) {
      return new JsonObject().put("enabled", false).put("directories", new JsonArray());
    }
    JsonArray directories = new JsonArray();
    view.directories().forEach(directory -> directories.add(directory(directory, limit)));
    boolean throttled = config.maxBytesPerSecond() < Double.MAX_VALUE;
    return new JsonObject()
        .put("enabled", true)
        .put("threads", config.threads())
        .put("running", view.running())
        .put("maxBytesPerSecond", throttled ? config.maxBytesPerSecond() : null)
        .put("directories", directories);
  }

  private static JsonObject directory(CompactionView.Directory directory, int limit) {
    List<LogCompaction> logs = directory.logs();
    JsonArray shown = new JsonArray();
    logs.stream().sorted(ORDER).limit(limit).forEach(log -> shown.add(log(log)));
    return new JsonObject()
        .put("path", directory.path())
        .put("logCount", logs.size())
        .put("dirtyBytes", logs.stream().mapToLong(LogCompaction::dirtyBytes).sum())
        .put("setAsideCount", logs.stream().filter(log -> log.setAside() != null).count())
        .put("logs", shown);
  }

  private static JsonObject log(LogCompaction log) {
    return new JsonObject()
        .put("topic", log.partition().topic())
        .put("partition", log.partition().partition())
        .put("dirtyRatio", log.dirtyRatio())
        .put("cleanBytes", log.cleanBytes())
        .put("dirtyBytes", log.dirtyBytes())
        .put("firstDirtyOffset", log.firstDirtyOffset() < 0 ? null : log.firstDirtyOffset())
        .put("overdueMs", log.overdueMs())
        .put("lastCleanedAt", time(log.lastCleanedMs()))
        .put("running", running(log.running()))
        .put("setAside", setAside(log.setAside()));
  }

  private static String time(long ms) {
    return ms < 0 ? null : Instant.ofEpochMilli(ms).toString();
  }

  private static JsonObject running(LogCompaction.Running running) {
    return running == null
        ? null
        : new JsonObject()
            .put("since", time(running.sinceMs()))
            .put("phase", running.phase().name().toLowerCase(Locale.ROOT))
            .put("totalBytes", running.totalBytes())
            .put("doneBytes", running.doneBytes());
  }

  private static JsonObject setAside(LogCompaction.SetAside setAside) {
    return setAside == null
        ? null
        : new JsonObject().put("since", time(setAside.sinceMs())).put("reason", setAside.reason());
  }
}
